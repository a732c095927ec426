// Each cipher suite that is opened, with Node's own TLS at both ends: what they said comes out, however the records lie in segments.
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../../../src/capture/connection-event.js';
import { KeyLog } from '../../../src/capture/tls/key-log.js';
import { TlsDecryption } from '../../../src/capture/tls/tls-decryption.js';
import type { TlsFacts } from '../../../src/dialogue/tls-facts.js';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/ftps/${name}`, import.meta.url));
const SAID = ['USER anna\r\n', '331 password\r\n', 'PASS secret\r\n', `230 ${'x'.repeat(40_000)}\r\n`, 'QUIT\r\n'];

const CONNECTION: CapturedConnection = {
  number: 1,
  initiator: { address: '10.0.0.1', port: 1000 },
  responder: { address: '10.0.0.2', port: 21 },
  sawHandshake: true,
  answered: true,
  openedAt: 0,
};

interface Sent {
  readonly from: ConnectionEnd;
  readonly bytes: Buffer;
}

/** Two ends of a line; all that is sent is noted. */
function line(sent: Sent[]): { client: Duplex; server: Duplex } {
  const end = (from: ConnectionEnd, peer: () => Duplex) =>
    new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        sent.push({ from, bytes: Buffer.from(chunk) });
        peer().push(chunk);
        done();
      },
    });
  const client: Duplex = end('initiator', () => server);
  const server: Duplex = end('responder', () => client);
  return { client, server };
}

/** What two ends sent each other to say `SAID`, in turns, and the log of their secrets. */
async function conversation(
  ciphers: string,
  version: tls.SecureVersion,
): Promise<{ sent: Sent[]; log: Buffer; cipher: string }> {
  const sent: Sent[] = [];
  const log: Buffer[] = [];
  const ends = line(sent);
  const both = { ciphers, minVersion: version, maxVersion: version } as const;
  const credentials = { cert: fixture('test-certificate.pem'), key: fixture('test-key.pem') };
  const server = new tls.TLSSocket(ends.server, { isServer: true, ...credentials, ...both });
  const client = tls.connect({
    socket: ends.client,
    servername: 'ftp.example.com',
    rejectUnauthorized: false,
    ...both,
  });
  client.on('keylog', (keys) => log.push(keys));
  for (const [index, text] of SAID.entries()) {
    const [from, to] = index % 2 === 0 ? [client, server] : [server, client];
    let got = '';
    await new Promise<void>((resolve, reject) => {
      to.on('error', reject);
      to.on('data', function take(chunk: Buffer) {
        got += chunk.toString('latin1');
        if (got.length < text.length) return;
        to.off('data', take);
        resolve();
      });
      from.write(text);
    });
  }
  const cipher = client.getCipher().standardName;
  client.destroy();
  server.destroy();
  return { sent, log: Buffer.concat(log), cipher };
}

function read(
  events: readonly ConnectionEvent[],
  log: Buffer,
): {
  said: string;
  lost: number;
  kinds: string[];
  handshakes: TlsFacts[];
} {
  const keys = new KeyLog();
  keys.add(log);
  const decryption = new TlsDecryption(keys, () => {});
  const plain = events.flatMap((event) => [...(decryption.take(event) ?? [event])]);
  return {
    said: plain.map((event) => (event.kind === 'bytes' ? event.bytes.toString('latin1') : '')).join(''),
    lost: plain.reduce((sum, event) => sum + (event.kind === 'lost' ? event.bytes : 0), 0),
    kinds: plain.map(({ kind }) => kind),
    handshakes: plain.flatMap((event) => (event.kind === 'secured' ? [event.tls] : [])),
  };
}

/** As events, in segments of no more than `segmentBytes`. */
function eventsOf(sent: readonly Sent[], segmentBytes = 1460): ConnectionEvent[] {
  return sent.flatMap(({ from, bytes }) =>
    Array.from({ length: Math.ceil(bytes.length / segmentBytes) }, (_, index) => ({
      kind: 'bytes' as const,
      at: 0,
      connection: CONNECTION,
      from,
      bytes: bytes.subarray(index * segmentBytes, (index + 1) * segmentBytes),
    })),
  );
}

const SUITES: readonly [ciphers: string, version: tls.SecureVersion][] = [
  ['TLS_AES_128_GCM_SHA256', 'TLSv1.3'],
  ['TLS_AES_256_GCM_SHA384', 'TLSv1.3'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLSv1.3'],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.2'],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLSv1.2'],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLSv1.2'],
];

describe.each(SUITES)('%s', (ciphers, version) => {
  test('the handshake is reported as its ends know it, once', async () => {
    const { sent, log, cipher } = await conversation(ciphers, version);
    const names = { protocol: version, cipher, serverName: 'ftp.example.com', resumed: false };
    expect(read(eventsOf(sent), log).handshakes).toEqual([
      { ...names, certificate: expect.objectContaining({ subject: 'CN=ftp.test' }) },
    ]);
    const withoutHandshakes = log.toString('latin1').replace(/^.*_HANDSHAKE_.*\n/gm, '');
    const certificate = version === 'TLSv1.3' ? null : expect.anything();
    expect(read(eventsOf(sent), Buffer.from(withoutHandshakes)).handshakes).toEqual([{ ...names, certificate }]);
  });

  test('whole, in segments of any size', async () => {
    const { sent, log } = await conversation(ciphers, version);
    for (const size of [100_000, 1460, 200]) expect(read(eventsOf(sent, size), log).said).toBe(SAID.join(''));
  });

  test('whichever segment of the answers is lost, the rest is read and the gap is told', async () => {
    const { sent, log } = await conversation(ciphers, version);
    const events = eventsOf(sent);
    const began = events.length - 32;
    for (let index = began; index < events.length - 1; index += 1) {
      const { kind, from, bytes } = events[index] as ConnectionEvent & { kind: 'bytes' };
      if (kind !== 'bytes' || bytes.length < 1460) continue;
      const lost: ConnectionEvent = { kind: 'lost', at: 0, connection: CONNECTION, from, bytes: bytes.length };
      const { said, lost: missing } = read(events.with(index, lost), log);
      expect(said).toContain('USER anna\r\n331 password\r\nPASS secret\r\n');
      expect(said.endsWith('QUIT\r\n')).toBe(true);
      expect(missing).toBeGreaterThanOrEqual(1400);
      expect(missing).toBeLessThan(40_000);
    }
  });

  test('what ended, ended', async () => {
    const { sent, log } = await conversation(ciphers, version);
    const rest: ConnectionEvent[] = [
      { kind: 'ended', at: 0, connection: CONNECTION, from: 'initiator', how: 'fin' },
      { kind: 'closed', at: 0, connection: CONNECTION, why: 'ended' },
    ];
    expect(read([...eventsOf(sent), ...rest], log).kinds.slice(-2)).toEqual(['ended', 'closed']);
    const early = read([...eventsOf(sent).slice(0, 1), ...rest], log);
    expect(early.kinds).toEqual(['bytes', 'ended', 'closed']);
  });
});
