// A capture file of any kind, told by its first bytes: pcap, pcapng or snoop, packed or not, and several of them one behind the other.
// Hands its packets on.
import { CaptureError, type CaptureNotice, type TellNotice } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { PCAP_HEADER_BYTES, PcapFile } from './pcap-file.js';
import { enoughForVariant, pcapVariant } from './pcap-variant.js';
import { PcapngFile } from './pcapng-file.js';
import { isPcapng } from './pcapng-format.js';
import { isSnoop, SNOOP_HEADER_BYTES, SnoopFile } from './snoop-file.js';
import { PACKING_BYTES, packingOf, unpack } from './unpack.js';

/** So much is read between two batches of events. */
const MAX_STEP_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** What is taken for a capture and is none, by its first bytes, in words for the one who took it. */
const KNOWN: readonly (readonly [magic: string, what: string])[] = [
  ['GMBU', 'a capture of Microsoft Network Monitor (convert it with editcap)'],
  ['RTSS', 'a capture of Microsoft Network Monitor 1 (convert it with editcap)'],
  ['\xfd7zXZ\0', 'a file compressed with xz (unpack it first)'],
  ['BZh', 'a file compressed with bzip2 (unpack it first)'],
  ['\x28\xb5\x2f\xfd', 'a file packed twice (unpack it first)'],
  ['\x04\x22\x4d\x18', 'a file compressed with lz4 (unpack it first)'],
  ['PK\x03\x04', 'a zip archive (unpack it first)'],
  ['\x1f\x8b', 'a file packed twice (unpack it first)'],
  ['\x7fELF', 'a program'],
];

/**
 * Reads a capture's packets into the sink; gives control back after each step, so that its caller can hand on what they became.
 * Throws CaptureError when it is no capture. When it breaks off later, what was whole is read, and a notice says where it ended.
 */
export async function* readPackets(
  file: AsyncIterable<Buffer>,
  sink: PacketSink,
  notice: TellNotice,
): AsyncGenerator<void> {
  let format: CaptureFormat | null = null;
  /** The beginning of a file that is too short yet to tell what it is. */
  let waiting: Buffer = NOTHING;
  try {
    for await (const chunk of uncompressed(file)) {
      let rest = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      waiting = NOTHING;
      while (rest.length > 0) {
        if (format === null || format.isOver) {
          if (!isWholeHead(rest)) break;
          [format, rest] = open(rest, sink);
        }
        const step = rest.subarray(0, MAX_STEP_BYTES);
        const other = format.push(step);
        rest = rest.subarray(step.length);
        if (other !== null) rest = Buffer.concat([other, rest]);
        yield;
      }
      waiting = rest;
    }
    while (waiting.length > 0) {
      [format, waiting] = open(waiting, sink);
      waiting = format.push(waiting) ?? NOTHING;
      yield;
    }
  } catch (error) {
    if (!format || !(error instanceof CaptureError)) throw error;
    notice(brokenOff(format, error.message));
    return;
  }
  if (!format) throw new CaptureError('the file is empty');
  if (!format.isWhole) notice(brokenOff(format, 'the file is cut there'));
}

function brokenOff(format: CaptureFormat, why: string): CaptureNotice {
  return { kind: 'incomplete', text: `the capture breaks off ${format.place}: ${why}` };
}

/** Whether there is enough of a file to tell how it is to be read. More makes those wait who read a stream live. */
function isWholeHead(head: Buffer): boolean {
  return head.length >= PCAP_HEADER_BYTES && enoughForVariant(head);
}

/** What reads a file that begins so, and its records. */
function open(head: Buffer, sink: PacketSink): [format: CaptureFormat, records: Buffer] {
  if (isPcapng(head)) return [new PcapngFile(sink), head];
  if (isSnoop(head) && head.length >= SNOOP_HEADER_BYTES) {
    return [new SnoopFile(head, sink), head.subarray(SNOOP_HEADER_BYTES)];
  }
  const variant = pcapVariant(head);
  if (!variant && !isSnoop(head)) {
    throw new CaptureError(
      `this is neither a transcript (proxy -w) nor a capture (pcap, pcapng, snoop): it looks like ${fileKind(head)}`,
    );
  }
  if (!variant || head.length < PCAP_HEADER_BYTES)
    throw new CaptureError('the capture is cut in its header: there is nothing in it');
  return [new PcapFile(head.subarray(0, PCAP_HEADER_BYTES), variant, sink), head.subarray(PCAP_HEADER_BYTES)];
}

async function* uncompressed(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = withStart(file);
  const first = await whole.next();
  if (first.done) return;
  const packing = packingOf(first.value);
  const from = resumed(first.value, whole);
  yield* packing === null ? from : unpack(from, packing);
}

async function* resumed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** The same bytes, with a first chunk that is long enough to tell how they are packed, unless there are no more. */
async function* withStart(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = NOTHING;
  let whole = false;
  for await (const chunk of file) {
    if (whole) {
      yield chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < PACKING_BYTES) continue;
    whole = true;
    yield head;
  }
  if (!whole && head.length > 0) yield head;
}

function fileKind(head: Buffer): string {
  const start = head.toString('latin1', 0, 64);
  const known = KNOWN.find(([magic]) => start.startsWith(magic));
  if (known) return known[1];
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(start)
    ? 'text'
    : `binary data (it begins with ${head.toString('hex', 0, 8)})`;
}
