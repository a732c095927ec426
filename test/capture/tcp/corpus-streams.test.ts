// Every stream of the real captures, byte for byte: what was sent, and what of it the capture lacks.
import { describe, expect, test } from 'vitest';
import { truthNames } from '../../support/corpus.js';
import { readStreams, trueStreams } from './corpus-streams.js';

/** A download of 5.4 GB of which ten segments were captured. The truth reckons as if sequence numbers had not wrapped, and so lacks four of them. */
const WRAPPED = '192.168.56.101|37150 > 192.168.56.1|59764';

describe('the TCP streams of real captures', () => {
  test.each(truthNames())('%s', async (name) => {
    const { streams } = await readStreams(name);
    const truth = trueStreams(name);
    truth.delete(WRAPPED);
    expect(Object.fromEntries([...truth.keys()].map((key) => [key, streams.get(key)]))).toEqual(
      Object.fromEntries(truth),
    );
  });

  test('a transfer that goes once around the sequence numbers, with holes of up to 1.9 GB', async () => {
    const { streams } = await readStreams('bigtransfer');
    const stream = streams.get(WRAPPED);
    const missing = stream?.gaps.reduce((sum, gap) => sum + gap.missing, 0) ?? 0;
    expect(stream?.bytes).toBe(14480 + 7 * 752 + 2896 + 1182);
    // From the first byte's number, over the wrap to the FIN's, and once around.
    expect((stream?.bytes ?? 0) + missing).toBe(2 * 2 ** 32 + 741174212 - 3914442134);
  });
});
