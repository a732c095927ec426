import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { ClearHandshake } from '../../../src/capture/tls/clear-handshake.js';

const alert = (level: number, number: number) => Buffer.from([21, 3, 3, 0, 2, level, number]);
const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/ftps/${name}`, import.meta.url));

test('a fatal alert says who broke it off, and why', () => {
  expect(new ClearHandshake().take('client', alert(2, 48))).toMatchObject({ alert: { from: 'client', number: 48 } });
  expect(new ClearHandshake().take('server', alert(2, 70))).toMatchObject({ alert: { from: 'server', number: 70 } });
});

test.each([
  ['close_notify', alert(1, 0)],
  ['an encrypted alert', Buffer.from(`15030300${'1a'}${'00'.repeat(26)}`, 'hex')],
  ['text', Buffer.from('500 OOPS\r\n')],
  ['the beginning of one', alert(2, 48).subarray(0, 5)],
])('silent: %s', (_, bytes) => expect(new ClearHandshake().take('server', bytes)).toBeNull());

test('silent behind lost bytes', () => {
  const handshake = new ClearHandshake();
  handshake.stop();
  expect(handshake.take('client', alert(2, 48))).toBeNull();
});

test('of TLS 1.2 the certificate is seen, and that one was asked for', async () => {
  const handshake = new ClearHandshake();
  const end = (from: 'client' | 'server', peer: () => Duplex) =>
    new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        handshake.take(from, Buffer.from(chunk));
        peer().push(chunk);
        done();
      },
    });
  const client: Duplex = end('client', () => server);
  const server: Duplex = end('server', () => client);
  const credentials = { cert: fixture('test-certificate.pem'), key: fixture('test-key.pem') };
  const serving = new tls.TLSSocket(server, { isServer: true, ...credentials, requestCert: true });
  const options = { servername: 'ftp.example.com', rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const;
  const dialling = tls.connect({ socket: client, ...options });
  await new Promise((resolve) => dialling.once('secureConnect', resolve));
  expect(handshake.take('server', alert(2, 40))).toMatchObject({
    ...{ protocol: 'TLSv1.2', serverName: 'ftp.example.com', fault: 'alert', asksForCertificate: true },
    certificate: { subject: 'CN=ftp.test' },
  });
  for (const one of [serving, dialling]) one.destroy();
});
