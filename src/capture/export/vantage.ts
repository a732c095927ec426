// From where a session is exported: as if there had been no proxy between client and server, or as one leg of the proxy saw
// it. Says which ends its connections have there, and knows nothing of what was said.
import type { LegMode, LinkFacts, ServerConnected, SessionOpened, Side } from '../../dialogue/observation.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import type { ConnectionEnds } from './exported-connection.js';
import { canShareAPath } from './ip-packet.js';

/** `end-to-end`: client and server as if they had met, each with its own address. `client`, `server`: that leg of the proxy. */
export type Vantage = 'end-to-end' | Side;

/** The vantage that a session can be seen from, and the ends of its control connection there. */
export interface ControlView {
  readonly vantage: Vantage;
  readonly ends: ConnectionEnds;
}

/**
 * Null when the session has no such connection. A server that was never reached, and clients and servers of different
 * address families, cannot be shown end to end: what the client saw is shown.
 */
export function controlView(
  wanted: Vantage,
  opened: SessionOpened,
  connected: ServerConnected | null,
): ControlView | null {
  const { client, server, listener, via } = opened;
  if (listener === null) return viewOf('end-to-end', client, connected?.remote ?? server);
  if (wanted === 'server') return connected === null ? null : viewOf('server', connected.local, connected.remote);
  const endToEnd = wanted === 'client' ? null : viewOf('end-to-end', client, connected?.remote ?? null);
  return endToEnd ?? viewOf('client', client, listener) ?? viewOf('client', via ?? client, listener);
}

function viewOf(vantage: Vantage, client: Endpoint, server: Endpoint | null): ControlView | null {
  if (server === null || !canShareAPath(client, server)) return null;
  return { vantage, ends: { client, server } };
}

/** Who listens for the data connection, as seen from there. */
export function modeSeenFrom({ vantage }: ControlView, link: LinkFacts): LegMode {
  return vantage === 'server' ? link.server.mode : link.client.mode;
}

/** The ends of a data connection there, as far as they are known. */
export function dataEndsSeenFrom(view: ControlView, link: LinkFacts): { [S in Side]: Endpoint | null } {
  const { client, server } = link;
  switch (view.vantage) {
    case 'client':
      return { client: client.remote, server: client.local };
    case 'server':
      return { client: server.local, server: server.remote };
    case 'end-to-end':
      return { client: client.remote, server: serverEnd(view, link) };
  }
}

/** Where the legs differ in mode the server's end answers to another port than the client was told: its host stands for the proxy's. */
function serverEnd({ ends }: ControlView, { client, server }: LinkFacts): Endpoint | null {
  if (client.local === null || client.mode === server.mode) return server.remote;
  return { address: ends.server.address, port: client.local.port };
}
