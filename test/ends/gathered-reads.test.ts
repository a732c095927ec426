// Reads gathered while their taker is busy: nothing is lost, mixed up or written over, and the end comes last.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, Socket } from 'node:net';
import * as tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GatheredReads } from '../../src/ends/gathered-reads.js';
import { only } from '../net/tls-ends.js';
import { testCertificates } from '../net/tls-session.js';
import { leavesNothingOpen, poll } from '../net/watched-proxy.js';
import { Happenings } from '../support/happenings.js';

leavesNothingOpen();

const certificates = testCertificates();
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Both ends of a connection; the reader's is paused. */
async function connected(version: 'TLSv1.2' | 'TLSv1.3'): Promise<{ writer: tls.TLSSocket; reader: tls.TLSSocket }> {
  const server = tls.createServer({ ...certificates.forServer(), ...only(version) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const writer = tls.connect({ port, host: '127.0.0.1', ca: certificates.ca() });
  const [reader] = (await once(server, 'secureConnection')) as [tls.TLSSocket];
  server.close();
  onTestFinished(() => void writer.destroy());
  onTestFinished(() => void reader.destroy());
  return { writer, reader: reader.pause() };
}

/** A taker that notes what it gets, and is busy with it until it is told to go on. */
function busyTaker(socket: Socket) {
  const chunks: string[] = [];
  const happenings = new Happenings();
  const reads = new GatheredReads(socket, (chunk) => {
    chunks.push(chunk.toString('latin1'));
    happenings.happened();
    return false;
  });
  const seen = (count: number) =>
    happenings.until(
      () => (chunks.length >= count ? true : undefined),
      () => `chunk ${count} after ${chunks.join(', ')}`,
    );
  return { reads, chunks, seen };
}

describe.each(VERSIONS)('over %s', (version) => {
  test('16 MiB come through whole, each chunk good until the next is asked for', async () => {
    const { writer, reader } = await connected(version);
    const sent = randomBytes(16 * 1024 * 1024);
    const hash = createHash('sha256');
    const reads = new GatheredReads(reader, (chunk) => {
      setImmediate(() => {
        hash.update(chunk);
        reads.resume();
      });
      return false;
    });
    reads.resume();
    writer.end(sent);
    await new Promise<void>((resolve) => reads.whenEnded(resolve));
    await new Promise(setImmediate); // the last chunk's own
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  });

  test('this Node reads into one buffer, and tells nobody of chunks of its own', async () => {
    const { writer, reader } = await connected(version);
    const { reads, chunks, seen } = busyTaker(reader);
    reads.resume();
    writer.write('a');
    await seen(1);
    expect(chunks).toEqual(['a']);
    expect(reader.listenerCount('data')).toBe(0);
  });

  test('a taker that stays busy stops the writer', async () => {
    const { writer, reader } = await connected(version);
    const { reads, chunks, seen } = busyTaker(reader);
    reads.resume();
    writer.write(Buffer.alloc(64 * 1024 * 1024));
    await seen(1);
    expect(await settled(reader)).toBeLessThan(512 * 1024);
    reads.resume();
    await seen(2);
    expect((chunks[1]?.length ?? 0) / 1024).toBeGreaterThan(100);
  });
});

/** What was read in all, once nothing more was for a while. */
async function settled(socket: Socket): Promise<number> {
  let last = { bytes: -1, at: 0 };
  await poll(() => {
    if (socket.bytesRead !== last.bytes) last = { bytes: socket.bytesRead, at: performance.now() };
    return performance.now() - last.at > 100;
  }, 'the reading to stop');
  return last.bytes;
}

/** A socket without a handle stands for a Node that keeps its handles elsewhere: what comes, comes as events. */
describe('by events', () => {
  const paused = () => new Socket().pause();

  test('what came before the first read comes first', async () => {
    const socket = paused();
    for (const text of ['a', 'b', 'c']) socket.push(text);
    const { reads, chunks } = busyTaker(socket);
    reads.resume();
    reads.resume();
    expect(chunks.join('')).toBe('abc');
  });

  test('what comes while the taker is busy comes as one, and then the end', async () => {
    const socket = paused();
    const { reads, chunks, seen } = busyTaker(socket);
    let ended = false;
    reads.whenEnded(() => {
      ended = true;
    });
    reads.resume();
    for (const text of ['a', 'b', 'c']) socket.push(text);
    socket.push(null);
    await seen(1);
    await once(socket, 'end');
    expect({ chunks, ended }).toEqual({ chunks: ['a'], ended: false });
    reads.resume();
    expect({ chunks, ended }).toEqual({ chunks: ['a', 'bc'], ended: true });
  });

  test('an end that came before anybody asked is told', async () => {
    const socket = paused();
    socket.resume().push(null);
    await once(socket, 'end');
    const told: string[] = [];
    new GatheredReads(socket, () => true).whenEnded(() => told.push('ended'));
    expect(told).toEqual(['ended']);
  });

  test('more than a block at once', () => {
    const socket = paused();
    const content = 'x'.repeat(1024 * 1024);
    socket.push(content);
    const { reads, chunks } = busyTaker(socket);
    reads.resume();
    expect(chunks).toEqual([content]);
  });
});
