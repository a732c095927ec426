// Data ports that serve many links, in turn and at the same time, with raw clients at addresses of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DataCaller } from '../../src/ends/data-port.js';
import { type AwaitedPort, DataPortPool, type DataPortRequest } from '../../src/ends/data-port-pool.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { Happenings } from '../support/happenings.js';
import { connectPeer, type Fate, type Peer } from '../support/scripted-server.js';

const HOST = '127.0.0.1';
const RANGE = { from: 24_610, to: 24_617 };

function openPool(): DataPortPool {
  const pool = new DataPortPool(null, null);
  onTestFinished(() => pool.close());
  return pool;
}

/** A link at a data port, and what it is given there. */
class Waiting {
  connection: Socket | null = null;
  readonly strangers: (DataCaller & { readonly before: Endpoint | null })[] = [];
  vanished = 0;
  private readonly happenings = new Happenings();

  private constructor(readonly awaited: AwaitedPort) {}

  static async at(pool: DataPortPool, request: Partial<DataPortRequest> = {}): Promise<Waiting> {
    let waiting: Waiting | null = null;
    const awaited = await pool.open({
      host: HOST,
      range: null,
      admit: [HOST],
      onConnection: (socket) => waiting?.take(socket),
      onStranger: (stranger, before) => {
        waiting?.strangers.push({ ...stranger, before });
        waiting?.happenings.happened();
      },
      onVanished: () => {
        if (waiting !== null) waiting.vanished += 1;
      },
      ...request,
    });
    const made = new Waiting(awaited);
    onTestFinished(() => void made.connection?.destroy());
    waiting = made;
    return waiting;
  }

  get port(): number {
    return this.awaited.port;
  }

  connected(): Promise<Socket> {
    return this.happenings.until(
      () => this.connection ?? undefined,
      () => 'the data connection',
    );
  }

  strange(): Promise<Waiting['strangers'][number]> {
    return this.happenings.until(
      () => this.strangers[0],
      () => 'a stranger',
    );
  }

  private take(socket: Socket): void {
    this.connection = socket;
    this.happenings.happened();
  }
}

