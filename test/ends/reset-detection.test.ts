// Ends and resets, told apart. What a reset looks like when bytes are unread is Linux's and Node's affair, so the peer is real.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { createSecureContext, createServer as tlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ControlConnection } from '../../src/ends/control-connection.js';
import { AwaitedData, BrokenConnection, type DataConnection } from '../../src/ends/data-connection.js';
import { listen } from '../../src/ends/listen.js';
import { wasReset } from '../../src/ends/reset-detection.js';
import { serveTls } from '../../src/ends/tls/handshake.js';
import { LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { ownAuthority } from '../net/tls/own-authority.js';
import { hasPython } from '../support/python.js';
import { type Farewell, startUploader } from './raw-uploader.js';

const LOOPBACK = { address: '127.0.0.1', port: 0 };
const FEW = 10;
const MANY = 300_000;
const own = ownAuthority();

/** A connection that has sent its bytes and said its farewell, none of which has been read. */
async function unread(farewell: Farewell, bytes: number): Promise<Socket> {
  const { socket, uploader } = await arrival(farewell, bytes);
  const finished = uploader.finish();
  // More than the kernel holds is never all sent to somebody who does not read.
  if (bytes === FEW) await finished;
  return socket;
}

async function arrival(farewell: Farewell, bytes: number, tls: 'tls' | 'clear' = 'clear') {
  let tell: (socket: Socket) => void = () => {};
  const arrived = new Promise<Socket>((resolve) => {
    tell = resolve;
  });
  const listener = await listen(LOOPBACK, {}, (socket) => tell(socket));
  onTestFinished(() => void listener.close());
  const uploader = startUploader(listener.address, farewell, bytes, tls);
  const socket = await arrived;
  onTestFinished(() => void socket.destroy());
  return { socket, uploader };
}

/** As a server, over a data or a control connection. */
async function serve(connection: Pick<DataConnection | ControlConnection, 'secure'>): Promise<void> {
  const options = await new LeafCertificates(own().authority).issue({ names: [LOOPBACK.address] });
  const cache = tlsServer(options);
  const role = { context: createSecureContext(options), cache, onKeyLog: null, timeoutMs: 4000 };
  await connection.secure((plain) => serveTls(plain, role));
}

describe.skipIf(process.platform !== 'linux' || !hasPython)('at its end a connection', () => {
  test.each([
    ['reset', FEW, true],
    ['reset', MANY, true],
    ['end', FEW, false],
    ['end', MANY, false],
  ] as const)('that said %s behind %d bytes', async (farewell, bytes, expected) => {
    const socket = await unread(farewell, bytes);
    const answer = await new Promise((resolve) => {
      socket.once('end', () => resolve(wasReset(socket)));
      socket.once('error', () => resolve(true));
      socket.resume();
    });
    expect(answer).toBe(expected);
  });

  test('that we have ended first is not known to be reset', async () => {
    const socket = await unread('end', FEW);
    socket.on('error', () => {});
    socket.end();
    await once(socket.resume(), 'end');
    expect(wasReset(socket)).toBe(false);
  });
});

test('a socket without a handle, or with another one, is not known to be reset', () => {
  expect(wasReset(new Socket())).toBe(false);
  const strange = new Socket();
  Object.assign(strange, { _handle: {} });
  expect(wasReset(strange)).toBe(false);
  Object.assign(strange, { _handle: { getpeername: () => 0 } });
  expect(wasReset(strange)).toBe(false);
  Object.assign(strange, { _handle: null });
});

describe.skipIf(process.platform !== 'linux' || !hasPython)('an upload', () => {
  const TIMEOUTS = { connectMs: 4000, stallMs: 4000 };

  async function received(farewell: Farewell, tls: 'tls' | 'clear'): Promise<number> {
    const awaited = await AwaitedData.listen(LOOPBACK.address, LOOPBACK.address, TIMEOUTS);
    const uploader = startUploader({ ...LOOPBACK, port: awaited.port }, farewell, FEW, tls);
    const connection = await awaited.connection();
    onTestFinished(() => connection.reset());
    if (tls === 'tls') await serve(connection);
    await uploader.finish();
    let bytes = 0;
    await connection.receive((chunk) => {
      bytes += chunk.length;
    });
    return bytes;
  }

  test.each(['clear', 'tls'] as const)('that was reset is no success (%s)', async (tls) => {
    const failure = await received('reset', tls).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BrokenConnection);
    expect(failure).toMatchObject({ message: 'connection reset by peer' });
  });

  test.each(['clear', 'tls'] as const)('that ended is one (%s)', async (tls) => {
    expect(await received('end', tls)).toBe(FEW);
  });
});

describe.skipIf(process.platform !== 'linux' || !hasPython)('a control connection', () => {
  async function told(farewell: Farewell, tls: 'tls' | 'clear'): Promise<string[]> {
    const { socket, uploader } = await arrival(farewell, FEW, tls);
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      const over = (what: string) => {
        events.push(what);
        resolve();
      };
      const connection = new ControlConnection(socket, {
        bytes: (bytes) => events.push(`${bytes.length} bytes`),
        ended: () => over('ended'),
        lost: (reason) => over(`lost: ${reason}`),
        drained: () => {},
      });
      // What TLS has read and nobody has taken is lost with a connection that breaks; so there it is taken at once.
      if (tls === 'tls') void serve(connection).then(() => [connection.setReading(true), uploader.finish()]);
      else void uploader.finish().then(() => connection.setReading(true));
    });
    return events;
  }

  test.each(['clear', 'tls'] as const)('that was reset is lost, behind what it said (%s)', async (tls) => {
    expect(await told('reset', tls)).toEqual([`${FEW} bytes`, 'lost: connection reset by peer']);
  });

  test.each(['clear', 'tls'] as const)('that ended has ended (%s)', async (tls) => {
    expect(await told('end', tls)).toEqual([`${FEW} bytes`, 'ended']);
  });
});
