// Session tickets that wait: what is written first takes them along, and tells when they cannot be sent.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createSecureContext, connect as startTls, createServer as tlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { serveTls } from '../../../src/ends/tls/handshake.js';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { ownAuthority } from '../../net/tls/own-authority.js';

const own = ownAuthority();
const LOOPBACK = '127.0.0.1';
const TIMEOUT_MS = 4000;

/** Both ends behind the handshake, and the connection beneath the client's. */
async function shaken(version: 'TLSv1.2' | 'TLSv1.3') {
  const options = await new LeafCertificates(own().authority).issue({ names: [LOOPBACK] });
  const cache = tlsServer(options).on('newSession', (_id, _session, done) => done());
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, LOOPBACK);
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const plain = connect((listener.address() as AddressInfo).port, LOOPBACK).on('error', () => {});
  const [accepted]: Socket[] = await once(listener, 'connection');
  if (!accepted) return expect.fail('nobody came');
  const ca = own().authority.certificate.toString();
  const client = startTls({ socket: plain, host: LOOPBACK, ca, minVersion: version, maxVersion: version }).on(
    'error',
    () => {},
  );
  const role = { context: createSecureContext(options), cache, onKeyLog: null, timeoutMs: TIMEOUT_MS };
  const [{ socket }] = await Promise.all([serveTls(accepted, role), once(client, 'secureConnect')]);
  onTestFinished(() => void [socket, plain].map((end) => end.destroy()));
  socket.on('error', () => {});
  return { served: socket, client, plain };
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

test.each(VERSIONS)('%s: the first write to a peer that has gone fails, and does not wait', async (version) => {
  const { served, plain } = await shaken(version);
  // The reset is there at once, and has not been read when we write.
  plain.resetAndDestroy();
  const failure = await new Promise((resolve) => served.write('content', resolve));
  expect(failure).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
});

test.each(VERSIONS)('%s: so does an end behind which nothing was said', async (version) => {
  const { served, plain } = await shaken(version);
  plain.resetAndDestroy();
  served.end();
  await new Promise((resolve) => served.once('close', resolve));
});

test('TLSv1.3: what is written first takes the tickets along', async () => {
  const { served, client } = await shaken('TLSv1.3');
  const sessions: Buffer[] = [];
  client.on('session', (session) => sessions.push(session));
  served.write('content');
  const [content] = await once(client, 'data');
  expect(String(content)).toBe('content');
  expect(sessions).toHaveLength(2);
});
