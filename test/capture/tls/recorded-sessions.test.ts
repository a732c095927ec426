// Sessions that curl and OpenSSL encrypted, with their key logs: they read as if they had been plain.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPackets } from '../../../src/capture/file/capture-file.js';
import { readCapture } from '../../../src/capture/read-capture.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { type CapturedPacket, pcap } from '../capture-files.js';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/ftps/${name}`, import.meta.url));
const SMALL = createHash('sha256').update('first line\nsecond line\n').digest('hex');
const LARGE = '763bb9d182a8c325d2f5ba425a0ac848ed68d1814c3eda22f35312b36fd72a55';

interface Heard {
  readonly lines: string[];
  readonly transfers: string[];
  /** Certificates by their subjects. */
  readonly handshakes: string[];
  readonly notices: string[];
  readonly observations: readonly Observation[];
}

async function heard(file: Buffer, keyLog?: Buffer | string): Promise<Heard> {
  const notices: string[] = [];
  const observations: Observation[] = [];
  const keys = keyLog === undefined ? {} : { keyLog: Buffer.from(keyLog) };
  const options = { showSecrets: true, notice: (line: string) => notices.push(line), payloads: SUMMED, ...keys };
  for await (const batch of readCapture(inOne(file), options)) observations.push(...batch);
  return {
    lines: observations.flatMap((told) => {
      if (told.kind === 'command') return [`${told.session} ${told.line}`];
      return told.kind === 'reply' ? [`${told.session} ${told.code}`] : [];
    }),
    transfers: observations.flatMap((told) =>
      told.kind === 'link-closed' ? [`${told.verb} ${told.outcome} ${told.sha256}`] : [],
    ),
    handshakes: observations.flatMap((told) => {
      if (told.kind !== 'tls') return [];
      const { session, leg, link, protocol, cipher, resumed, certificate } = told;
      const where = link === null ? leg : `${leg} ${link}`;
      const shown = certificate === null ? [] : [certificate.subject];
      return [[session, where, protocol, cipher, resumed ? 'resumed' : 'new', ...shown].join(' ')];
    }),
    notices,
    observations,
  };
}

/** Keeps nothing; the sums are those of the capture. */
const SUMMED = {
  open: async () => {
    const chunks: Buffer[] = [];
    return {
      soFar: { file: 'x', sha256: '' },
      write: async (chunk: Buffer) => void chunks.push(Buffer.from(chunk)),
      finish: async () => ({ file: 'x', sha256: createHash('sha256').update(Buffer.concat(chunks)).digest('hex') }),
    };
  },
};

