// Sessions resumed: data connections come back to the session of their control connection on both legs, as servers demand and
// clients do, and no session of one client ever serves another.
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { DataMode } from './ftps-client.js';
import { DATA_MODES } from './ftps-client.js';
import { only } from './tls-ends.js';
import { type FtpsSession, ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const TRANSFERS = 20;

/** TLS 1.2 resumes by session id when tickets are off. */
const NO_TICKETS: SecureContextOptions = { ...only('TLSv1.2'), secureOptions: constants.SSL_OP_NO_TICKET };
const KINDS: readonly [string, SecureContextOptions][] = [
  ['TLS 1.3', only('TLSv1.3')],
  ['TLS 1.2 with tickets', only('TLSv1.2')],
  ['TLS 1.2 with session ids', NO_TICKETS],
];

/** Down and up, in every mode in turn. */
async function transfer({ client, server }: FtpsSession, transfers = TRANSFERS): Promise<void> {
  server.files.set('f', Buffer.from('content'));
  for (let index = 0; index < transfers; index += 1) {
    const mode: DataMode = DATA_MODES[index % DATA_MODES.length] ?? 'PASV';
    if (index % 2 === 0) expect((await client.download('f', mode)).reply).toBe('226 Sent');
    else expect(await client.upload('g', Buffer.from('up'), mode)).toBe('226 Stored');
  }
}

function observedResumptions({ all }: FtpsSession, side: string): boolean[] {
  return all('tls').flatMap((one) => (one.side === side && one.leg === 'data' ? [one.resumed] : []));
}

const ALL = Array<boolean>(TRANSFERS).fill(true);

describe.each(KINDS)('the server speaks %s, and requires it', (_, options) => {
  test(`${TRANSFERS} of ${TRANSFERS} data handshakes resume`, async () => {
    const context = { ...certificates.forServer(), ...options };
    const session = await ftpsSession(certificates, { server: { context, requiresReuse: true } });
    await session.client.begin();
    await transfer(session);
    expect(session.server.resumed).toEqual({ control: [false], data: ALL });
    expect(observedResumptions(session, 'server')).toEqual(ALL);
    expect(session.all('link-closed').every(({ outcome }) => outcome === 'complete')).toBe(true);
  });
});

describe.each(KINDS)('the client speaks %s', (_, options) => {
  test(`${TRANSFERS} of ${TRANSFERS} data handshakes resume`, async () => {
    const session = await ftpsSession(certificates, { client: options });
    await session.client.begin();
    await transfer(session);
    expect(session.client.resumed).toEqual(ALL);
    expect(observedResumptions(session, 'client')).toEqual(ALL);
  });
});

test('a client that uses each ticket once gets a new one with each download', async () => {
  const session = await ftpsSession(certificates, { client: only('TLSv1.3') });
  const { client, server } = session;
  server.files.set('f', Buffer.from('content'));
  await client.begin();
  const used = new Set<string>();
  for (let index = 0; index < 5; index += 1) {
    used.add(client.newestSession?.toString('hex') ?? expect.fail('no ticket'));
    await client.download('f');
  }
  expect(used.size).toBe(5);
  expect(client.resumed).toEqual([true, true, true, true, true]);
});

test('a plain client gets on with a server that requires it', async () => {
  const session = await ftpsSession(certificates, { server: { requiresReuse: true }, tls: { server: 'require' } });
  await session.client.begin('C', 'none');
  await transfer(session, 4);
  expect(session.server.resumed.data).toEqual([true, true, true, true]);
});

test('two clients at once: neither resumes a session of the other, on either leg', async () => {
  const first = await ftpsSession(certificates);
  first.server.files.set('f', Buffer.from('content'));
  await first.client.begin();
  const second = await first.connect();
  await second.begin();
  await first.client.download('f');
  await second.download('f');
  expect(first.server.resumed).toEqual({ control: [false, false], data: [true, true] });

  // A client that comes again, with the session of last time.
  const session = first.client.newestSession ?? expect.fail('no session');
  const third = await first.connect({ session });
  await third.begin();
  const control = first.all('tls').filter(({ leg }) => leg === 'control');
  expect(control.map(({ side, resumed }) => `${side} ${resumed}`).sort()).toEqual([
    'client false',
    'client false',
    'client false',
    'server false',
    'server false',
    'server false',
  ]);
});

test('a server whose sessions cannot be resumed: full handshakes, observed as such', async () => {
  const context = { ...certificates.forServer(), ...only('TLSv1.2'), secureOptions: constants.SSL_OP_NO_TICKET };
  const session = await ftpsSession(certificates, { server: { context, forgetsSessions: true } });
  await session.client.begin();
  await transfer(session, 4);
  expect(session.server.resumed.data).toEqual(Array(4).fill(false));
  expect(observedResumptions(session, 'server')).toEqual(Array(4).fill(false));
});

test('a server that requires it of a client without: its 522 is heard', async () => {
  const context = { ...certificates.forServer(), ...only('TLSv1.2'), secureOptions: constants.SSL_OP_NO_TICKET };
  const server = { context, forgetsSessions: true, requiresReuse: true };
  const { client, server: upstream, seen } = await ftpsSession(certificates, { server });
  upstream.files.set('f', Buffer.from('content'));
  await client.begin();
  const { reply } = await client.download('f');
  expect(reply).toBe('522 TLS session of the data connection must be resumed');
  expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('522') });
  expect(await client.ask('NOOP')).toBe('200 NOOP ok');
});
