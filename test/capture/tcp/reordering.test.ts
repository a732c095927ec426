// However segments overtake each other on their way into a capture, or come twice: both directions come out whole.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { truthNames } from '../../support/corpus.js';
import { type CapturedPacket, pcap } from '../capture-files.js';
import { readStreams, streamsOf, truthPackets } from './corpus-streams.js';
import { eventsOf, packetsOf, toldOf } from './told.js';

/** How many places a packet is moved by at most. */
const FAR = 8;

/** The packets, each moved by up to so many places. */
function displaced<Item>(items: readonly Item[], moves: readonly number[]): Item[] {
  const keyed = items.map((item, index) => ({ item, key: index + (moves[index % moves.length] ?? 0) }));
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}

const moves = fc.array(fc.integer({ min: 0, max: FAR }), { minLength: 1, maxLength: 50 });

/** A dialogue as it is sent: each segment says how far the other side's bytes have come. */
interface Spoken {
  readonly side: 'C' | 'S';
  readonly text: string;
}

const dialogue = fc.array(
  fc.record({ side: fc.constantFrom('C' as const, 'S' as const), text: fc.stringMatching(/^[a-z]{1,9}$/) }),
  { minLength: 1, maxLength: 120 },
);

function segmentsOf(spoken: readonly Spoken[], start: Readonly<Record<'C' | 'S', number>>): string[] {
  const next = { ...start };
  return spoken.map(({ side, text }) => {
    const line = `${side} ${next[side]} ${next[side === 'C' ? 'S' : 'C']} "${text}"`;
    next[side] = (next[side] + text.length) % 2 ** 32;
    return line;
  });
}

function textOf(spoken: readonly Spoken[], side: 'C' | 'S'): string {
  return spoken.map((one) => (one.side === side ? one.text : '')).join('');
}

/** What the two ends said; anything else than that is an event of its own. */
async function heard(packets: readonly CapturedPacket[]): Promise<{ C: string; S: string; others: string[] }> {
  const { events } = await eventsOf(pcap(packets));
  const said = { C: '', S: '', others: [] as string[] };
  for (const event of events) {
    if (event.kind === 'bytes') said[event.from === 'initiator' ? 'C' : 'S'] += event.bytes.toString('latin1');
    else said.others.push(event.kind);
  }
  return said;
}

describe('reordering', () => {
  const opening = ['C SYN 4294967195', 'S SYN 4294967095 4294967196'];
  const start = { C: 4294967196, S: 4294967096 };

  test('segments that overtake each other, the handshake behind them', async () => {
    await fc.assert(
      fc.asyncProperty(dialogue, moves, async (spoken, far) => {
        const packets = displaced(packetsOf(segmentsOf(spoken, start)), far);
        const said = await heard([...packetsOf(opening), ...packets]);
        expect(said).toEqual({ C: textOf(spoken, 'C'), S: textOf(spoken, 'S'), others: ['opened', 'closed'] });
      }),
    );
  });

  test('a connection without its beginning', async () => {
    await fc.assert(
      fc.asyncProperty(dialogue, moves, async (spoken, far) => {
        const { C, S } = await heard(displaced(packetsOf(segmentsOf(spoken, start)), far));
        expect([C, S].sort()).toEqual([textOf(spoken, 'C'), textOf(spoken, 'S')].sort());
      }),
    );
  });

  test('segments that come again, cut otherwise', async () => {
    const again = fc.array(fc.tuple(fc.nat(200), fc.nat(200), fc.integer({ min: 1, max: 40 })), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(dialogue, again, moves, async (spoken, repeated, far) => {
        const text = textOf(spoken, 'C');
        const lines = segmentsOf(spoken, start);
        for (const [at, from, length] of repeated) {
          const part = text.slice(from, from + length);
          if (part) lines.splice(at % (lines.length + 1), 0, `C ${(start.C + from) % 2 ** 32} ${start.S} "${part}"`);
        }
        const said = await heard([...packetsOf(opening), ...displaced(packetsOf(lines), far)]);
        expect(said).toEqual({ C: text, S: textOf(spoken, 'S'), others: ['opened', 'closed'] });
      }),
    );
  });

  test('a download whose missing segment comes again after ten thousand others', async () => {
    const piece = 'x'.repeat(100);
    const later = Array.from({ length: 10_000 }, (_, index) => [
      `S ${600 + index * 100} 100 "${piece}"`,
      'C 100 500',
    ]).flat();
    const said = await heard(packetsOf(['C SYN 99', 'S SYN 499 100', ...later, `S 500 100 "${piece}"`]));
    expect(said.S).toHaveLength(1_000_100);
    expect(said.others).toEqual(['opened', 'closed']);
  });
});

describe('reordered captures', () => {
  // In bigtransfer, more than two thirds of a turn of the sequence numbers are missing between packets: they mean nothing out of order.
  test.each(truthNames().filter((name) => name !== 'bigtransfer'))('%s', async (name) => {
    const inOrder = await readStreams(name);
    const { packets, linkType } = await truthPackets(name);
    await fc.assert(
      fc.asyncProperty(moves, async (far) => {
        const { streams } = await streamsOf([pcap(displaced(packets, far), { linkType })]);
        expect(streams).toEqual(inOrder.streams);
      }),
      { numRuns: 10 },
    );
  });
});

describe('two clocks', () => {
  test('replies captured long before what they answer stand behind it, and the ends in their order', async () => {
    const told = await toldOf(
      packetsOf([
        'S SYN 499 100 @0',
        'S 500 100 "220 hi" @1',
        'S 506 104 "331" @2',
        'S FIN 509 109 @3',
        ...Array.from({ length: 40 }, (_, index) => `S1001 ${5000 + index} 9 "x" @${4 + index * 100}`),
        'C SYN 99 @5000',
        'C 100 506 "USER" @5001',
        'C 104 509 "QUIT" @5002',
        'C FIN 108 509 @5003',
      ]),
    );
    expect(told.filter((line) => line.startsWith('1:'))).toEqual([
      '1: 10.0.0.1:1000 > 10.0.0.2:21',
      '1: S "220 hi"',
      '1: C "USER"',
      '1: S "331"',
      '1: C "QUIT"',
      '1: C fin',
      '1: S fin',
      '1: closed: ended',
    ]);
  });
});
