// What the truth of the real captures says of TCP streams, and the same as read by us, in one form to be compared.
import { createHash, type Hash } from 'node:crypto';
import type { CaptureNotice } from '../../../src/capture/capture-error.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../../../src/capture/connection-event.js';
import { readPackets } from '../../../src/capture/file/capture-file.js';
import { connectionEvents } from '../../../src/capture/read-capture.js';
import { openCapture, readTruth, type TruePayload } from '../../support/corpus.js';
import type { CapturedPacket } from '../capture-files.js';

/** By `address|port > address|port`, in the direction of the bytes. */
export type Streams = Map<string, TruePayload>;

export function trueStreams(name: string): Streams {
  const streams: Streams = new Map();
  const { control, data } = readTruth(name);
  for (const { client, server, bytes, sha256, gaps } of control) {
    streams.set(`${client} > ${server}`, { bytes: bytes.C, sha256: sha256.C, gaps: gaps.C });
    streams.set(`${server} > ${client}`, { bytes: bytes.S, sha256: sha256.S, gaps: gaps.S });
  }
  for (const { opener, listener, payload } of data) {
    streams.set(`${opener} > ${listener}`, only(payload.opener_to_listener));
    streams.set(`${listener} > ${opener}`, only(payload.listener_to_opener));
  }
  return streams;
}

function only({ bytes, sha256, gaps }: TruePayload): TruePayload {
  return { bytes, sha256, gaps };
}

/** The streams of a corpus capture, read by us. */
export function readStreams(name: string): Promise<{ streams: Streams; notices: CaptureNotice[] }> {
  return streamsOf(openCapture(readTruth(name)));
}

/** The packets of a corpus capture, with the link type of the last. */
export async function truthPackets(name: string): Promise<{ packets: CapturedPacket[]; linkType: number }> {
  const packets: CapturedPacket[] = [];
  let linkType = 1;
  const sink = {
    packet: (bytes: Buffer, at: number, type: number, originalLength: number) => {
      packets.push({ bytes: Buffer.from(bytes), at, originalLength });
      linkType = type;
    },
  };
  for await (const _ of readPackets(openCapture(readTruth(name)), sink, () => {}));
  return { packets, linkType };
}

interface Reading {
  bytes: number;
  readonly hash: Hash;
  readonly gaps: { at: number; missing: number }[];
}

export async function streamsOf(
  file: AsyncIterable<Buffer> | readonly Buffer[],
): Promise<{ streams: Streams; notices: CaptureNotice[] }> {
  const readings = new Map<CapturedConnection, Record<ConnectionEnd, Reading>>();
  const notices: CaptureNotice[] = [];
  for await (const batch of connectionEvents(chunksOf(file), (notice) => notices.push(notice))) {
    for (const event of batch) note(readings, event);
  }
  const streams: Streams = new Map();
  for (const [{ initiator, responder }, reading] of readings) {
    const names = [initiator, responder].map(({ address, port }) => `${address}|${port}`);
    streams.set(names.join(' > '), finished(reading.initiator));
    streams.set(names.reverse().join(' > '), finished(reading.responder));
  }
  return { streams, notices };
}

async function* chunksOf(file: AsyncIterable<Buffer> | readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* file;
}

function note(readings: Map<CapturedConnection, Record<ConnectionEnd, Reading>>, event: ConnectionEvent): void {
  if (event.kind === 'opened') {
    readings.set(event.connection, { initiator: newReading(), responder: newReading() });
    return;
  }
  const reading = 'from' in event ? readings.get(event.connection)?.[event.from] : undefined;
  if (!reading) return;
  if (event.kind === 'bytes') {
    reading.bytes += event.bytes.length;
    reading.hash.update(event.bytes);
  } else if (event.kind === 'lost') addGap(reading, event.bytes);
}

function newReading(): Reading {
  return { bytes: 0, hash: createHash('sha256'), gaps: [] };
}

/** A hole may be told in several parts. */
function addGap({ bytes, gaps }: Reading, missing: number): void {
  const last = gaps.at(-1);
  if (last?.at === bytes) last.missing += missing;
  else gaps.push({ at: bytes, missing });
}

function finished({ bytes, hash, gaps }: Reading): TruePayload {
  return { bytes, sha256: hash.digest('hex'), gaps };
}
