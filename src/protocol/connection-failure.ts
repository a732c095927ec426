// How a connection failed, as one stable word, for programs. The system's own words beside it are for people (system-errors.ts).

/**
 * - refused: the host answered that nobody listens at that port (a reset in answer to the SYN);
 * - timed-out: no answer came in time, or none any more;
 * - unreachable: there is no way to the host, or something on it says so;
 * - reset: it stood, and the peer, or something in between, broke it off;
 * - closed: it stood, and the peer ended it too early;
 * - no-such-host: the host name has no address;
 * - not-permitted: the system does not allow it (a local firewall);
 * - address-in-use: the local address and port are taken;
 * - other: anything else.
 */
export type ConnectionFailure = (typeof CONNECTION_FAILURES)[number];
export const CONNECTION_FAILURES = [
  'refused',
  'timed-out',
  'unreachable',
  'reset',
  'closed',
  'no-such-host',
  'not-permitted',
  'address-in-use',
  'other',
] as const;

/** No connection within the time that was given to it. */
export class NoConnectionInTime extends Error {}

const BY_CODE: ReadonlyMap<string, ConnectionFailure> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'timed-out'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['ENOTFOUND', 'no-such-host'],
  ['EAI_AGAIN', 'no-such-host'],
  ['EACCES', 'not-permitted'],
  ['EPERM', 'not-permitted'],
  ['EADDRINUSE', 'address-in-use'],
  ['EADDRNOTAVAIL', 'address-in-use'],
]);

export function connectionFailureOf(error: unknown): ConnectionFailure {
  if (error instanceof NoConnectionInTime) return 'timed-out';
  // A host name with several addresses, none of which could be reached.
  if (error instanceof AggregateError && error.errors.length > 0) return connectionFailureOf(error.errors[0]);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return 'other';
  return BY_CODE.get(error.code) ?? 'other';
}
