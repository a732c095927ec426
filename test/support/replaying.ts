// Recorded sessions played to the servers of a test: as recorded, unless a manner says otherwise.
import { SessionTls } from '../../src/ends/tls/session-tls.js';
import { tlsSettings } from '../../src/net/tls/tls-settings.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import type { PlayedSession } from '../../src/replay/client/played-session.js';
import { playSession } from '../../src/replay/client/session-player.js';
import type { RecordedSession } from '../../src/replay/session/recorded-session.js';
import type { Recording } from '../../src/replay/session/recorded-sessions.js';
import { type ScriptOptions, scriptOf } from '../../src/replay/session/script.js';

export const AS_RECORDED: ScriptOptions = {
  allowWrites: true,
  mode: null,
  user: null,
  password: null,
  tls: 'same',
  implicitTls: false,
};

/** Of a session in whose play nothing was out of the ordinary. */
export const UNEVENTFUL: Pick<PlayedSession, 'listings' | 'translated' | 'unlike' | 'skipped' | 'notes'> = {
  listings: new Map(),
  translated: new Set(),
  unlike: new Set(),
  skipped: [],
  notes: [],
};

export interface ReplayManner extends Partial<ScriptOptions> {
  readonly speed?: number;
  readonly maxPauseMs?: number;
  readonly patienceMs?: number;
  readonly stop?: AbortSignal;
}

const NEVER = new AbortController().signal;
const PATIENCE_MS = 3000;

/** Takes whatever certificate the server shows. */
export function replayTo(
  server: Endpoint,
  session: RecordedSession,
  recording: Pick<Recording, 'payload'>,
  manner: ReplayManner = {},
): Promise<PlayedSession> {
  const { speed = Number.POSITIVE_INFINITY, patienceMs = PATIENCE_MS, stop = NEVER, maxPauseMs, ...script } = manner;
  const tls = { certificatesFor: () => Promise.reject(new Error('none')), insecure: true };
  return playSession(scriptOf(session, { ...AS_RECORDED, ...script }), {
    tls: new SessionTls(() => tlsSettings({ tls }, server, [], PATIENCE_MS)),
    ...{ server, recording, speed, maxPauseMs, patienceMs, stop },
    connectTimeoutMs: PATIENCE_MS,
  });
}
