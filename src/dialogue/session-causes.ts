// Why sessions end: one stable word for each cause, for programs. The text beside it is for people.

/**
 * Why a session ended. A cause names no side: `by` beside it does. Released words do not change their meaning.
 * - quit: the client said QUIT, whatever closed the connection afterwards;
 * - closed: that side closed its control connection;
 * - lost: the control connection to that side broke;
 * - no-greeting: the server connected and never greeted;
 * - no-reply: the server did not answer a command for too long;
 * - no-login: the client did not log in in time;
 * - idle: nothing was said, and nothing transferred, for too long;
 * - line-too-long: a line of the server exceeded the limit;
 * - reply-too-long: a reply of the server that had to be held until it was whole exceeded the limit;
 * - not-ftp: that side speaks another protocol;
 * - unreachable: no connection to the server could be made;
 * - turned-away: the server's greeting refused the session (forward mode);
 * - no-server: the client named too many servers that could not be used (forward mode);
 * - tls-refused: the server refused TLS, which the proxy's settings require;
 * - tls-failed: the TLS handshake with that side failed;
 * - shutdown: the proxy was stopped;
 * - stopped: the user of the proxy ended the session;
 * - recording-failed: the session could not be recorded any more;
 * - internal-fault: a fault of the proxy itself;
 * - capture-end: the capture ends before the session does;
 * - silent: the capture shows nothing more of the session for a long time;
 * - not-followed: the capture holds more connections at once than are followed;
 * - unknown: a transcript that does not say.
 */
export type SessionCause =
  | 'quit'
  | 'closed'
  | 'lost'
  | 'no-greeting'
  | 'no-reply'
  | 'no-login'
  | 'idle'
  | 'line-too-long'
  | 'reply-too-long'
  | 'not-ftp'
  | 'unreachable'
  | 'turned-away'
  | 'no-server'
  | 'tls-refused'
  | 'tls-failed'
  | ClientRefusal
  | ProxyStop
  | 'capture-end'
  | 'silent'
  | 'not-followed'
  | 'unknown';

/** Why a client's connection is refused before anything is relayed: also the code of the violation that says so. */
export type ClientRefusal = 'bad-proxy-header' | 'proxy-loop' | 'too-many-sessions';

/** Why the proxy ends a session of its own accord, at any moment. */
export type ProxyStop = 'shutdown' | 'stopped' | 'recording-failed' | 'internal-fault';

/** Who ended a session. A server that was never reached has closed nothing. */
export function sessionEndWords({ by, cause }: { readonly by: string; readonly cause: SessionCause }): string {
  return cause === 'unreachable' ? 'session ended' : `session closed by the ${by}`;
}
