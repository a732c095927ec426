// A recording as a server: every client walks through it on its own way. Holds the recorded sessions in memory, without their
// payloads.
import { type ControlServer, serveControl } from '../../ends/control-server.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { noSuchSession, ReplayError } from '../replay-error.js';
import {
  carriedData,
  directionOf,
  heldOf,
  type RecordedExchange,
  type RecordedSession,
} from '../session/recorded-session.js';
import { type Recording, recordedSessions } from '../session/recorded-sessions.js';
import { AnswerChoice, type OnUnknown } from './answer-choice.js';
import { ServedCounts } from './served-counts.js';
import { ServedLog, type ServedLogOptions } from './served-log.js';
import type { OpenTls } from './served-security.js';
import { type ServedDataOptions, ServedSession } from './served-session.js';
import { homeOf, SessionIndex } from './session-index.js';

export interface ServeOptions {
  readonly listen: FtpEndpoint;
  /** Number of the one session that is served; null for all. */
  readonly only: number | null;
  readonly speed: number;
  readonly maxPauseMs?: number | undefined;
  readonly onUnknown: OnUnknown;
  readonly data: ServedDataOptions;
  /** Default: there is no TLS. */
  readonly openTls?: OpenTls;
  /** What records the sessions of the clients. */
  readonly log?: ServedLogOptions;
}

export interface ServedRecording {
  readonly address: Endpoint;
  /** How many sessions it answers from. */
  readonly sessions: number;
  /** Downloads whose bytes were not kept when they were recorded. */
  readonly downloadsWithoutBytes: number;
  readonly counts: ServedCounts;
  close(): Promise<void>;
}

const MAX_CLIENTS = 1000;
const IDLE_TIMEOUT_MS = 900_000;
/** What the recorded sessions may hold, all together. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

/** Rejects with a ReplayError when there is nothing to serve, with a RecordedFileError when a payload is
 * missing, and with the system's error when it cannot listen. */
export async function serveRecording(recording: Recording, options: ServeOptions): Promise<ServedRecording> {
  const sessions = await indexesOf(recording, options.only);
  const counts = new ServedCounts();
  const { speed, maxPauseMs, onUnknown, data, listen, log } = options;
  const openTls = options.openTls ?? (() => Promise.resolve(null));
  const greeting = sessions.find(({ session }) => session.greeting !== null)?.session.greeting ?? null;
  const server: ControlServer = await serveControl(
    listen,
    { maxClients: MAX_CLIENTS, idleTimeoutMs: IDLE_TIMEOUT_MS },
    (connection) => {
      counts.clients += 1;
      return new ServedSession(connection, {
        answers: new AnswerChoice(sessions),
        greeting,
        counts,
        recording,
        speed,
        maxPauseMs,
        onUnknown,
        data,
        openTls,
        implicitTls: listen.implicitTls ?? false,
        log: log === undefined ? null : new ServedLog(counts.clients, connection.remote, connection.local, log),
      });
    },
  );
  const downloadsWithoutBytes = sessions.reduce((sum, { session }) => sum + countWithoutBytes(session), 0);
  return { address: server.address, sessions: sessions.length, downloadsWithoutBytes, counts, close: server.close };
}

/** Those that say anything, in their recorded order. */
async function indexesOf(recording: Recording, only: number | null): Promise<SessionIndex[]> {
  const sessions: RecordedSession[] = [];
  const numbers: number[] = [];
  let held = 0;
  for await (const session of recordedSessions(recording, only, (number) => numbers.push(number))) {
    held += session.bytesHeld;
    if (held > MAX_HELD_BYTES) {
      throw new ReplayError('its sessions do not fit in memory all together; choose one with --session');
    }
    if (session.exchanges.length > 0 || session.greeting !== null) sessions.push(session);
  }
  if (only !== null && !numbers.includes(only)) throw noSuchSession(only, numbers);
  if (sessions.length === 0) throw new ReplayError('there is nothing to serve: no session in it says anything');
  for (const session of sessions) checkPayloads(session, recording);
  const homes = sessions.flatMap((session) => homeOf(session) ?? []);
  return sessions
    .sort((one, other) => one.openedAt - other.openedAt)
    .map((session) => new SessionIndex(session, homeOf(session) ?? homes[0]));
}

/** Throws when one that is to be sent is missing. What was never kept is answered for when it is asked for. */
function checkPayloads({ exchanges }: RecordedSession, recording: Recording): void {
  for (const { transfer } of exchanges) {
    if (transfer?.direction === 'download' && transfer.held !== 'nothing' && transfer.payload !== null)
      recording.payload(transfer.payload);
  }
}

function countWithoutBytes({ exchanges }: RecordedSession): number {
  const isLacking = ({ verb, transfer, ...exchange }: RecordedExchange) =>
    directionOf(verb) === 'download' && carriedData(exchange) && heldOf({ transfer }) === 'nothing';
  return exchanges.filter(isLacking).length;
}
