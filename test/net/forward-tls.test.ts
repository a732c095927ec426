// Forward mode and FTPS: the client encrypts before or after it names its server, which is encrypted with and checked by the name
// that the client gave.
import { expect, test } from 'vitest';
import type { ProxyTlsOptions } from '../../src/net/proxy-options.js';
import { FtpsClient } from './ftps-client.js';
import { type FtpsServerOptions, startFtpsServer } from './ftps-server.js';
import { LOOPBACK, proxyTls, testCertificates } from './tls-session.js';
import { leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const bytes = Buffer.from(Array.from({ length: 100_003 }, (_, index) => (index * 5) & 0xff));

async function forwardSession(server: FtpsServerOptions = {}, tls: Partial<ProxyTlsOptions> = {}, plainServer = false) {
  const context = plainServer ? {} : { context: { ...certificates.forServer() } };
  const ftps = await startFtpsServer({ ...context, ...server });
  const watched = await watchProxy({ forward: { allow: ['*:*'] }, tls: proxyTls(certificates, tls) });
  const client = await FtpsClient.connect(watched.endpoint, { ca: certificates.ca(), host: LOOPBACK });
  expect(await client.peer.readReply()).toMatch(/^220 /);
  ftps.files.set('f', bytes);
  return { ...watched, server: ftps, client };
}

async function encrypt(client: FtpsClient): Promise<void> {
  expect(await client.ask('AUTH TLS')).toMatch(/^234 /);
  await client.secure();
}

async function exchangeFiles({ client, server }: Awaited<ReturnType<typeof forwardSession>>): Promise<void> {
  expect(await client.ask('PASS sesame')).toMatch(/^230 /);
  for (const mode of ['PASV', 'EPSV', 'PORT'] as const) {
    const down = await client.download('f', mode);
    expect([down.reply, down.bytes.equals(bytes)], mode).toEqual(['226 Sent', true]);
    expect(await client.upload(mode, bytes, mode)).toBe('226 Stored');
    expect(server.files.get(mode)?.equals(bytes), mode).toBe(true);
  }
  expect(await client.ask('QUIT')).toMatch(/^221 /);
}

const legs = ({ all }: Awaited<ReturnType<typeof forwardSession>>) =>
  [...new Set(all('tls').map(({ side, leg, failure }) => `${side} ${leg}${failure === null ? '' : ' failed'}`))].sort();
const ALL_LEGS = ['client control', 'client data', 'server control', 'server data'];

test('AUTH TLS before USER: both legs are encrypted, control and data', async () => {
  const session = await forwardSession();
  const { client, server } = session;
  await encrypt(client);
  await client.protect('P');
  expect(await client.ask(`USER anna@127.0.0.1:${server.endpoint.port}`)).toMatch(/^331 /);
  await exchangeFiles(session);
  expect(legs(session)).toEqual(ALL_LEGS);
  // The session of the control connection is resumed, as many servers demand.
  expect(
    session
      .all('tls')
      .filter(({ leg, side }) => leg === 'data' && side === 'server')
      .every(({ resumed }) => resumed),
  ).toBe(true);
});

test('AUTH TLS behind OPEN, as lftp does it', async () => {
  const session = await forwardSession();
  const { client, server } = session;
  expect(await client.ask(`OPEN 127.0.0.1:${server.endpoint.port}`)).toMatch(/^220 /);
  await encrypt(client);
  await client.protect('P');
  expect(await client.ask('USER anna')).toMatch(/^331 /);
  await exchangeFiles(session);
  expect(legs(session)).toEqual(ALL_LEGS);
});

test('a plain client of a server that encrypts', async () => {
  const session = await forwardSession({}, { server: 'require' });
  expect(await session.client.ask(`USER anna@127.0.0.1:${session.server.endpoint.port}`)).toMatch(/^331 /);
  await exchangeFiles(session);
  expect(legs(session)).toEqual(['server control', 'server data']);
});

test('a client that encrypts, of a plain server', async () => {
  const session = await forwardSession({}, { server: 'off' }, true);
  const { client, server } = session;
  await encrypt(client);
  await client.protect('P');
  expect(await client.ask(`USER anna@127.0.0.1:${server.endpoint.port}`)).toMatch(/^331 /);
  await exchangeFiles(session);
  expect(legs(session)).toEqual(['client control', 'client data']);
});

test('a server that speaks TLS from the first byte', async () => {
  const session = await forwardSession({ implicit: true });
  expect(await session.client.ask(`USER anna@ftps://127.0.0.1:${session.server.endpoint.port}`)).toMatch(/^331 /);
  await exchangeFiles(session);
  expect(legs(session)).toEqual(['server control', 'server data']);
});

test('a certificate that is not for the name that the client gave is refused', async () => {
  const session = await forwardSession();
  const { client, server } = session;
  await encrypt(client);
  expect(await client.ask(`USER anna@localhost:${server.endpoint.port}`)).toMatch(
    /^421 Cannot secure the connection to the server localhost:\d+: .*localhost/,
  );
  await session.seen('session-closed');
  expect(legs(session)).toEqual(['client control', 'server control failed']);
});
