// Captures that nobody meant well: whatever is in them, reading ends without an error, and keeps its bounds.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.js';
import type { ConnectionEvent } from '../../src/capture/connection-event.js';
import { connectionEvents } from '../../src/capture/read-capture.js';
import { truthNames } from '../support/corpus.js';
import { pcap } from './capture-files.js';
import { ipv4, tcpSegment } from './frames.js';
import { truthPackets } from './tcp/corpus-streams.js';
import { eventsOf } from './tcp/told.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const RAW_IP = 101;
const MIB = 1024 * 1024;
/** Collecting garbage takes its time. */
const PIECES_PER_SAMPLE = 10;

/** Each connection opens, ends and closes once, tells nothing after that, and loses no less than a byte at a time. */
function expectSound(events: readonly ConnectionEvent[]): void {
  const open = new Set<unknown>();
  for (const event of events) {
    if (event.kind === 'opened') {
      expect(open.has(event.connection)).toBe(false);
      open.add(event.connection);
      continue;
    }
    expect(open.has(event.connection)).toBe(true);
    if (event.kind === 'closed') open.delete(event.connection);
    if (event.kind === 'bytes') expect(event.bytes.length).toBeGreaterThan(0);
    if (event.kind === 'lost') expect(event.bytes).toBeGreaterThan(0);
  }
  expect(open.size).toBe(0);
}

describe('whatever comes', () => {
  test('random segments of few connections', async () => {
    const segment = fc.record({
      side: fc.boolean(),
      sequence: fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      acknowledgement: fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      flags: fc.stringMatching(/^[SAFR]{0,4}$/),
      payload: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      at: fc.oneof(fc.nat(2000), fc.nat(4_000_000_000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 80 }), async (segments) => {
        const packets = segments.map(({ side, at, ...fields }) => {
          const [sourcePort, destinationPort] = side ? [1000, 21] : [21, 1000];
          const [source, destination] = side ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
          return { bytes: ipv4(tcpSegment({ ...fields, sourcePort, destinationPort }), { source, destination }), at };
        });
        const { events } = await eventsOf(pcap(packets, { linkType: RAW_IP }));
        expectSound(events);
      }),
      { numRuns: 500 },
    );
  });

  test('random frames of every link type', async () => {
    const linkTypes = fc.constantFrom(0, 1, 9, 50, 51, RAW_IP, 108, 113, 228, 276, 9999);
    const frames = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(linkTypes, frames, async (linkType, bytes) => {
        const { events } = await eventsOf(
          pcap(
            bytes.map((frame) => ({ bytes: Buffer.from(frame) })),
            { linkType },
          ),
        );
        expectSound(events);
      }),
    );
  });
});

describe('real captures with changed bytes', () => {
  test.each(truthNames().filter((name) => name !== 'cwd-navigation'))('%s', async (name) => {
    const { packets, linkType } = await truthPackets(name);
    const file = pcap(packets.slice(0, 300), { linkType });
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const copy = Buffer.from(file);
        for (const [at, byte] of changed) copy[at] = byte;
        const reading = await eventsOf(copy).catch((error: unknown) => {
          expect(error).toBeInstanceOf(CaptureError);
          return { events: [] };
        });
        expectSound(reading.events);
      }),
      { numRuns: 30 },
    );
  });
});

/** How much more memory is in use than before while so many packets are read, and what was told. */
async function hoarded(count: number, packet: (index: number) => Buffer): Promise<{ mib: number; notices: string[] }> {
  const notices: string[] = [];
  const before = memoryInUse();
  let most = 0;
  async function* measured(): AsyncGenerator<Buffer> {
    let pieces = 0;
    for await (const piece of written(count, packet)) {
      yield piece;
      pieces += 1;
      if (pieces % PIECES_PER_SAMPLE === 0) most = Math.max(most, memoryInUse() - before);
    }
  }
  for await (const _ of connectionEvents(measured(), ({ text }) => notices.push(text)));
  return { mib: most / MIB, notices };
}

/** Without what is garbage already: how much of that lies about is chance. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A capture in pieces of a thousand packets: it never lies in memory as a whole. */
async function* written(count: number, packet: (index: number) => Buffer): AsyncGenerator<Buffer> {
  yield pcap([], { linkType: RAW_IP });
  for (let from = 0; from < count; from += 1000) {
    const packets = Array.from({ length: Math.min(1000, count - from) }, (_, index) => ({
      bytes: packet(from + index),
    }));
    yield pcap(packets, { linkType: RAW_IP }).subarray(24);
  }
}

describe('bounds', () => {
  const LIMIT_MIB = 80;
  const kilobyte = Buffer.alloc(1000, 'x');
  const from = (
    client: number,
    fields: { sequence: number; acknowledgement?: number; flags?: string; payload?: Buffer },
  ) =>
    ipv4(tcpSegment({ sourcePort: 1000, destinationPort: 21, ...fields }), {
      source: `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`,
      destination: '192.0.2.1',
    });

  test('connections without end', async () => {
    const { mib, notices } = await hoarded(60_000, (index) => from(index, { sequence: 1, flags: 'S' }));
    expect(mib).toBeLessThan(LIMIT_MIB);
    expect(notices).toEqual([expect.stringMatching(/^more than 8192 connections at once: /)]);
  });

  test('connections that are over are not taken for many at once', async () => {
    const source = '192.0.2.1';
    const answer = (client: number, fields: { sequence: number; acknowledgement: number; flags: string }) =>
      ipv4(tcpSegment({ sourcePort: 21, destinationPort: 1000, ...fields }), {
        source,
        destination: `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`,
      });
    const { notices } = await hoarded(40_000, (index) => {
      const client = index >> 2;
      if (index % 4 === 0) return from(client, { sequence: 1, flags: 'S' });
      if (index % 4 === 1) return answer(client, { sequence: 1, acknowledgement: 2, flags: 'SA' });
      if (index % 4 === 2) return from(client, { sequence: 2, acknowledgement: 2, flags: 'FA' });
      return answer(client, { sequence: 2, acknowledgement: 3, flags: 'FA' });
    });
    expect(notices).toEqual([]);
  });

  test('bytes that wait for one that never comes, in one connection', async () => {
    const { mib } = await hoarded(60_000, (index) =>
      from(1, { sequence: index * 1000 + (index && 1), payload: kilobyte }),
    );
    expect(mib).toBeLessThan(LIMIT_MIB);
  });

  test('bytes that wait for ones that never come, in thousands of connections', async () => {
    const { mib, notices } = await hoarded(80_000, (index) => {
      const round = Math.floor(index / 4000);
      return from(
        index % 4000,
        round === 0 ? { sequence: 0, flags: 'S' } : { sequence: round * 1000, payload: kilobyte },
      );
    });
    expect(mib).toBeLessThan(LIMIT_MIB);
    expect(notices).toEqual([expect.stringMatching(/^too many bytes wait /)]);
  });
});
