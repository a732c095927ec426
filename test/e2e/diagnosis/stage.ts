// Servers with a fault and networks with a firewall, a client that meets them through the proxy, and what the proxy finds. Then the fix
// that the finding names is applied, and it is gone.
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/dialogue/observation.js';
import { becomesTrue } from '../child-process.js';
import { type ServerChoice, type Site, startProxy, withServer } from '../namespaces/machines.js';
import { type Chain, type Network, noNetwork, ROUTER_AT_CLIENT, SERVER, withNetwork } from '../namespaces/network.js';
import { cannotTest } from '../peers.js';
import type { Family } from '../servers/server.js';

const TEST_MS = 60_000;
const PROXY_PORT = 2121;
const CLIENT_MS = 40_000;
const END_MS = 10_000;
const PYTHON = '/usr/bin/python3';
const TALK = fileURLToPath(new URL('talk.py', import.meta.url));

/** What a client says and does (talk.py), or a program of its own. */
type Play = readonly string[] | { readonly program: string; readonly args: readonly string[] };

export interface Scene {
  readonly server: ServerChoice;
  /** Behind `ftpscope proxy ftp://SERVER --listen ...`. */
  readonly proxy?: readonly string[];
  /** By machine. */
  readonly firewall?: Partial<Readonly<Record<keyof Network, Chain>>>;
  readonly client: Play;
  readonly family?: Family;
  /** Of `pub/down.bin`; else the few of every site. */
  readonly fileBytes?: number;
  /** The proxy's server, where that is another than the one that was started. */
  readonly to?: string;
  /** Done on the network before the client comes, and while it is there. */
  readonly before?: (network: Network) => Promise<void>;
  /** The session outlasts the client: what was found by then counts. */
  readonly isEndless?: true;
  readonly meanwhile?: (network: Network) => Promise<void>;
}

type Expected = Partial<Pick<Finding, 'diagnosis' | 'severity' | 'leg' | 'fault' | 'mended'>> & {
  /** In its title. */
  readonly says?: string;
  /** In its fix: the setting, with who it is for. */
  readonly fix?: Partial<Record<'client' | 'server' | 'network' | 'proxy', string>>;
};

export const LOGIN = ['USER anonymous', 'PASS scope@example.com', 'TYPE I'] as const;
export const drops = (match: string): Chain => ({
  hook: 'type filter hook input priority filter; policy accept;',
  rules: [`${match} drop`],
});
export const rejects = (match: string): Chain => ({
  hook: 'type filter hook input priority filter; policy accept;',
  rules: [`${match} reject with tcp reset`],
});

/** One fault: what is found with it, and that this is gone with each fix. */
export function staged(
  name: string,
  scene: Scene,
  expected: Expected,
  fixes: Readonly<Record<string, Partial<Scene>>> = {},
): void {
  test(name, { timeout: TEST_MS }, async (context) => {
    const reason = noNetwork([...scene.server.server.needs, { file: PYTHON, from: 'python3' }]);
    if (reason !== undefined) return cannotTest(context, reason);
    const found = await findingsOf(scene);
    const { says = '', fix = {}, ...facts } = expected;
    const finding = found.find(({ diagnosis }) => diagnosis === facts.diagnosis);
    expect(finding, JSON.stringify(found, null, 1)).toMatchObject(facts);
    expect(finding?.title).toContain(says);
    for (const [who, setting] of Object.entries(fix)) expect({ ...finding?.fix }[who]).toContain(setting);
    const others = found.filter((one) => one.severity === 'error' && one.diagnosis !== facts.diagnosis);
    if (facts.severity === 'error') expect(others).toEqual([]);
    for (const [what, change] of Object.entries(fixes)) {
      const left = await findingsOf({ ...scene, ...change });
      // What the proxy mends where it is not to follow the server is none of the fault.
      const isLeft = (one: Finding) => one.severity !== 'note' && (one.mended !== true || facts.mended === true);
      expect(left.filter(isLeft), `with ${what}`).toEqual([]);
    }
  });
}

function findingsOf(scene: Scene): Promise<readonly Finding[]> {
  const { server, proxy = [], firewall = {}, family = 4, fileBytes } = scene;
  return withNetwork(async (network) => {
    for (const [machine, chain] of chainsOf(network, firewall)) await machine.firewall(chain);
    return withServer(network.server, { ...server, family }, null, async (site) => {
      if (fileBytes !== undefined) await enlarge(site, fileBytes);
      await scene.before?.(network);
      const inUrl = (host: string) => (family === 6 ? `[${host}]` : host);
      const to = scene.to ?? `ftp://${inUrl(SERVER[family])}`;
      const listen = ['--listen', `${inUrl(ROUTER_AT_CLIENT[family])}:${PROXY_PORT}`];
      const { observations, said } = await startProxy(network.router, [to, ...listen, ...proxy]);
      const { program, args } = commandOf(scene.client, ROUTER_AT_CLIENT[family]);
      const options = { timeoutMs: CLIENT_MS };
      const [heard] = await Promise.all([network.client.run(program, args, options), scene.meanwhile?.(network)]);
      const isOver = () => scene.isEndless === true || observations.some(({ kind }) => kind === 'session-closed');
      if (!(await becomesTrue(isOver, END_MS))) throw new Error(`the session did not end:\n${heard}\n${said()}`);
      return observations.filter((one) => one.kind === 'finding');
    });
  });
}

function chainsOf(network: Network, firewall: Scene['firewall'] = {}) {
  const { client, router, server } = firewall;
  const all = [
    [network.client, client],
    [network.router, router],
    [network.server, server],
  ] as const;
  return all.flatMap(([machine, chain]) => (chain === undefined ? [] : [[machine, chain] as const]));
}

function commandOf(play: Play, host: string): { readonly program: string; readonly args: readonly string[] } {
  if ('program' in play) return play;
  return { program: PYTHON, args: [TALK, host, String(PROXY_PORT), ...play] };
}

async function enlarge({ pub }: Site, bytes: number): Promise<void> {
  const file = join(pub, 'down.bin');
  await writeFile(file, randomBytes(bytes));
  await chmod(file, 0o666);
}