const at = (port: number) => ({ address: HOST, port });
const from = (client: string) => ({ localAddress: client });
const clientOf = (number: number) => `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;

/** What becomes of a connection; a reset may come before the connection is known to be there. */
function fateOf(...target: Parameters<typeof connectPeer>): Promise<Fate | 'refused'> {
  return connectPeer(...target).then(
    (peer) => peer.over(),
    (error: Error) => (error.message.includes('ECONNREFUSED') ? 'refused' : 'broken'),
  );
}

/** A whole transfer at a port of the pool; which port that was. */
async function transfer(pool: DataPortPool, request: Partial<DataPortRequest> = {}): Promise<number> {
  const waiting = await Waiting.at(pool, request);
  const peer = await connectPeer(at(waiting.port));
  (await waiting.connected()).destroy();
  waiting.awaited.close();
  await peer.over();
  return waiting.port;
}

describe('one after the other', () => {
  test('a port is used again once there are enough to choose from', async () => {
    const pool = openPool();
    const first = new Set<number>();
    for (let count = 0; count < 64; count += 1) first.add(await transfer(pool));
    expect(first.size).toBe(64);
    const later = new Set<number>();
    for (let count = 0; count < 64; count += 1) later.add(await transfer(pool));
    expect([...later].filter((port) => !first.has(port))).toEqual([]);
    expect(later.size).toBeGreaterThan(20);
  });

  test('a port at which no one came is not used again, and is closed', async () => {
    const pool = openPool();
    for (let count = 0; count < 64; count += 1) await transfer(pool);
    const waiting = await Waiting.at(pool);
    waiting.awaited.close();
    await expect(connectPeer(at(waiting.port))).rejects.toThrow('ECONNREFUSED');
    const later = new Set<number>();
    for (let count = 0; count < 200; count += 1) later.add(await transfer(pool));
    expect(later).not.toContain(waiting.port);
  });

  test('a range is used whole, and stays open', async () => {
    const pool = openPool();
    const used = new Set<number>();
    for (let count = 0; count < 100; count += 1) used.add(await transfer(pool, { range: RANGE }));
    expect([...used].sort()).toEqual([24_610, 24_611, 24_612, 24_613, 24_614, 24_615, 24_616, 24_617]);
  });

  test('who comes second is reported beside the first, once, until the port is closed', async () => {
    const pool = openPool();
    const waiting = await Waiting.at(pool);
    const first = await connectPeer(at(waiting.port));
    await waiting.connected();
    for (let count = 0; count < 3; count += 1) expect(await fateOf(at(waiting.port))).not.toBe('open');
    expect((await waiting.strange()).before?.port).toBe(first.socket.localPort);
    expect(waiting.strangers.length).toBe(1);
    waiting.awaited.close();
    expect(await fateOf(at(waiting.port))).toBe('broken');
    expect(waiting.strangers.length).toBe(1);
  });

  test('who connects where no one waits is reset', async () => {
    const pool = openPool();
    const port = await transfer(pool);
    expect(await fateOf(at(port))).toBe('broken');
  });
});

describe.skipIf(process.platform !== 'linux')('at the same time', () => {
  test('200 clients wait at one port, and each gets its own connection', async () => {
    const pool = openPool();
    const range = { from: 24_618, to: 24_618 };
    const waiting: Waiting[] = [];
    for (let number = 0; number < 200; number += 1)
      waiting.push(await Waiting.at(pool, { range, admit: [clientOf(number)] }));
    const peers: Peer[] = [];
    for (const number of [...waiting.keys()].reverse()) {
      const peer = await connectPeer(at(range.from), from(clientOf(number)));
      peer.say(`client ${number}`);
      peers.unshift(peer);
    }
    for (const [number, link] of waiting.entries()) {
      expect((await link.connected()).remoteAddress).toBe(clientOf(number));
      expect(link.strangers).toEqual([]);
    }
    expect(peers.every(({ fate }) => fate === 'open')).toBe(true);
  });

  test('two links of one client never wait at the same port', async () => {
    const pool = openPool();
    const range = { from: 24_619, to: 24_620 };
    const ports = new Set([(await Waiting.at(pool, { range })).port, (await Waiting.at(pool, { range })).port]);
    expect(ports.size).toBe(2);
    await expect(Waiting.at(pool, { range })).rejects.toThrow('every port from 24619 to 24620 is in use');
    await expect(Waiting.at(pool, { range, admit: null })).rejects.toThrow('is in use');
  });

  test('however an address is spelled', async () => {
    const pool = openPool();
    const range = { from: 24_621, to: 24_621 };
    await Waiting.at(pool, { range, admit: ['::ffff:127.0.0.1'] });
    await expect(Waiting.at(pool, { range, admit: ['127.0.0.1'] })).rejects.toThrow('is in use');
  });

  test('a stranger is reported to all who wait there, and takes no place', async () => {
    const pool = openPool();
    const range = { from: 24_622, to: 24_622 };
    const links = [
      await Waiting.at(pool, { range, admit: ['127.0.0.2'] }),
      await Waiting.at(pool, { range, admit: ['127.0.0.3'] }),
    ];
    expect(await fateOf(at(range.from), from('127.0.0.9'))).not.toBe('open');
    for (const link of links) expect((await link.strange()).remote.address).toBe('127.0.0.9');
    await connectPeer(at(range.from), from('127.0.0.3'));
    expect((await links[1]?.connected())?.remoteAddress).toBe('127.0.0.3');
    expect(links[0]?.connection).toBeNull();
  });

  test('a link that waits no longer leaves the port to the others', async () => {
    const pool = openPool();
    const range = { from: 24_623, to: 24_623 };
    const gone = await Waiting.at(pool, { range, admit: ['127.0.0.2'] });
    const stays = await Waiting.at(pool, { range, admit: ['127.0.0.3'] });
    gone.awaited.close();
    await connectPeer(at(range.from), from('127.0.0.3'));
    await stays.connected();
    stays.awaited.close();
    await expect(connectPeer(at(range.from), from('127.0.0.2'))).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the pool', () => {
  test.skipIf(process.platform !== 'linux')('leaves nothing open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const pool = new DataPortPool(null, null);
    for (let count = 0; count < 5; count += 1) await transfer(pool);
    const waiting = await Waiting.at(pool);
    pool.close();
    await expect(connectPeer(at(waiting.port))).rejects.toThrow('ECONNREFUSED');
    await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });

  test('keeps no more ports open than it may', async () => {
    const pool = new DataPortPool(null, null, 2);
    onTestFinished(() => pool.close());
    const ports: number[] = [];
    for (let count = 0; count < 4; count += 1) ports.push(await transfer(pool));
    const fates = await Promise.all(ports.map((port) => fateOf(at(port))));
    expect(fates).toEqual(['refused', 'refused', 'broken', 'broken']);
  });

  test('says in words why there is no port', async () => {
    await expect(Waiting.at(openPool(), { host: '192.0.2.1' })).rejects.toThrow(/not available|EADDRNOTAVAIL|address/i);
  });

  test('takes the ports of the system, from all of its range', async () => {
    const pool = openPool();
    const ports: number[] = [];
    for (let count = 0; count < 60; count += 1) ports.push((await Waiting.at(pool)).port);
    expect(new Set(ports).size).toBe(60);
    const [lowest = 0, highest = 0] = [Math.min(...ports), Math.max(...ports)];
    expect(highest - lowest).toBeGreaterThan(5000);
  });
});

test('a port that is in use by another program is passed over', async () => {
  const other = openPool();
  await Waiting.at(other, { range: { from: 24_624, to: 24_624 } });
  const waiting = await Waiting.at(openPool(), { range: { from: 24_624, to: 24_625 } });
  expect(waiting.port).toBe(24_625);
  connect(waiting.port, HOST).destroy();
});

test.runIf(process.platform === 'linux')('a crowd that comes at once finds room in front of a port', async () => {
  const { port } = (await Waiting.at(openPool())).awaited;
  const crowd = Array.from({ length: 400 }, () => connect({ host: HOST, port }).on('error', () => {}));
  // Node connects in the next tick, and takes connections after that.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  // All have knocked, and none was taken yet: who found no room is still connecting, and tries again after a second (SYN_SENT is 02).
  const target = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 02 `;
  const waiting = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .filter((line) => line.includes(` ${target}`));
  for (const socket of crowd) socket.destroy();
  expect(waiting).toHaveLength(0);
});
