// What cannot be recorded does not go by; and a fault of the proxy's own costs one session, not the others.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import type { KeptPayload, PayloadSink, PayloadStore, TransferName } from '../../src/dialogue/payload-sink.js';
import { RecordingError } from '../../src/dialogue/recording-error.js';
import { connectPeer, listenForPeers, startScriptedServer } from '../support/scripted-server.js';
import { endpointOf227, leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

/** A proxy whose observer breaks at every observation that `breaks` says. */
async function breaking(error: Error, breaks: (observation: Observation) => boolean) {
  const server = await startScriptedServer();
  const observe = (observation: Observation) => {
    if (breaks(observation)) throw error;
  };
  const watched = await watchProxy({ server: server.endpoint, observe }, { troubled: true });
  return { server, ...watched };
}

const isCwdOfFirst = (one: Observation) => one.session === 1 && one.kind === 'command' && one.verb === 'CWD';

describe('an observer that can no longer record', () => {
  test('the client gets 421, nothing more goes by, and other sessions live', async () => {
    const { server, endpoint, faults, idle } = await breaking(new RecordingError('disk full'), isCwdOfFirst);
    const client = await connectPeer(endpoint);
    await client.readReply();
    const control = await server.accept();
    const other = await connectPeer(endpoint);
    await other.readReply();
    client.say('CWD secret\r\nNOOP\r\n');
    expect(await client.readReply()).toMatch(/^421 .*record/);
    expect(await client.over()).toBe('ended');
    expect(await control.over()).not.toBe('open');
    expect(server.lines).toEqual([]);
    expect(faults).toEqual([{ session: 1, error: new RecordingError('disk full') }]);
    expect(await other.ask('CWD elsewhere')).toBe('502 Not in the script');
    expect(await other.ask('QUIT')).toBe('221 Bye');
    await idle();
  });

  test('from the first observation on: no client gets anywhere', async () => {
    const { server, endpoint, idle } = await breaking(new RecordingError('disk full'), () => true);
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toMatch(/^421 .*record/);
    expect(await client.over()).toBe('ended');
    await idle();
    expect(server.lines).toEqual([]);
  });

  test('a reply that cannot be recorded does not reach the client', async () => {
    const { endpoint } = await breaking(
      new RecordingError('disk full'),
      (one) => one.kind === 'reply' && one.code === 331,
    );
    const client = await connectPeer(endpoint);
    await client.readReply();
    expect(await client.ask('USER anna')).toMatch(/^421 .*record/);
    expect(await client.over()).toBe('ended');
    expect(client.received).not.toContain('331');
  });
});

describe('onRecordingError: exit', () => {
  test('closes the proxy once, whatever fails meanwhile', async () => {
    const server = await startScriptedServer();
    const full = { is: false };
    const observe = () => {
      if (full.is) throw new RecordingError('disk full');
    };
    const options = { server: server.endpoint, observe, onRecordingError: 'exit' } as const;
    const { endpoint, faults, proxy, idle } = await watchProxy(options, { troubled: true });
    const [client, other] = [await connectPeer(endpoint), await connectPeer(endpoint)];
    await client.readReply();
    await other.readReply();
    full.is = true;
    client.say('NOOP\r\n');
    expect(await client.readReply()).toMatch(/^421 .*record/);
    expect(await other.readReply()).toBe('421 The proxy is shutting down');
    for (const peer of [client, other]) expect(await peer.over()).toBe('ended');
    await idle();
    expect(faults.map(({ session }) => session)).toEqual([1, 2]);
    await proxy.close();
    await expect(connectPeer(endpoint)).rejects.toThrow('ECONNREFUSED');
  });

  test('another fault closes nothing', async () => {
    const server = await startScriptedServer();
    const observe = (one: Observation) => {
      if (isCwdOfFirst(one)) throw new Error('a bug');
    };
    const options = { server: server.endpoint, observe, onRecordingError: 'exit' } as const;
    const { endpoint } = await watchProxy(options, { troubled: true });
    const client = await connectPeer(endpoint);
    await client.readReply();
    expect(await client.ask('CWD x')).toMatch(/^421 /);
    expect(await (await connectPeer(endpoint)).readReply()).toMatch(/^220/);
  });
});

describe('an observer with a fault', () => {
  test('is told of, ends that session, and no other', async () => {
    const fault = new Error('a bug');
    const { server, endpoint, faults, proxy, idle } = await breaking(fault, isCwdOfFirst);
    const client = await connectPeer(endpoint);
    await client.readReply();
    const control = await server.accept();
    const other = await connectPeer(endpoint);
    await other.readReply();
    expect(await client.ask('CWD x')).toMatch(/^421 /);
    expect(await client.over()).toBe('ended');
    expect(client.received).not.toContain('a bug');
    expect(await control.over()).not.toBe('open');
    expect(faults).toEqual([{ session: 1, error: fault }]);
    expect(await other.ask('NOOP')).toBe('200 NOOP ok');
    expect(proxy.sessionCount).toBe(1);
    await other.ask('QUIT');
    await idle();
  });

  test('at its first observation', async () => {
    const { endpoint, faults, idle } = await breaking(new Error('a bug'), ({ kind }) => kind === 'session-opened');
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toMatch(/^421 /);
    await idle();
    expect(faults).toHaveLength(1);
  });
});

/** Keeps in memory; from the given step on it can no longer. */
function memoryStore(failAt: 'open' | 'write' | 'finish' | 'never', error: Error = new RecordingError('disk full')) {
  const kept: Buffer[] = [];
  const fails = (step: string) => (step === failAt ? Promise.reject(error) : Promise.resolve());
  const sofar = (): KeptPayload => ({
    file: 'kept.bin',
    sha256: createHash('sha256').update(Buffer.concat(kept)).digest('hex'),
  });
  const sink: PayloadSink = {
    get soFar() {
      return sofar();
    },
    write: async (chunk) => {
      kept.push(Buffer.from(chunk));
      await fails('write');
    },
    finish: async (): Promise<KeptPayload> => {
      await fails('finish');
      return sofar();
    },
  };
  const store: PayloadStore = {
    open: async () => {
      await fails('open');
      return sink;
    },
  };
  return { store, kept };
}

const CONTENT = Buffer.alloc(3_000_000, 'payload ');

async function transferring(verb: 'RETR' | 'STOR', payloads: PayloadStore, troubled = true) {
  const listener = await listenForPeers();
  const server = await startScriptedServer({
    answers: { PASV: `227 (${listener.hostPort})`, RETR: '150 Here', STOR: '150 Send', ABOR: () => {} },
  });
  const watched = await watchProxy({ server: server.endpoint, payloads }, { troubled });
  const client = await connectPeer(watched.endpoint);
  await client.readReply();
  const control = await server.accept();
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  await client.ask(`${verb} f`);
  const leg = await listener.accept();
  return { ...watched, client, control, data, leg };
}

describe('payloads that are kept', () => {
  test.each(['RETR', 'STOR'] as const)('%s: the same bytes in the store, and its name observed', async (verb) => {
    const { store, kept } = memoryStore('never');
    const { client, control, data, leg, seen } = await transferring(verb, store, false);
    const [from, to] = verb === 'RETR' ? [leg, data] : [data, leg];
    from.say(CONTENT);
    from.socket.end();
    await to.over();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    expect(Buffer.concat(kept).equals(CONTENT)).toBe(true);
    expect(to.received === CONTENT.toString('latin1')).toBe(true);
    expect(await seen('link-closed')).toMatchObject({
      payload: 'kept.bin',
      sha256: createHash('sha256').update(CONTENT).digest('hex'),
    });
  });

  test('a transfer that breaks: what came is kept, and its name observed', async () => {
    const { store, kept } = memoryStore('never');
    const { client, control, data, leg, seen } = await transferring('RETR', store, false);
    leg.say('half');
    await data.readBytes(4);
    leg.reset();
    control.say('426 Broken\r\n');
    expect(await client.readReply()).toBe('426 Broken');
    expect(Buffer.concat(kept).toString()).toBe('half');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 4, payload: 'kept.bin' });
  });

  test('a transfer that the client aborts: what came is kept, and its name observed', async () => {
    const { store, kept } = memoryStore('never');
    const { client, control, data, leg, seen } = await transferring('RETR', store, false);
    leg.say('half');
    await data.readBytes(4);
    client.say('ABOR\r\n');
    await leg.over();
    control.say('426 Aborted\r\n226 Done\r\n');
    expect(await client.readReply()).toBe('426 Aborted');
    expect(Buffer.concat(kept).toString()).toBe('half');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'aborted', bytes: 4, payload: 'kept.bin' });
  });

  test.each([
    ['RETR', 'open'],
    ['RETR', 'write'],
    ['RETR', 'finish'],
    ['STOR', 'open'],
    ['STOR', 'write'],
    ['STOR', 'finish'],
  ] as const)('%s, and the store fails at %s: no 226, and the session ends', async (verb, step) => {
    const { client, control, data, leg, seen, idle, faults } = await transferring(verb, memoryStore(step).store);
    const [from, to] = verb === 'RETR' ? [leg, data] : [data, leg];
    from.say(CONTENT);
    from.socket.end();
    await to.over();
    control.say('226 Done\r\n');
    expect(await client.over()).toBe('ended');
    expect(client.received).not.toMatch(/^226/m);
    expect(client.received).toMatch(/421 .*record.*\r\n$/);
    expect(await data.over()).not.toBe('open');
    expect(await control.over()).not.toBe('open');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed' });
    await idle();
    expect(faults).toEqual([{ session: 1, error: new RecordingError('disk full') }]);
  });

  test('an upload whose payload cannot be kept does not look whole to the server', async () => {
    const { store } = memoryStore('never');
    let fail = () => {};
    const write = () =>
      new Promise<void>((_, reject) => {
        fail = () => reject(new RecordingError('disk full'));
      });
    const open = async (name: TransferName) => ({ ...(await store.open(name)), write });
    const { data, leg } = await transferring('STOR', { open });
    data.say('all of it');
    data.socket.end();
    // Only once it was read: a reset that comes together with bytes looks to Node like an end (libuv's POLLHUP).
    await leg.readBytes(9);
    fail();
    expect(await leg.over()).toBe('broken');
  });
});
