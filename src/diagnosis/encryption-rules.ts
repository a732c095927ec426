// What the rows about AUTH and PROT have in common: who encrypts, and what a server refuses with.
import type { ReplySeen } from '../dialogue/observation.js';
import type { SessionPicture } from './session-picture.js';

const MAX_TEXT = 600;

/** What the server refuses with; empty where it refuses nothing. */
export function refusalIn({ by, code, lines }: ReplySeen): string {
  return by === 'server' && code >= 400 ? lines.join(' ').slice(0, MAX_TEXT) : '';
}

/** Whether the server's control connection is encrypted; in a capture it is the only one. */
export const serverEncrypts = ({ tls }: SessionPicture) => tls.server !== undefined && tls.server.failure === null;

/** The client's own control connection; in a capture it is the only one. */
export const clientEncrypts = (session: SessionPicture) => {
  const tls = session.isRelayed ? session.tls.client : session.tls.server;
  return tls !== undefined && tls.failure === null;
};

export const firstLineOf = ({ lines }: ReplySeen) => (lines[0] ?? '').slice(0, 100);
