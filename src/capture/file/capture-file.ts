// A capture file of any kind, told by its first bytes: pcap or pcapng, gzipped or not. Hands its packets on.
import { CaptureError, type CaptureNotice, type TellNotice } from '../capture-error.js';
import { gunzip, isGzip } from './gunzip.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { PCAP_HEADER_BYTES, PcapFile, pcapVariant } from './pcap-file.js';
import { isPcapng, PcapngFile } from './pcapng-file.js';

/** So much is read between two batches of events. */
const MAX_STEP_BYTES = 256 * 1024;

/** What is taken for a capture and is none, by its first bytes, in words for the one who took it. */
const KNOWN: readonly (readonly [magic: string, what: string])[] = [
  ['snoop\0\0\0', 'a snoop capture (convert it with editcap)'],
  ['GMBU', 'a capture of Microsoft Network Monitor (convert it with editcap)'],
  ['RTSS', 'a capture of Microsoft Network Monitor 1 (convert it with editcap)'],
  ['\x34\xcd\xb2\xa1', 'a pcap file in the form of an old Linux patch (convert it with editcap)'],
  ['\xa1\xb2\xcd\x34', 'a pcap file in the form of an old Linux patch (convert it with editcap)'],
  ['\xfd7zXZ\0', 'a file compressed with xz (unpack it first)'],
  ['BZh', 'a file compressed with bzip2 (unpack it first)'],
  ['\x28\xb5\x2f\xfd', 'a file compressed with zstd (unpack it first)'],
  ['\x04\x22\x4d\x18', 'a file compressed with lz4 (unpack it first)'],
  ['PK\x03\x04', 'a zip archive (unpack it first)'],
  ['\x1f\x8b', 'a file gzipped twice (unpack it first)'],
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
  try {
    for await (const chunk of uncompressed(file)) {
      let from = 0;
      if (!format) [format, from] = open(chunk, sink);
      for (; from < chunk.length; from += MAX_STEP_BYTES) {
        format.push(chunk.subarray(from, from + MAX_STEP_BYTES));
        yield;
      }
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

/** What reads a file that begins so, and where its records begin. */
function open(head: Buffer, sink: PacketSink): [format: CaptureFormat, recordsFrom: number] {
  if (isPcapng(head)) return [new PcapngFile(sink), 0];
  const variant = pcapVariant(head);
  if (!variant)
    throw new CaptureError(
      `this is neither a transcript (proxy -w) nor a capture (pcap, pcapng): it looks like ${fileKind(head)}`,
    );
  if (head.length < PCAP_HEADER_BYTES)
    throw new CaptureError('the capture is cut in its header: there is nothing in it');
  return [new PcapFile(head.subarray(0, PCAP_HEADER_BYTES), variant, sink), PCAP_HEADER_BYTES];
}

async function* uncompressed(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = withWholeHead(file);
  const first = await whole.next();
  if (first.done) return;
  const from = resumed(first.value, whole);
  yield* isGzip(first.value) ? withWholeHead(gunzip(from)) : from;
}

async function* resumed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** The same bytes, with a first chunk that is long enough to tell what they are, unless there are no more. */
async function* withWholeHead(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let whole = false;
  for await (const chunk of file) {
    if (whole) {
      yield chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < PCAP_HEADER_BYTES) continue;
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
