// FTPS through the proxy: explicit and implicit, protected and in the clear, each leg with its own policy, the same bytes.
import { describe, expect, test } from 'vitest';
import type { ClientTlsPolicy, ServerTlsPolicy } from '../../src/relay/policy.js';
import { DATA_MODES, type FtpsClient } from './ftps-client.js';
import type { FtpsServer } from './ftps-server.js';
import { only } from './tls-ends.js';
import { type FtpsSession, ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const bytes = Buffer.from(Array.from({ length: 300_007 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

/** Both ways in every mode, and an empty file: what arrives is what was sent. */
async function exchangeFiles(client: FtpsClient, server: FtpsServer): Promise<void> {
  server.files.set('f', bytes).set('empty', Buffer.alloc(0));
  for (const mode of DATA_MODES) {
    const down = await client.download('f', mode);
    expect([down.preliminary, down.reply, down.fate], mode).toEqual(['150 Here', '226 Sent', 'ended']);
    expect(down.bytes.equals(bytes), mode).toBe(true);
    expect(down.tls?.saidFarewell() ?? true, mode).toBe(true);
    expect(await client.upload(mode, bytes, mode)).toBe('226 Stored');
    expect(server.files.get(mode)?.equals(bytes), mode).toBe(true);
  }
  expect((await client.download('empty')).reply).toBe('226 Sent');
  expect(await client.upload('none', Buffer.alloc(0))).toBe('226 Stored');
  expect(server.files.get('none')).toHaveLength(0);
  expect(await client.ask('QUIT')).toBe('221 Bye');
  expect(await client.peer.over()).toBe('ended');
  expect(client.control?.saidFarewell() ?? true, 'close_notify').toBe(true);
}

/** Which legs were encrypted: `client control`, `server data`, ... */
function encryptedLegs({ all }: FtpsSession): string[] {
  expect(all('tls').filter(({ failure }) => failure !== null)).toEqual([]);
  return [...new Set(all('tls').map(({ side, leg }) => `${side} ${leg}`))].sort();
}

const ALL_LEGS = ['client control', 'client data', 'server control', 'server data'];

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('explicit FTPS with %s', (version) => {
  test.each(['P', 'C'] as const)('PROT %s', async (protection) => {
    const context = { ...certificates.forServer(), ...only(version) };
    const session = await ftpsSession(certificates, { server: { context }, client: only(version) });
    await exchangeFiles(await session.client.begin(protection), session.server);
    await session.idle();
    expect(encryptedLegs(session)).toEqual(protection === 'P' ? ALL_LEGS : ['client control', 'server control']);
    expect(session.all('tls').every(({ protocol }) => protocol === version)).toBe(true);
    expect(session.all('link-closed').map(({ outcome }) => outcome)).toEqual(Array(10).fill('complete'));
    expect(session.all('violation')).toEqual([]);
  });
});

test('TLS 1.2 towards the client, 1.3 towards the server', async () => {
  const context = { ...certificates.forServer(), ...only('TLSv1.3') };
  const session = await ftpsSession(certificates, { server: { context }, client: only('TLSv1.2') });
  await exchangeFiles(await session.client.begin(), session.server);
  const seen = new Set(session.all('tls').map(({ side, protocol }) => `${side} ${protocol}`));
  expect(seen).toEqual(new Set(['client TLSv1.2', 'server TLSv1.3']));
});

describe('implicit FTPS', () => {
  test('on both legs', async () => {
    const session = await ftpsSession(certificates, { server: { implicit: true }, implicit: true });
    await exchangeFiles(await session.client.begin('P', 'implicit'), session.server);
    expect(encryptedLegs(session)).toEqual(ALL_LEGS);
    expect(session.server.lines).not.toContain('AUTH TLS');
  });

  test('towards the client, explicit towards the server', async () => {
    const session = await ftpsSession(certificates, { implicit: true });
    await exchangeFiles(await session.client.begin('P', 'implicit'), session.server);
    expect(encryptedLegs(session)).toEqual(ALL_LEGS);
    expect(session.server.lines.slice(0, 3)).toEqual(['AUTH TLS', 'PBSZ 0', 'PROT P']);
  });

  test('towards the client, none towards the server', async () => {
    const setup = { implicit: true, plainServer: true, tls: { server: 'off' } } as const;
    const session = await ftpsSession(certificates, setup);
    await exchangeFiles(await session.client.begin('P', 'implicit'), session.server);
    expect(encryptedLegs(session)).toEqual(['client control', 'client data']);
  });

  test('towards the server, explicit towards the client', async () => {
    const session = await ftpsSession(certificates, { server: { implicit: true } });
    await exchangeFiles(await session.client.begin(), session.server);
    expect(encryptedLegs(session)).toEqual(ALL_LEGS);
  });

  test('towards the server, none towards the client', async () => {
    const session = await ftpsSession(certificates, { server: { implicit: true } });
    await exchangeFiles(await session.client.begin('C', 'none'), session.server);
    expect(encryptedLegs(session)).toEqual(['server control', 'server data']);
  });
});

describe('each leg for itself', () => {
  test.each<[string, ClientTlsPolicy, ServerTlsPolicy, boolean, boolean, string[]]>([
    ['a plain client, a server that must encrypt', 'offer', 'require', false, false, ['server control', 'server data']],
    ['a plain client, a server that encrypts', 'off', 'auto', false, false, ['server control', 'server data']],
    ['a plain client, a plain server, auto', 'offer', 'auto', false, true, []],
    ['an encrypting client, a plain server', 'offer', 'off', true, true, ['client control', 'client data']],
    ['a client that must encrypt, a plain server', 'require', 'off', true, true, ['client control', 'client data']],
    ['both, one required', 'require', 'require', true, false, ALL_LEGS],
    ['both, one if it can', 'offer', 'auto', true, false, ALL_LEGS],
    ['an encrypting client, a plain server, auto', 'offer', 'auto', true, true, ['client control', 'client data']],
  ])('%s', async (_, client, server, encrypts, plainServer, legs) => {
    const session = await ftpsSession(certificates, { plainServer, tls: { client, server } });
    await session.client.begin(encrypts ? 'P' : 'C', encrypts ? 'AUTH TLS' : 'none');
    await exchangeFiles(session.client, session.server);
    expect(encryptedLegs(session)).toEqual(legs);
  });

  test('PROT differs per leg', async () => {
    const session = await ftpsSession(certificates, { tls: { server: 'require' } });
    await exchangeFiles(await session.client.begin('C'), session.server);
    expect(encryptedLegs(session)).toEqual(['client control', 'server control', 'server data']);
  });

  test('no login in the clear where TLS is required', async () => {
    const { client, server } = await ftpsSession(certificates, { tls: { client: 'require' } });
    await client.peer.readReply();
    expect(await client.ask('USER anna')).toBe('530 This proxy requires AUTH TLS before a login');
    expect(await client.ask('AUTH TLS')).toBe('234 Proceed with the TLS handshake');
    await client.secure();
    expect(await client.ask('USER anna')).toBe('331 Password, please');
    expect(server.lines).toEqual(['AUTH TLS', 'USER anna']);
  });

  test('a server that must encrypt and does not: the client is told', async () => {
    const { client } = await ftpsSession(certificates, { plainServer: true, tls: { server: 'require' } });
    expect(await client.peer.readReply()).toBe(
      '421 The server does not encrypt: it answered AUTH TLS with 502 No TLS here',
    );
    expect(await client.peer.over()).toBe('ended');
  });
});

test('a data handshake before the transfer command is answered, and reported', async () => {
  const { client, server, seen } = await ftpsSession(certificates);
  await client.begin();
  const data = await (await client.announce('PASV'))();
  const { socket } = await client.encrypt(data);
  expect(await seen('tls', ({ leg }) => leg === 'data')).toMatchObject({ side: 'client', early: true });
  client.peer.say('STOR f\r\n');
  expect(await client.peer.readReply()).toBe('150 Send');
  socket.end('content');
  expect(await client.peer.readReply()).toBe('226 Stored');
  expect(server.files.get('f')?.toString()).toBe('content');
});
