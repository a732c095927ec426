// What the tests of src/demo stand on: a sample server with a client in it, ended with the test, and dialogues as text.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { ClientOptions } from '../../src/demo/client-control.js';
import type { DataMode } from '../../src/demo/client-transfer.js';
import { type SampleServer, type SampleServerOptions, startSampleServer } from '../../src/demo/sample-server.js';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';

export async function startServer(options: SampleServerOptions = {}): Promise<SampleServer> {
  const server = await startSampleServer(options);
  onTestFinished(() => server.close());
  return server;
}

export async function connectTo(target: Endpoint, options: Partial<ClientOptions> = {}): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect({ ...target, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A server and a client that is logged in. */
export async function openSession(
  options: SampleServerOptions = {},
): Promise<{ readonly server: SampleServer; readonly client: ScriptedClient }> {
  const server = await startServer(options);
  const client = await connectTo(server.address);
  await client.login('demo', 'sesame');
  return { server, client };
}

/**
 * Plays the `C:` lines of a dialogue, each after the `S:` replies before it have come, and expects exactly these replies.
 * Lines that start with anything else are remarks.
 */
export async function dialogue(client: ScriptedClient, script: string): Promise<void> {
  const lines = script
    .split('\n')
    .map((line) => line.trimStart())
    .filter((line) => /^[CS]: /.test(line));
  const before = client.transcript.length;
  for (const line of lines) {
    if (line.startsWith('C: ')) client.send(`${line.slice(3)}\r\n`);
    else if (/^S: \d{3}( |$)/.test(line)) await client.nextReply();
  }
  expect(client.transcript.slice(before)).toEqual(lines);
}

/** A server that says what it is told and notes nothing: for what the sample server would never do. */
export async function rawServer(onConnection: (socket: Socket) => void): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });
  const { address, port } = listener.address() as AddressInfo;
  return { address, port };
}

/** A plain TCP connection, for what the scripted client would never do. */
export async function rawConnection({ address, port }: Endpoint, localAddress?: string): Promise<Socket> {
  const socket = connect({
    host: address,
    port,
    allowHalfOpen: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => {});
  return socket;
}

/** A raw data connection: dialled at the first call, or waited for. */
export interface RawData {
  connection(): Promise<Socket>;
}

/** Announces a data connection that a test then drives by hand. */
export async function announceData(client: ScriptedClient, mode: DataMode): Promise<RawData> {
  if (mode.endsWith('passive')) {
    const port = await passivePort(client, mode === 'passive' ? 'PASV' : 'EPSV');
    let dialled: Promise<Socket> | null = null;
    const connection = () => {
      dialled ??= rawConnection({ address: client.remote.address, port });
      return dialled;
    };
    return { connection };
  }
  const { address } = client.local;
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  onTestFinished(() => void listener.close());
  const arrival = new Promise<Socket>((resolve) => listener.once('connection', resolve));
  await new Promise<void>((resolve) => listener.listen(0, address, resolve));
  const { port } = listener.address() as AddressInfo;
  const octets = `${address.replaceAll('.', ',')},${port >> 8},${port & 255}`;
  const reply = await client.command(mode === 'active' ? `PORT ${octets}` : `EPRT |1|${address}|${port}|`);
  expect(reply.code).toBe(200);
  const connection = async () => {
    const socket = await arrival;
    onTestFinished(() => void socket.destroy());
    return socket.on('error', () => {});
  };
  return { connection };
}

/** The port in the reply to PASV or EPSV. */
export async function passivePort(client: ScriptedClient, verb: 'PASV' | 'EPSV'): Promise<number> {
  const [line = ''] = (await client.command(verb)).lines;
  const numbers = [...line.slice(4).matchAll(/\d+/g)].map(Number);
  expect(numbers, line).toHaveLength(verb === 'PASV' ? 6 : 1);
  return verb === 'PASV' ? (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) : (numbers[0] ?? 0);
}

/** Everything a socket says until it ends. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk.toString('latin1');
  return text;
}

const ipv6 = await new Promise<boolean>((resolve) => {
  const probe = createServer();
  probe.once('error', () => resolve(false));
  probe.listen(0, '::1', () => probe.close(() => resolve(true)));
});

/** Both loopbacks; a test of the second is skipped with this name where there is no IPv6. */
export const families = [
  { name: 'IPv4', host: '127.0.0.1', available: true },
  { name: ipv6 ? 'IPv6' : 'IPv6 (skipped: ::1 is not available here)', host: '::1', available: ipv6 },
] as const;

/** The TCP sockets and listeners of this process, once those that are closing are gone. */
export async function openTcpResources(): Promise<readonly string[]> {
  // Handles leave in the closing phase of the event loop, behind the immediates of the same turn.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
}
