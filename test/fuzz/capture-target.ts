// Whole real captures, mutated packet by packet: lost, doubled, out of order, cut short, changed, addressed to others. Whatever comes of it,
// reading ends without an error of ours, and cut in two the file says the same.
import { CaptureError } from '../../src/capture/capture-error.js';
import { readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { type CapturedPacket, pcap } from '../capture/capture-files.js';
import { truthPackets } from '../capture/tcp/corpus-streams.js';
import type { Chance } from '../support/chance.js';
import { truthNames } from '../support/corpus.js';
import { mustBeInOrder, mustBeShown } from './observations.js';
import { must, type Target } from './target.js';

const MAX_PACKETS = 400;
const NAMES = truthNames().filter((name) => name !== 'cwd-navigation');
const loaded = new Map<string, Promise<Awaited<ReturnType<typeof truthPackets>>>>();

export const captureTarget: Target = {
  name: 'captures',
  make: async (chance) => {
    const name = chance.from(NAMES);
    const load = loaded.get(name) ?? truthPackets(name);
    loaded.set(name, load);
    const { packets, linkType } = await load;
    return pcap(mutated(packets.slice(0, MAX_PACKETS), chance), { linkType });
  },
  run: async (input) => {
    const observations = await read([input]);
    if (observations === null) return;
    mustBeInOrder(observations);
    mustBeShown(observations);
    const cut = Math.floor(input.length / 3);
    const again = await read([input.subarray(0, cut), input.subarray(cut)]);
    must(again !== null && inAnyOrder(observations) === inAnyOrder(again), 'in two pieces it reads otherwise');
  },
};

function mutated(packets: readonly CapturedPacket[], chance: Chance): CapturedPacket[] {
  const all = [...packets];
  for (let mutations = chance.below(12); mutations > 0 && all.length > 0; mutations -= 1) {
    const at = chance.below(all.length);
    const packet = all[at];
    if (packet === undefined) continue;
    all.splice(at, 1, ...mutation(packet, chance));
    if (chance.oneIn(4)) swap(all, at, chance.below(all.length + 1));
  }
  return all;
}

/** What stands in the place of a packet. */
function mutation(packet: CapturedPacket, chance: Chance): CapturedPacket[] {
  switch (chance.below(7)) {
    case 0:
      return [];
    case 1:
      return [packet, packet];
    case 2:
      return [{ ...packet, bytes: packet.bytes.subarray(0, chance.below(packet.bytes.length + 1)) }];
    case 3:
      return [{ ...packet, originalLength: packet.bytes.length + chance.below(2000) }];
    case 4:
      return [{ ...packet, at: chance.below(2 ** 31) * 1000 }];
    default:
      return [{ ...packet, bytes: withChangedBytes(packet.bytes, chance) }];
  }
}

/** Headers decide more than contents: half of the changes are in the first 60 bytes. */
function withChangedBytes(bytes: Buffer, chance: Chance): Buffer {
  const changed = Buffer.from(bytes);
  for (let changes = 1 + chance.below(4); changes > 0 && changed.length > 0; changes -= 1) {
    changed[chance.below(chance.oneIn(2) ? Math.min(60, changed.length) : changed.length)] = chance.below(256);
  }
  return changed;
}

function swap(packets: CapturedPacket[], one: number, other: number): void {
  const [first, second] = [packets[one], packets[other]];
  if (first === undefined || second === undefined) return;
  packets[one] = second;
  packets[other] = first;
}

/** Where a clock runs backwards, whose turn it is depends on what was read together, and with it the sessions' numbers. */
function inAnyOrder(observations: readonly Observation[]): string {
  return observations
    .map((observation) => JSON.stringify({ ...observation, session: 0 }))
    .sort()
    .join('\n');
}

/** Null when it is no capture. */
async function read(chunks: readonly Buffer[]): Promise<readonly Observation[] | null> {
  const observations: Observation[] = [];
  async function* file() {
    yield* chunks;
  }
  try {
    for await (const batch of readCapture(file(), { showSecrets: false, notice: () => {} }))
      observations.push(...batch);
  } catch (error) {
    if (error instanceof CaptureError) return null;
    throw error;
  }
  return observations;
}
