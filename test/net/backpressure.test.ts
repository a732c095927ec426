// A peer that reads slowly slows the sender down, and nothing piles up in the proxy.
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import type { Peer } from '../support/scripted-server.js';
import { startByteMill } from './byte-mill.js';
import { endpointOf227, greetedSession, leavesNothingOpen, poll, type ScriptedSession } from './watched-proxy.js';

leavesNothingOpen();

const MEBIBYTE = 1024 * 1024;
const SIZE = 512 * MEBIBYTE;
/** What the kernel may hold in the buffers of four sockets, at its default limits, and the proxy's own share. */
const IN_FLIGHT = 32 * MEBIBYTE;

/** Watches how much the process grows. */
function watchMemory() {
  const before = process.memoryUsage().rss;
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  const timer = setInterval(look, 10);
  onTestFinished(() => clearInterval(timer));
  return {
    growth: () => {
      look();
      return most - before;
    },
  };
}

interface Reader {
  readonly socket: Socket;
  count: number;
  ended: boolean;
}

/** Counts what comes in one buffer that is used over and over; reads nothing until it is resumed. */
function openReader({ address, port }: Endpoint): Reader {
  const buffer = Buffer.alloc(256 * 1024);
  const callback = (bytes: number) => {
    reader.count += bytes;
    return true;
  };
  const socket = connect({ host: address, port, onread: { buffer, callback } });
  const reader: Reader = { socket: socket.pause(), count: 0, ended: false };
  onTestFinished(() => {
    reader.socket.destroy();
  });
  reader.socket.on('end', () => {
    reader.ended = true;
  });
  return reader;
}

/** A session whose server's data connections are those of a byte mill. A pump carries nothing in this process: flow-conformance.test.ts has it. */
async function milled(port: number): Promise<ScriptedSession & { readonly control: Peer }> {
  const PASV = `227 (127,0,0,1,${port >> 8},${port & 255})`;
  const session = await greetedSession({ answers: { PASV, RETR: '150 Here', STOR: '150 Send' } }, { pump: 'portable' });
  return { ...session, control: await session.server.accept() };
}

/** A transfer like the one that is measured, before it: buffers and code are in place then. */
async function warmUp(): Promise<void> {
  const mill = await startByteMill(64 * MEBIBYTE);
  const { client } = await milled(mill.port);
  const reader = openReader(endpointOf227(await client.ask('PASV')));
  await client.ask('RETR f');
  reader.socket.resume();
  await poll(() => reader.ended, 'the end of the warm-up', 10_000);
}

describe('memory', () => {
  test('a download of 512 MiB whose reader pauses', async () => {
    await warmUp();
    const mill = await startByteMill(SIZE);
    const { client, control } = await milled(mill.port);
    const reader = openReader(endpointOf227(await client.ask('PASV')));
    await client.ask('RETR f');
    const memory = watchMemory();
    const sent = await mill.says('stalled');
    expect(reader.count).toBe(0);
    expect(sent).toBeLessThan(IN_FLIGHT);
    reader.socket.resume();
    await poll(() => reader.ended, 'the end of the download', 15_000);
    expect(reader.count).toBe(SIZE);
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    expect(memory.growth()).toBeLessThan(32 * MEBIBYTE);
  }, 40_000);

  test('an upload of 512 MiB whose reader pauses', async () => {
    await warmUp();
    const mill = await startByteMill(0);
    const { client, control } = await milled(mill.port);
    const writer = openReader(endpointOf227(await client.ask('PASV'))).socket;
    await client.ask('STOR f');
    const memory = watchMemory();
    const sending = sendAll(writer);
    await mill.says('paused');
    // Nothing has been taken for a while: whatever can hold bytes is full.
    await poll(() => performance.now() - sending.lastAt > 150, 'the writer to stall', 10_000);
    expect(sending.bytes).toBeLessThan(IN_FLIGHT);
    mill.goOn();
    expect(await mill.says('done')).toBe(SIZE);
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    expect(memory.growth()).toBeLessThan(32 * MEBIBYTE);
  }, 40_000);
});

/** Writes SIZE bytes, the next chunk when the last was taken. */
function sendAll(socket: Socket): { bytes: number; lastAt: number } {
  const chunk = Buffer.alloc(256 * 1024, 'mill');
  const sending = { bytes: 0, lastAt: performance.now() };
  const next = (): void => {
    if (sending.bytes === SIZE) {
      socket.end();
      return;
    }
    socket.write(chunk, () => {
      sending.bytes += chunk.length;
      sending.lastAt = performance.now();
      next();
    });
  };
  next();
  return sending;
}
