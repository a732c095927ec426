// A capture of many sessions and much data, for the bench: written as fast as the disk takes it, by our own maker of packets.
import { open } from 'node:fs/promises';
import { ExportedConnection } from '../../src/capture/export/exported-connection.js';
import { openingBlocks, packetBlock } from '../../src/capture/export/pcapng-blocks.js';
import type { Side } from '../../src/dialogue/observation.js';

export const CAPTURE_SESSIONS = 200;
const TRANSFERS = 5;
/** Sessions that go on at the same time, as on a busy server. */
const AT_ONCE = 20;
const PIECE_BYTES = 16 * 1024;
const SMALL_FILE_BYTES = 342;
const FLUSH_BYTES = 4 * 1024 * 1024;
const SERVER = { address: '192.0.2.21', port: 21 };
/** What a transfer costs besides: IP and TCP headers, block headers, acknowledgments, handshakes. */
const OVERHEAD = 1.062;

export interface BigCapture {
  readonly bytes: number;
  readonly commands: number;
  readonly replies: number;
  readonly transfers: number;
}

/** Writes about that many bytes. */
export async function writeBigCapture(path: string, bytes: number): Promise<BigCapture> {
  const file = await open(path, 'wx', 0o600);
  const made = { bytes: 0, commands: 0, replies: 0, transfers: CAPTURE_SESSIONS * TRANSFERS };
  let blocks = [openingBlocks('the bench', 'made by the bench')];
  let waiting = 0;
  let at = Date.UTC(2025, 10, 22, 12);
  const flush = async () => {
    const piece = Buffer.concat(blocks);
    blocks = [];
    waiting = 0;
    made.bytes += piece.length;
    await file.write(piece);
  };
  try {
    const payloadBytes = Math.floor(bytes / OVERHEAD / made.transfers);
    for (const packets of interleaved(payloadBytes, made)) {
      at += 0.01;
      for (const packet of packets) {
        const block = packetBlock(at, packet, null);
        blocks.push(block);
        waiting += block.length;
      }
      if (waiting >= FLUSH_BYTES) await flush();
    }
    await flush();
  } finally {
    await file.close();
  }
  return made;
}

/** Small sessions, all at once, each with as many downloads from the same ports of one server. */
export async function writeManySessions(path: string, sessions: number, transfers: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  const counts = { commands: 0, replies: 0 };
  try {
    await file.write(openingBlocks('the bench', 'made by the bench'));
    let running = Array.from({ length: sessions }, (_, index) => {
      const address = `10.20.${index >> 8}.${index & 255}`;
      const ports = Array.from({ length: transfers }, (__, transfer) => 50_000 + transfer);
      return conversation({ number: index, address, ports, payloadBytes: SMALL_FILE_BYTES }, counts);
    });
    for (let at = Date.UTC(2025, 10, 22, 12); running.length > 0; at += 10) {
      const turns = running.map((one) => ({ one, turn: one.next() }));
      const packets = turns.flatMap(({ turn }) => (turn.done ? [] : turn.value));
      await file.write(Buffer.concat(packets.map((packet) => packetBlock(at, packet, null))));
      running = turns.filter(({ turn }) => !turn.done).map(({ one }) => one);
    }
  } finally {
    await file.close();
  }
}

type Packets = readonly Buffer[];
type Counts = { commands: number; replies: number };

/** Sessions in groups, each group's packets by turns. */
function* interleaved(payloadBytes: number, counts: Counts): Generator<Packets> {
  for (let first = 0; first < CAPTURE_SESSIONS; first += AT_ONCE) {
    let running = Array.from({ length: AT_ONCE }, (_, index) => session(first + index, payloadBytes, counts));
    while (running.length > 0) {
      const turns = running.map((one) => ({ one, turn: one.next() }));
      for (const { turn } of turns) if (!turn.done) yield turn.value;
      running = turns.filter(({ turn }) => !turn.done).map(({ one }) => one);
    }
  }
}

function session(number: number, payloadBytes: number, counts: Counts): Generator<Packets> {
  const ports = Array.from({ length: TRANSFERS }, (_, transfer) => 50_000 + number * TRANSFERS + transfer);
  return conversation({ number, address: `198.51.100.${number % 250}`, ports, payloadBytes }, counts);
}

interface Conversation {
  readonly number: number;
  /** The client's. */
  readonly address: string;
  /** The server's, one for each download. */
  readonly ports: readonly number[];
  readonly payloadBytes: number;
}

function* conversation({ number, address, ports, payloadBytes }: Conversation, counts: Counts): Generator<Packets> {
  const connection = new ExportedConnection(
    { client: { address, port: 40_000 + number }, server: SERVER },
    number * 7919,
  );
  const say = (from: Side, line: string): Packets => {
    counts[from === 'client' ? 'commands' : 'replies'] += 1;
    return connection.send(from, Buffer.from(`${line}\r\n`, 'latin1'));
  };
  yield connection.open('client');
  yield say('server', '220 Welcome');
  for (const [asked, answered] of [
    ['USER bench', '331 Password?'],
    ['PASS bench', '230 Logged in'],
    ['TYPE I', '200 Binary'],
  ] as const) {
    yield say('client', asked);
    yield say('server', answered);
  }
  for (const [transfer, port] of ports.entries()) {
    yield say('client', 'PASV');
    yield say(
      'server',
      `227 Entering Passive Mode (${SERVER.address.replaceAll('.', ',')},${port >> 8},${port & 255})`,
    );
    yield say('client', `RETR file-${number}-${transfer}.bin`);
    const data = new ExportedConnection(
      {
        client: { address, port: 30_000 + ((number * ports.length + transfer) % 10_000) },
        server: { ...SERVER, port },
      },
      port * 1009,
    );
    yield data.open('client');
    yield say('server', '150 Here it comes');
    yield* content(data, payloadBytes, number * ports.length + transfer);
    yield data.finish('server');
    yield say('server', '226 Done');
  }
  yield say('client', 'QUIT');
  yield say('server', '221 Goodbye');
  yield connection.finish('server');
}

function* content(data: ExportedConnection, bytes: number, seed: number): Generator<Packets> {
  const piece = Buffer.alloc(PIECE_BYTES, `${seed} `);
  for (let sent = 0; sent < bytes; sent += piece.length) {
    yield data.send('server', piece.subarray(0, Math.min(piece.length, bytes - sent)));
  }
}