async function* inOne(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

async function packetsOf(file: Buffer): Promise<CapturedPacket[]> {
  const packets: CapturedPacket[] = [];
  const packet = (bytes: Buffer, at: number) => void packets.push({ bytes: Buffer.from(bytes), at });
  for await (const _ of readPackets(inOne(file), { packet }, () => {}));
  return packets;
}

describe('a recorded session', () => {
  test('TLS 1.3, passive and active, and a server that dies of it', async () => {
    const { lines, transfers, notices } = await heard(fixture('curl-tls13.pcap'), fixture('curl-tls13.keys'));
    expect(notices).toEqual([]);
    expect(lines.slice(0, 6)).toEqual([
      '1 220',
      '1 AUTH SSL',
      '1 234',
      '1 USER anonymous',
      '1 331',
      '1 PASS me@example.com',
    ]);
    expect(lines.slice(-4)).toEqual(['2 STOR up.txt', '2 150', '2 500', '2 500']);
    expect(transfers).toEqual([
      `RETR complete ${SMALL}`,
      expect.stringMatching(/^LIST complete/),
      `STOR failed ${SMALL}`,
    ]);
  });

  test('each handshake is reported, before what it protects', async () => {
    const tls13 = await heard(fixture('curl-tls13.pcap'), fixture('curl-tls13.keys'));
    expect(tls13.handshakes).toEqual([
      '1 control TLSv1.3 TLS_AES_256_GCM_SHA384 new CN=ftp.test',
      '1 data 1 TLSv1.3 TLS_AES_256_GCM_SHA384 resumed',
      '1 data 2 TLSv1.3 TLS_AES_256_GCM_SHA384 resumed',
      '2 control TLSv1.3 TLS_AES_256_GCM_SHA384 new CN=ftp.test',
    ]);
    const told = tls13.observations.filter(({ session }) => session === 1);
    const control = told.findIndex(({ kind }) => kind === 'tls');
    expect(told[control - 1]).toMatchObject({ kind: 'reply', code: 234 });
    expect(told[control]).toMatchObject({ side: 'server', link: null, serverName: null, failure: null });
    expect(told[control + 1]).toMatchObject({ kind: 'command', verb: 'USER' });
    const tls12 = await heard(fixture('curl-tls12.pcapng'));
    expect(tls12.handshakes).toEqual([
      '1 control TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 new CN=ftp.test',
      '1 data 1 TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 resumed',
      '1 data 2 TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 resumed',
    ]);
    expect((await heard(fixture('curl-tls13.pcap'))).handshakes).toEqual([]);
  });

  test('TLS 1.2, resumed for data, with its secrets in the pcapng itself', async () => {
    const { lines, transfers } = await heard(fixture('curl-tls12.pcapng'));
    expect(lines.at(-2)).toBe('1 QUIT');
    expect(transfers).toEqual([`RETR complete ${SMALL}`, `RETR complete ${LARGE}`]);
  });

  test('resumed sessions that were not logged again', async () => {
    const file = fixture('curl-tls12.pcapng');
    const [first] = /CLIENT_RANDOM \w+ \w+\n/.exec(file.toString('latin1')) ?? [];
    const control = Buffer.from(await controlKey(file, first ?? ''));
    const { transfers } = await heard(pcap(await packetsOf(file)), control);
    expect(transfers).toEqual([`RETR complete ${SMALL}`, `RETR complete ${LARGE}`]);
  });

  test('implicit, with ChaCha20 of both versions', async () => {
    const { lines, transfers, notices } = await heard(fixture('implicit.pcap'), fixture('implicit.keys'));
    expect(notices).toEqual([]);
    expect(lines.filter((line) => /QUIT|220/.test(line))).toEqual(['1 220', '2 220', '1 QUIT', '2 QUIT'].sort());
    expect(transfers).toEqual([`RETR complete ${SMALL}`, `RETR complete ${LARGE}`]);
  });

  test('keys that are updated by either side', async () => {
    const { lines } = await heard(fixture('key-update.pcap'), fixture('key-update.keys'));
    expect(lines).toEqual([
      '1 220',
      '1 USER anna',
      '1 331',
      '1 PASS secret',
      '1 230',
      '1 NOOP',
      '1 200',
      '1 SYST',
      '1 215',
    ]);
  });
});

describe('what cannot be decrypted', () => {
  test('a suite without authenticated encryption is named, and read as it was', async () => {
    const { notices, ...read } = await heard(fixture('cbc.pcap'), fixture('cbc.keys'));
    expect(notices).toEqual([
      'TLS connections with the cipher suite 0xc009 are not decrypted: only AES-GCM and ChaCha20-Poly1305 are',
    ]);
    const without = await heard(fixture('cbc.pcap'));
    expect([read.lines, read.transfers]).toEqual([without.lines, without.transfers]);
    expect(read.observations).toHaveLength(without.observations.length);
  });

  test('secrets of others change nothing', async () => {
    const file = fixture('curl-tls13.pcap');
    expect(await heard(file, fixture('implicit.keys'))).toEqual(await heard(file));
    expect(await heard(file, '# nothing\nCLIENT_RANDOM zz zz\n')).toEqual(await heard(file));
  });

  test('secrets that are wrong', async () => {
    const wrong = fixture('curl-tls13.keys')
      .toString('latin1')
      .replace(/[0-9a-f]{8}$/gm, '00000000');
    const { notices, lines } = await heard(fixture('curl-tls13.pcap'), wrong);
    expect(lines).not.toContain('1 QUIT');
    expect(notices).toEqual(['TLS connections whose records do not fit their logged secrets are not decrypted']);
  });
});

describe('holes in the capture', () => {
  test('whichever packet is missing, the rest is read', { timeout: 60_000 }, async () => {
    const packets = await packetsOf(fixture('implicit.pcap'));
    const keys = fixture('implicit.keys');
    const whole = (await heard(pcap(packets), keys)).lines.length;
    const read: number[] = [];
    for (const index of packets.keys()) {
      const { lines, transfers } = await heard(pcap(packets.toSpliced(index, 1)), keys);
      read.push(lines.length);
      expect(
        transfers.filter((transfer) => transfer.endsWith(LARGE) || transfer.endsWith(SMALL)).length,
      ).toBeGreaterThan(0);
    }
    // A hole in a handshake hides a connection, any other no more than what it held.
    expect(read.filter((lines) => lines >= whole - 2).length).toBeGreaterThan(0.9 * read.length);
  });

  test('part of a download: how much is missing, and nothing else', async () => {
    const packets = await packetsOf(fixture('implicit.pcap'));
    const large = packets.findIndex(({ bytes }) => bytes.length > 8000);
    const { observations, lines } = await heard(pcap(packets.toSpliced(large, 1)), fixture('implicit.keys'));
    const gaps = observations.filter(({ kind }) => kind === 'gap');
    expect(gaps).toHaveLength(1);
    expect(lines).toContain('2 QUIT');
  });

  test('whatever is changed, it is read', { timeout: 60_000 }, async () => {
    const file = fixture('curl-tls13.pcap');
    const keys = fixture('curl-tls13.keys');
    const changes = fc.array(fc.tuple(fc.nat(file.length - 100), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const copy = Buffer.from(file);
        for (const [at, byte] of changed) copy[24 + at] = byte;
        await heard(copy, keys);
      }),
      { numRuns: 60 },
    );
  });
});

/** The line of the control connection's handshake: the first ClientHello in the capture. */
async function controlKey(file: Buffer, anyLine: string): Promise<string> {
  for (const { bytes } of await packetsOf(file)) {
    const at = bytes.indexOf(Buffer.from([0x16, 3, 1]));
    if (at < 0 || bytes[at + 5] !== 1) continue;
    const random = bytes.toString('hex', at + 11, at + 43);
    return `CLIENT_RANDOM ${random} ${anyLine.trim().split(' ')[2]}\n`;
  }
  return '';
}
