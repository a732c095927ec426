// Peers that send without ever reading, and payload stores that are slow: everything is bounded, and everybody waits for it.
import { describe, expect, test } from 'vitest';
import type { PayloadStore } from '../../src/dialogue/payload-sink.js';
import { connectPeer, listenForPeers, type Peer, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, meanwhile, poll } from './watched-proxy.js';

leavesNothingOpen();

const MEBIBYTE = 1024 * 1024;

/** Writes for ever, as fast as it is taken. */
function flood(peer: Peer, chunk: Buffer): { bytes: number } {
  const written = { bytes: 0 };
  const write = (): void => {
    if (peer.socket.destroyed) return;
    written.bytes += chunk.length;
    if (peer.socket.write(chunk)) setImmediate(write);
    else peer.socket.once('drain', write);
  };
  write();
  return written;
}

/** Until nothing more has been taken for a while. */
async function stalled(written: { readonly bytes: number }): Promise<void> {
  let before = -1;
  let still = 0;
  await poll(() => {
    still = written.bytes === before ? still + 1 : 0;
    before = written.bytes;
    return still > 40;
  }, 'the sender to stall');
}

test('a client that asks for ever and reads nothing is read no further', async () => {
  const { client, server } = await greetedSession({ answers: { HELP: `214-${'x'.repeat(1000)}\r\n214 end` } });
  client.socket.pause();
  const written = flood(client, Buffer.from('HELP\r\n'.repeat(1000)));
  await stalled(written);
  expect(written.bytes).toBeLessThan(24 * MEBIBYTE);
  expect(server.lines.length).toBeLessThan(100_000);
  // It reads again, and is answered again.
  const before = server.lines.length;
  client.socket.resume();
  await poll(() => server.lines.length > before + 1000, 'the client to be served again');
  client.reset();
});

test('commands that the server does not answer are held back at a bound', async () => {
  const { client, server, idle } = await greetedSession({ answers: { HELP: () => {} } }, { replyTimeoutMs: 500 });
  const written = flood(client, Buffer.from('HELP\r\n'.repeat(1000)));
  await stalled(written);
  expect(server.lines.length).toBeLessThan(50_000);
  expect(written.bytes).toBeLessThan(24 * MEBIBYTE);
  // A client that is not read can vanish unseen: the reply timeout ends its session.
  client.reset();
  await idle();
});

test('a server that talks unasked for ever does not fill the proxy', async () => {
  const { client, server, idle } = await greetedSession();
  const control = await server.accept();
  client.socket.pause();
  const written = flood(control, Buffer.from(`200 What you never asked for${'.'.repeat(10_000)}\r\n`));
  await stalled(written);
  expect(written.bytes).toBeLessThan(24 * MEBIBYTE);
  client.reset();
  control.reset();
  await idle();
});

test('a 226 behind a held reply: a server that pipelines for ever is read no further', async () => {
  const listener = await listenForPeers();
  const answers: Script['answers'] = { PASV: `227 (${listener.hostPort})`, RETR: '150 Here' };
  const { client, server, idle } = await greetedSession({ answers });
  const control = await server.accept();
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  await client.ask('RETR f');
  await listener.accept();
  // The transfer's data never ends, so its 226 is held, and everything behind it.
  const written = flood(control, Buffer.from('226 Done\r\n'.repeat(1000)));
  await stalled(written);
  expect(written.bytes).toBeLessThan(24 * MEBIBYTE);
  client.reset();
  control.reset();
  data.reset();
  await idle();
});

test('a 226 of many lines that never ends, behind data that did: its bound ends the session', async () => {
  const listener = await listenForPeers('127.0.0.1', (peer) => peer.socket.end());
  const answers: Script['answers'] = { PASV: `227 (${listener.hostPort})`, RETR: '150 Here\r\n226-Done\r\n' };
  const { client, server, idle } = await greetedSession({ answers });
  const control = await server.accept();
  await connectPeer(endpointOf227(await client.ask('PASV')));
  await client.ask('RETR f');
  const written = flood(control, Buffer.from('and on and on\r\n'.repeat(1000)));
  await stalled(written);
  expect(written.bytes).toBeLessThan(24 * MEBIBYTE);
  expect(await client.over()).toBe('ended');
  expect(client.received).toMatch(/421 The server \S+ sent a reply 226 of more than 1048576 bytes.*\r\n$/);
  control.reset();
  await idle();
});

describe('a payload store that is slow', () => {
  test('slows the transfer down, and gets every byte', async () => {
    const waiting: (() => void)[] = [];
    let stored = 0;
    const payloads: PayloadStore = {
      open: async () => ({
        write: (chunk) => {
          stored += chunk.length;
          return new Promise((resolve) => waiting.push(resolve));
        },
        soFar: { file: 'f', sha256: '' },
        finish: async () => ({ file: 'f', sha256: '' }),
      }),
    };
    const listener = await listenForPeers();
    const answers = { PASV: `227 (${listener.hostPort})`, RETR: '150 Here' };
    const { client, server, seen, endpoint } = await greetedSession({ answers }, { payloads });
    const control = await server.accept();
    const data = await connectPeer(endpointOf227(await client.ask('PASV')));
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say(Buffer.alloc(8 * MEBIBYTE, 'slow'));
    leg.socket.end();
    await poll(() => waiting.length === 1, 'the first write');
    await meanwhile(endpoint);
    // Not a byte more is taken before the store is done with the first.
    expect(stored).toBeLessThanOrEqual(256 * 1024);
    expect(waiting).toHaveLength(1);
    control.say('226 Done\r\n');
    await seen('reply', ({ code }) => code === 226);
    await meanwhile(endpoint);
    expect(client.received).not.toContain('226 Done');
    await poll(() => {
      waiting.shift()?.();
      return data.fate !== 'open';
    }, 'the end of the download');
    expect(stored).toBe(8 * MEBIBYTE);
    expect(data.received).toHaveLength(8 * MEBIBYTE);
    expect(await client.readReply()).toBe('226 Done');
  });
});
