// Real captures with packets taken out: what is told lies where it was, and every byte that is not told is told of as lost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureNames } from '../../support/corpus.js';
import { type CapturedPacket, pcap } from '../capture-files.js';
import { truthPackets } from './corpus-streams.js';
import { eventsOf } from './told.js';

/** Too long, full of holes of their own, or without a whole connection. */
const LEFT_OUT = ['bigtransfer', 'cwd-navigation', 'fragmented-3'];
const names = captureNames().filter((name) => !LEFT_OUT.includes(name));

/** What each direction of each connection said, by its endpoints; lost bytes are null. */
async function streamsOf(
  packets: readonly CapturedPacket[],
  linkType: number,
): Promise<Map<string, (number | null)[]>> {
  const { events } = await eventsOf(pcap(packets, { linkType }));
  const streams = new Map<string, (number | null)[]>();
  for (const event of events) {
    if (event.kind !== 'bytes' && event.kind !== 'lost') continue;
    const { initiator, responder } = event.connection;
    const ends = [initiator, responder].map(({ address, port }) => `${address}|${port}`);
    const name = (event.from === 'initiator' ? ends : ends.reverse()).join(' > ');
    const stream = streams.get(name) ?? [];
    streams.set(name, stream);
    if (event.kind === 'bytes') stream.push(...event.bytes);
    else stream.push(...Array.from({ length: event.bytes }, () => null));
  }
  return streams;
}

describe('captures with missing packets', () => {
  test.each(names)('%s', async (name) => {
    const { packets, linkType } = await truthPackets(name);
    const whole = await streamsOf(packets, linkType);
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(9)), async (dice) => {
        // Without the handshake nobody knows where a stream begins.
        const kept = packets.filter((packet) => isSmall(packet) || dice.next().value !== 0);
        for (const [direction, told] of await streamsOf(kept, linkType)) {
          const truth = whole.get(direction) ?? [];
          const wrong = told.findIndex((byte, at) => byte !== null && byte !== truth[at]);
          expect({ direction, wrong }).toEqual({ direction, wrong: -1 });
          expect(told.length).toBeLessThanOrEqual(truth.length);
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** Small packets carry no payload, or little: handshakes are among these. */
function isSmall({ bytes }: CapturedPacket): boolean {
  return bytes.length < 100;
}
