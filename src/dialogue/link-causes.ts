// Why data links end: one stable word for each cause, for programs. The text beside it is for people.

/**
 * The first cause that applies, in the order of what was seen: the peers before the proxy, the data connection before the replies.
 * Released words do not change their meaning.
 * - refused-by-server: the server declined the transfer or the port; the reason is its reply;
 * - aborted-by-client: the client asked for the end with ABOR;
 * - client-did-not-connect, server-did-not-connect: that side did not connect to the port that it was given;
 * - client-unreachable, server-unreachable: no connection to the port that that side announced could be made;
 * - client-broke, server-broke: the data connection to that side broke;
 * - tls-failed: a TLS handshake on the data connection failed;
 * - stalled: both legs were connected, and no data moved for too long;
 * - failed-by-server: the server began the transfer and answered that it failed; the reason is its reply;
 * - no-final-reply: the data ended, and the server never said how the transfer went;
 * - no-end-of-data: the server confirmed the transfer, and the sender did not end the data;
 * - no-data-connection: the server answered as if there had been data, and no data connection was made;
 * - no-port: the proxy could not open a data port;
 * - replaced: another port was announced before a transfer used this one;
 * - taken-back: no transfer used the port in time, or the client reset the session with REIN;
 * - session-ended: the session ended first;
 * - stopped: the user of the proxy ended the transfer;
 * - recording-failed: the payload could not be saved;
 * - missing-from-capture: the capture lacks a part of the transfer, or of what was said of it;
 * - encrypted: what was said of the transfer cannot be read in the capture;
 * - unknown: none is stated, or a transcript does not say.
 */
export type LinkCause =
  | 'refused-by-server'
  | 'aborted-by-client'
  | 'client-did-not-connect'
  | 'server-did-not-connect'
  | 'client-unreachable'
  | 'server-unreachable'
  | 'client-broke'
  | 'server-broke'
  | 'tls-failed'
  | 'stalled'
  | 'failed-by-server'
  | 'no-final-reply'
  | 'no-end-of-data'
  | 'no-data-connection'
  | 'no-port'
  | 'replaced'
  | 'taken-back'
  | 'session-ended'
  | 'stopped'
  | 'recording-failed'
  | 'missing-from-capture'
  | 'encrypted'
  | 'unknown';
