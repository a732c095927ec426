// What the proxy says once it is up: where its clients go, and how to try it.
import { DEFAULT_LISTEN, type FtpListener, type RunningProxy } from '../net/proxy-options.js';
import { formatEndpoint } from '../protocol/endpoint.js';
import { reachableHere } from './relay.js';

/** One line when all go to one server, and otherwise one for each listener. */
export function howToUse(listeners: readonly FtpListener[], { addresses }: RunningProxy): string[] {
  const [first = DEFAULT_LISTEN] = addresses;
  const servers = listeners.map(({ to }) => (to === undefined ? '' : formatEndpoint(to)));
  const hint = `point a client at the proxy, as in: curl ftp://${formatEndpoint(reachableHere(first))}/ (Ctrl-C ends it)`;
  if (new Set(servers).size === 1) return [`relaying to ${servers[0]}; ${hint}`];
  const routes = servers.map((server, index) => `relaying ${formatEndpoint(addresses[index] ?? first)} to ${server}`);
  return [...routes, hint];
}
