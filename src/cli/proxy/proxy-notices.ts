// What the proxy says once it is up: where its clients go, how to try it in each of its modes, and what will not work as things
// are.
import { problemOfAdvertised, problemOfHost } from '../../net/advertised-address.js';
import type { PumpState } from '../../net/linux/kernel-pump.js';
import { type FtpListener, valueFor } from '../../net/options/endpoint-values.js';
import { DEFAULT_LISTEN, type ForwardOptions, type RunningProxy } from '../../net/proxy-options.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { RelaySettings } from '../options/relay-flags.js';
import { rulesCall, type TransparentOptions } from '../options/transparent-options.js';
import type { Notices } from '../program/notices.js';
import { reachableHere } from './listening-address.js';

/** Where clients come from and go to. */
export interface Route {
  readonly listeners: readonly FtpListener[];
  /** Null unless the clients name their servers. */
  readonly forward: ForwardOptions | null;
}

export function hints(
  { listeners, forward }: Route,
  proxy: RunningProxy,
  { call, ...options }: TransparentOptions & { readonly call: string },
): string[] {
  if (forward !== null) return [howToName(proxy)];
  const { transparent } = options;
  if (transparent === undefined) return howToUse(listeners, proxy);
  const rules = rulesCall(call, transparent, options);
  return [
    `relaying each connection to where it was meant to go, once the kernel has the rules: ${rules} (Ctrl-C ends it)`,
  ];
}

function howToName({ addresses: [first = DEFAULT_LISTEN] }: RunningProxy): string {
  const url = `ftp://${formatEndpoint(reachableHere(first))}/`;
  return `relaying each client to the server that it names, as in: curl -u USER@HOST:PASSWORD ${url} (Ctrl-C ends it)`;
}

/** One line when all go to one server, and otherwise one for each listener. */
function howToUse(listeners: readonly FtpListener[], { addresses }: RunningProxy): string[] {
  const [first = DEFAULT_LISTEN] = addresses;
  const servers = listeners.map(({ to }) => (to === undefined ? '' : formatEndpoint(to)));
  const hint = `point a client at the proxy, as in: curl ftp://${formatEndpoint(reachableHere(first))}/ (Ctrl-C ends it)`;
  if (new Set(servers).size === 1) return [`relaying to ${servers[0]}; ${hint}`];
  const routes = servers.map((server, index) => `relaying ${formatEndpoint(addresses[index] ?? first)} to ${server}`);
  return [...routes, hint];
}

/** What carries large plain transfers. */
export function pumpInWords(state: PumpState): string {
  if (state.kind === 'portable') return `large plain transfers go through this process: ${state.reason}`;
  const threads = state.threads === 1 ? 'one thread' : `up to ${state.threads} threads`;
  return `large plain transfers go through the kernel (splice), in ${threads}`;
}

/** A name that does not resolve now may do so later: no reason not to start. Never rejects. */
export async function warnOfServers(listeners: readonly FtpListener[], notices: Notices): Promise<void> {
  for (const name of new Set(listeners.flatMap(({ to }) => (to === undefined ? [] : [to.address])))) {
    const problem = await problemOfHost(name);
    if (problem !== null)
      notices.warn(`server ${name}: ${problem}; sessions fail as long as that is so, check the name`);
  }
}

/** What is advertised is looked up for each link, and may be there by then: no reason not to start. Never rejects. */
export async function warnOfAdvertised(advertise: RelaySettings['advertise'], notices: Notices): Promise<void> {
  for (const value of new Set([valueFor('client', advertise), valueFor('server', advertise)])) {
    if (value === undefined) continue;
    const problem = await problemOfAdvertised(value);
    if (problem !== null)
      notices.warn(`--advertise ${value}: ${problem}; data ports are refused as long as that is so`);
  }
}
