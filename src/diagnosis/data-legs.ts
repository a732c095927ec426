// What rules ask of data links: who named which address, which leg could not be connected, between whom the trouble is.
import { announcedPort, formAskedFor, namedPort } from '../dialogue/announced-port.js';
import type { CommandSeen, LinkClosed, LinkOpened, Observation, ReplySeen } from '../dialogue/observation.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { verbFacts } from '../protocol/verbs.js';
import type { LinkPicture } from './link-picture.js';
import type { SessionPicture } from './session-picture.js';

/** The host that the server's control connection leads to; null where it is not known. */
export function serverHost({ connected, opened }: SessionPicture): string | null {
  return connected?.remote.address ?? opened?.server?.address ?? null;
}

export function clientHost({ opened }: SessionPicture): string | null {
  return opened?.client.address ?? null;
}

/** Where the server said that it listens; null where nothing can be read, or nothing was asked. */
export function passivePort(reply: ReplySeen, command: CommandSeen, session: SessionPicture): Endpoint | null {
  const asked = formAskedFor(command);
  if (asked === null) return null;
  return announcedPort(reply, asked, serverHost(session) ?? '')?.announced ?? null;
}

/** Where the client said that it listens; null where its argument cannot be read. */
export function activePort({ verb, argument, by }: CommandSeen, session: SessionPicture): Endpoint | null {
  if ((verb !== 'PORT' && verb !== 'EPRT') || by === 'proxy') return null;
  const named = namedPort(verb, argument, clientHost(session) ?? '');
  return named.kind === 'port' ? named.endpoint : null;
}

/** Who dials the server's passive port, in words. */
export function dialler({ isRelayed }: SessionPicture): string {
  return isRelayed ? 'this proxy' : 'the client';
}

/** A client or server that took longer than that to be dialled has had its chance. */
const FAIR_CHANCE_MS = 3000;

/** Why the server's passive port could not be connected to; null where it could, or was not tried for long. */
export function passiveFailure(closed: LinkClosed, { opened }: LinkPicture): LinkClosed['failure'] | null {
  const { cause, failure, server, outcome, durationMs } = closed;
  if (failure === undefined || server.mode !== 'passive' || durationMs !== null) return null;
  if (cause === 'server-unreachable') return failure;
  // Somebody lost patience first, or the server said 425; in captures it may have said nothing.
  const gaveUp = cause === 'session-ended' || cause === 'failed-by-server' || cause === 'aborted-by-client';
  const isUnused = outcome === 'unused' && server.remote !== null && server.local === null;
  if (!(gaveUp || isUnused) || server.local !== null) return null;
  const isHasty = cause !== 'failed-by-server' && closed.at - opened.at < FAIR_CHANCE_MS;
  return failure === 'timed-out' && isHasty ? null : failure;
}

/** The ports that the server has announced in this session, as a firewall's rule would have them. */
export function announcedRange(session: SessionPicture): string {
  const ports = session.allLinks.map(({ opened, rewrite }) => portOf(opened, rewrite?.announced ?? null));
  const known = ports.filter((port) => port !== null);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  return lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
}

function portOf({ server }: LinkOpened, announced: Endpoint | null): number | null {
  return server.mode === 'passive' ? ((announced ?? server.remote)?.port ?? null) : null;
}

export function shownEndpoint(endpoint: Endpoint | null, otherwise: string): string {
  return endpoint === null ? otherwise : formatEndpoint(endpoint);
}

/** The command or reply that a server answers with it, cut to what a line holds. */
export function replyLine({ lines, code }: ReplySeen): string {
  const line = lines[0] ?? String(code);
  return line.length > 80 ? `${line.slice(0, 80)}...` : line;
}

/** Whether the server refused the command, and not the proxy in its place. */
export function serverRefuses(reply: ReplySeen): boolean {
  return reply.by === 'server' && reply.code >= 400 && !reply.preliminary;
}

/** What was said of a link, oldest first. */
export function heard({ announcing, announcement, transfer, replies }: LinkPicture): readonly (Observation | null)[] {
  return [announcing, announcement, transfer, replies.at(-1) ?? null];
}

/** In a mode of the proxy's choice: the server refused it one of these commands, and it had other ways to serve the client, or none. */
export function refusedBehind(reply: ReplySeen, session: SessionPicture, verbs: readonly string[]) {
  const command = reply.by === 'proxy' && !reply.preliminary ? session.commandOf(reply) : null;
  if (command === null || verbFacts(command.verb)?.announces === undefined) return null;
  const exchange = session.allExchanges.findLast(
    (one) => one.command.by === 'proxy' && one.command.at >= command.at && verbs.includes(one.command.verb),
  );
  const said = exchange?.replies.find((one) => one.by === 'server' && one.code >= 500);
  return exchange === undefined || said === undefined
    ? null
    : { command: exchange.command, said, isServed: reply.code < 400 };
}
