// One scenario of the bridge: clients that fail when they go to the server themselves, and do their whole job when they go
// through the proxy, on the same network with the same firewalls.
import { expect, test } from 'vitest';
import { OPENSSL } from '../certificates.js';
import { cannotTest, type Peer } from '../peers.js';
import type { Family } from '../servers/server.js';
import { wrongWithTls } from '../tls-looks.js';
import { type NamespaceClient, type Target, visit } from './clients.js';
import {
  type Encryption,
  type RunningProxy,
  type ServerChoice,
  type Site,
  startProxy,
  withEncryption,
  withServer,
} from './machines.js';
import { type Network, noNetwork, ROUTER_AT_CLIENT, SERVER, withNetwork } from './network.js';

export const PROXY_PORT = 2121;
const FTP_PORT = 21;
const TEST_MS = 60_000;

/** As TLS is to look on both legs, control and data. The server refuses data that does not resume the session. */
const ENCRYPTED = {
  client: { version: 'TLSv1.3', protection: 'P', resumes: false },
  server: { version: 'TLSv1.3', protection: 'P', resumes: true },
} as const;

/** One client in one mode. */
export type Visitor = readonly [client: NamespaceClient, mode: Target['mode']];

export interface Scenario {
  readonly server: ServerChoice;
  /** The families that either side speaks; both, unless told otherwise. */
  readonly families?: { readonly client?: readonly Family[]; readonly server?: readonly Family[] };
  readonly visitors: readonly Visitor[];
  /** Whether everything is encrypted, control and data, on both legs. */
  readonly encrypted?: boolean;
  /** Puts up the firewalls. */
  readonly obstacles?: (network: Network) => Promise<void>;
  /** Where clients reach the server, or would; its own address unless told otherwise. */
  readonly direct?: Omit<Target, 'mode'>;
  /** Where clients reach the proxy; the router's address unless told otherwise. */
  readonly through?: Omit<Target, 'mode'>;
  readonly proxyOn?: 'router' | 'server';
  /** What stands behind `ftpscope proxy`. */
  readonly proxy: readonly string[];
  /** Done between the proxy's start and the clients' coming. */
  readonly afterStart?: (network: Network) => Promise<void>;
  /** More to be seen to once everybody has been there. */
  readonly afterwards?: (proxy: RunningProxy, network: Network) => void | Promise<void>;
}

export const throughRouter = (family: Family = 4) => ({ host: ROUTER_AT_CLIENT[family], port: PROXY_PORT });
export const toServer = (family: Family = 4) => ({ host: SERVER[family], port: FTP_PORT });

export function scenario(name: string, of: Scenario): void {
  test(name, { timeout: TEST_MS }, async (context) => {
    const reason = noNetwork(peersOf(of));
    if (reason !== undefined) return cannotTest(context, reason);
    if (of.encrypted) await withEncryption((encryption) => play(of, encryption));
    else await play(of, null);
  });
}

function peersOf({ server: { server }, visitors, encrypted }: Scenario): Peer[] {
  const forTls = encrypted ? [...server.needsForTls, OPENSSL] : [];
  return [...server.needs, ...forTls, ...visitors.flatMap(([client]) => client.needs)];
}

async function play(of: Scenario, encryption: Encryption | null): Promise<void> {
  await withNetwork(async (network) => {
    await of.obstacles?.(network);
    await withServer(network.server, of.server, encryption, async (site) => {
      await everybodyFails(of, network, site);
      const proxy = await startProxy(network[of.proxyOn ?? 'router'], of.proxy, encryption);
      await of.afterStart?.(network);
      await everybodyWorks(of, network, site, proxy);
      if (encryption !== null) expect(wrongWithTls(proxy.observations, ENCRYPTED)).toEqual([]);
      await of.afterwards?.(proxy, network);
    });
  }, of.families);
}

/** All at once, as most of it is waiting for what never comes. */
async function everybodyFails({ visitors, direct = toServer() }: Scenario, network: Network, site: Site) {
  await Promise.all(
    visitors.map(async ([client, mode]) => {
      const { wrong, said } = await visit(network.client, client, { ...direct, mode }, site, 'fails');
      expect(wrong, `${client.name} with ${mode} should need the proxy:\n${said}`).toContain(
        'down.bin has sha256 absent',
      );
      // It is the data connection that fails, and nothing before it.
      if (site.trusted !== undefined) expect(said).toMatch(/^<(---)? 230 /m);
    }),
  );
}

async function everybodyWorks(of: Scenario, network: Network, site: Site, proxy: RunningProxy) {
  const { visitors, through = throughRouter() } = of;
  for (const [client, mode] of visitors) {
    const { wrong, said } = await visit(network.client, client, { ...through, mode }, site, 'works');
    const story = () => [said, site.said(), proxy.said()].map((text) => text.slice(-8000)).join('\n----\n');
    expect(wrong, wrong && `${client.name} with ${mode}:\n${story()}`).toBeUndefined();
  }
}
