// The control connections of a server of our own, with raw clients.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ControlServerOptions,
  type ServedConnection,
  type ServedEvents,
  serveControl,
} from '../../src/ends/control-server.js';
import { DEFAULT_MAX_LINE_BYTES } from '../../src/protocol/line-splitter.js';
import { Happenings } from '../support/happenings.js';
import { connectPeer } from '../support/scripted-server.js';

const LOOPBACK = { address: '127.0.0.1', port: 0 };

/** A server that tells what it hears, and a way to its newest client. */
async function listening(options: Partial<ControlServerOptions> = {}) {
  const heard: string[] = [];
  const happenings = new Happenings();
  const state = { isBusy: false };
  const clients: ServedConnection[] = [];
  const hear = (what: string) => {
    heard.push(what);
    happenings.happened();
  };
  const welcome = (connection: ServedConnection): ServedEvents => {
    clients.push(connection);
    connection.say(['220 Hello']);
    return {
      line: (line) => hear(line.kind === 'command' ? `${line.command.verb}(${line.command.argument})` : line.kind),
      isBusy: () => state.isBusy,
      idle: () => hear('idle'),
      ended: () => hear('ended'),
      over: () => hear('over'),
    };
  };
  const server = await serveControl(LOOPBACK, { maxClients: 2, idleTimeoutMs: 60_000, ...options }, welcome);
  onTestFinished(() => server.close());
  const until = (count: number) =>
    happenings.until(
      () => (heard.length >= count ? heard : undefined),
      () => `${count} events, have ${heard.join(' ')}`,
    );
  const newest = () => clients.at(-1) ?? expect.fail('nobody has come');
  return { server, heard, until, newest, state };
}

async function greeted(options: Partial<ControlServerOptions> = {}) {
  const session = await listening(options);
  const peer = await connectPeer(session.server.address, { allowHalfOpen: true });
  expect(await peer.readReply()).toBe('220 Hello');
  return { ...session, peer };
}

describe('lines', () => {
  test('become commands, whatever the chunks', async () => {
    const { peer, until } = await greeted();
    peer.say('USER a b\r\nno');
    await until(1);
    peer.say('op\n123\r\n');
    expect(await until(3)).toEqual(['USER(a b)', 'NOOP()', 'no-command']);
  });

  test('of ABOR as urgent data, whose LF never comes, are taken for whole', async () => {
    const { peer, until } = await greeted();
    peer.say('\xff\xf4\xffABOR\r');
    expect(await until(1)).toEqual(['ABOR()']);
    peer.say('\nNOOP\r\n');
    expect(await until(2)).toEqual(['ABOR()', 'NOOP()']);
  });

  test('that are too long are told of once, by the bound that was asked for', async () => {
    const { peer, until } = await greeted({ maxLineBytes: 20 });
    peer.say(`STOR ${'x'.repeat(50)}\r\nNOOP\r\n`);
    expect(await until(2)).toEqual(['too-long', 'NOOP()']);
    const usual = await greeted();
    usual.peer.say(`${'x'.repeat(DEFAULT_MAX_LINE_BYTES)}\r\nNOOP\r\n`);
    expect(await usual.until(2)).toEqual(['too-long', 'NOOP()']);
  });

  test('wait while they are not wanted', async () => {
    const { peer, heard, until, newest } = await greeted();
    newest().setReading(false);
    peer.say('NOOP\r\n');
    newest().say(['200 Not yet']);
    expect(await peer.readReply()).toBe('200 Not yet');
    expect(heard).toEqual([]);
    newest().setReading(true);
    expect(await until(1)).toEqual(['NOOP()']);
  });

  test('behind the one that let the client go are heard by nobody', async () => {
    const { peer, until, newest, heard } = await greeted();
    newest().close();
    peer.say('NOOP\r\n');
    expect(await peer.over()).toBe('ended');
    await until(1);
    expect(heard).toEqual(['over']);
  });
});

describe('replies', () => {
  test('go out with the ends that they are given', async () => {
    const { peer, newest } = await greeted();
    newest().say(['211-a', '211 b'], ['\n', '\r\n']);
    newest().say(['200 \xfc']);
    await peer.readBytes('220 Hello\r\n211-a\n211 b\r\n200 \xfc\r\n'.length);
    expect(peer.received).toBe('220 Hello\r\n211-a\n211 b\r\n200 \xfc\r\n');
  });

  test('that the client does not take are waited for, and are all there before the end', async () => {
    const { peer, newest } = await greeted();
    peer.socket.pause();
    const line = `200 ${'x'.repeat(1000)}`;
    let said = 0;
    for (; !newest().congested; said += 1) newest().say([line]);
    const taken = newest().taken();
    newest().close();
    await taken;
    peer.socket.resume();
    expect(await peer.over()).toBe('ended');
    expect(peer.received.split('\r\n')).toHaveLength(said + 2);
  });
});

describe('a client', () => {
  test('that says no more may still listen', async () => {
    const { peer, until, newest } = await greeted();
    peer.say('NOOP\r\n');
    peer.socket.end();
    expect(await until(2)).toEqual(['NOOP()', 'ended']);
    newest().say(['200 Still here']);
    expect(await peer.readReply()).toBe('200 Still here');
    newest().close();
    expect(await until(3)).toEqual(['NOOP()', 'ended', 'over']);
  });

  test('that breaks off is over, once', async () => {
    const { peer, until, server, heard } = await greeted();
    peer.reset();
    await until(1);
    while (server.clientCount > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['over']);
  });

  test('that is silent is idle, though not while something is done for it', async () => {
    const { until, state, heard, newest } = await greeted({ idleTimeoutMs: 30 });
    expect(await until(1)).toEqual(['idle']);
    state.isBusy = true;
    newest().say(['150 Busy']);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual(['idle']);
    state.isBusy = false;
    expect(await until(2)).toEqual(['idle', 'idle']);
  });

  test('beyond the bound is turned away with a word', async () => {
    const { server } = await greeted();
    await connectPeer(server.address);
    const late = await connectPeer(server.address);
    expect(await late.readReply()).toBe('421 Too many clients');
    expect(await late.over()).toBe('ended');
    expect(server.clientCount).toBe(2);
  });
});

describe('the server closes', () => {
  test('every connection in order', async () => {
    const { server, peer, newest } = await greeted();
    newest().say(['421 Bye']);
    const closed = server.close();
    expect(await peer.readReply()).toBe('421 Bye');
    expect(await peer.over()).toBe('ended');
    peer.socket.end();
    await closed;
    expect(server.clientCount).toBe(0);
    await expect(connectPeer(server.address)).rejects.toThrow('ECONNREFUSED');
  });

  test('without waiting long for one that does not close', { timeout: 4000 }, async () => {
    const { server } = await greeted();
    await server.close();
    expect(server.clientCount).toBe(0);
  });

  test('a port that is taken is the system error of that name', async () => {
    const { server } = await listening();
    const again = serveControl(server.address, { maxClients: 1, idleTimeoutMs: 1000 }, () => expect.fail());
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
