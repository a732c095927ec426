// What tests of data connections in TLS begin with: a session that is logged in, and a server that does as they like.
import type { Peer } from '../support/scripted-server.js';
import type { FtpsServerOptions, ServerSession } from './ftps-server.js';
import { type FtpsSession, type FtpsSetup, ftpsSession, type TestCertificates } from './tls-session.js';

/** What the server does once its data connection stands. */
export function onData(
  verb: 'RETR' | 'STOR',
  act: (session: ServerSession, data: Peer) => void | Promise<void>,
): FtpsServerOptions {
  const whenAsked = async (session: ServerSession) => {
    session.say(verb === 'RETR' ? '150 Here' : '150 Send');
    const data = await session.open();
    if (data !== null) await act(session, data);
  };
  return { acts: { [verb]: whenAsked } };
}

/** Greeted, encrypted, protected, logged in. */
export async function begunSession(
  certificates: TestCertificates,
  setup: FtpsSetup = {},
  protection: 'C' | 'P' = 'P',
  auth: 'AUTH TLS' | 'none' = 'AUTH TLS',
): Promise<FtpsSession> {
  const session = await ftpsSession(certificates, setup);
  await session.client.begin(protection, auth);
  return session;
}
