// What reassembly tells of segments, both written as lines: a test of it reads as a transcript.
import { expect } from 'vitest';
import type { CaptureNotice } from '../../../src/capture/capture-error.js';
import type { ConnectionEvent } from '../../../src/capture/connection-event.js';
import { connectionEvents } from '../../../src/capture/read-capture.js';
import { formatEndpoint } from '../../../src/protocol/endpoint.js';
import { type CapturedPacket, pcap } from '../capture-files.js';
import { ethernet, ipv4, tcpSegment } from '../frames.js';

const SEGMENT =
  /^(?<side>[CS])(?<port>\d*)(?<flags>(?: (?:SYN|ACK|FIN|RST))*) (?<seq>\d+)(?: (?<ack>\d+))?(?: "(?<text>.*)")?(?: -(?<missing>\d+))?(?: @(?<at>\d+))?$/s;

/**
 * A packet from its line: side (C or S, with a client's port if it is not 1000), SYN FIN RST, sequence number, acknowledgement, "payload",
 * -N for N bytes of its end that were not captured, @N for its time in milliseconds. Without a time it comes a millisecond after the one before.
 */
export function packetsOf(lines: readonly string[]): CapturedPacket[] {
  let clock = 0;
  return lines.map((line) => {
    const { side, port, flags = '', seq, ack, text = '', missing, at } = SEGMENT.exec(line)?.groups ?? {};
    if (!side) throw new Error(`no segment: ${line}`);
    clock = at ? Number(at) : clock + 1;
    const client = Number(port || 1000);
    const [sourcePort, destinationPort] = side === 'C' ? [client, 21] : [21, client];
    const letters =
      flags
        .split(' ')
        .map((flag) => flag.charAt(0))
        .join('') + (ack && !flags.includes('ACK') ? 'A' : '');
    const payload = text.replaceAll('\\r\\n', '\r\n');
    const segment = tcpSegment({
      sourcePort,
      destinationPort,
      sequence: Number(seq),
      acknowledgement: Number(ack ?? 0),
      flags: letters,
      payload,
    });
    const [source, destination] = side === 'C' ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
    const frame = ethernet(ipv4(segment, { source, destination }));
    return { bytes: frame.subarray(0, frame.length - Number(missing ?? 0)), at: clock, originalLength: frame.length };
  });
}

/** Expects what is told of these segments, line by line. */
export async function expectTold(segments: readonly string[], told: readonly string[]): Promise<void> {
  expect(await toldOf(packetsOf(segments))).toEqual(told);
}

export async function toldOf(packets: readonly CapturedPacket[]): Promise<string[]> {
  const { events } = await eventsOf(pcap(packets));
  const many = new Set(events.map((event) => event.connection)).size > 1;
  return events.map((event) => (many ? `${event.connection.number}: ` : '') + lineOf(event));
}

/** All that is told of a file. Bytes are copied, as they hold only until the next batch. */
export async function eventsOf(file: Buffer): Promise<{ events: ConnectionEvent[]; notices: CaptureNotice[] }> {
  const events: ConnectionEvent[] = [];
  const notices: CaptureNotice[] = [];
  for await (const batch of connectionEvents(inOne(file), (notice) => notices.push(notice))) {
    for (const event of batch)
      events.push(event.kind === 'bytes' ? { ...event, bytes: Buffer.from(event.bytes) } : event);
  }
  return { events, notices };
}

async function* inOne(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

function lineOf(event: ConnectionEvent): string {
  const side = 'from' in event ? (event.from === 'initiator' ? 'C' : 'S') : '';
  switch (event.kind) {
    case 'opened': {
      const { initiator, responder, sawHandshake } = event.connection;
      return `${formatEndpoint(initiator)} > ${formatEndpoint(responder)}${sawHandshake ? '' : ', already open'}`;
    }
    case 'bytes':
      return `${side} "${event.bytes.toString('latin1').replaceAll('\r\n', '\\r\\n')}"`;
    case 'lost':
      return `${side} lost ${event.bytes}`;
    case 'conflict':
      return `${side} conflict ${event.bytes}`;
    case 'secured':
      return `secured: ${event.tls.protocol}`;
    case 'ended':
      return `${side} ${event.how}`;
    case 'closed':
      return `closed: ${event.why}${event.connection.answered ? '' : ', unanswered'}`;
  }
}
