// Gives every connection of a foreign test suite a proxy of its own: asked `HOST PORT ADVERTISE` on a line, it starts a proxy
// in front of that server and answers `HOST PORT` of the proxy.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createProxy, type Observation, type ProxyOptions, type RunningProxy } from '../../../src/index.js';

export interface Broker {
  readonly port: number;
  /** Sessions that went through its proxies. */
  sessionCount(): number;
  /** TLS handshakes that its proxies made. */
  handshakeCount(): number;
  /** Closes the broker and its proxies; throws when a proxy had a fault of its own. */
  close(): Promise<void>;
}

export async function startBroker(tls: NonNullable<ProxyOptions['tls']>): Promise<Broker> {
  const proxies: RunningProxy[] = [];
  const faults: unknown[] = [];
  let sessions = 0;
  let handshakes = 0;
  const observe = (observation: Observation) => {
    if (observation.kind === 'session-opened') sessions += 1;
    if (observation.kind === 'tls' && observation.failure === null) handshakes += 1;
  };

  async function answer(line: string, socket: Socket): Promise<void> {
    const [host = '', port, advertise = '-'] = line.split(' ');
    const address = host === 'localhost' ? '127.0.0.1' : host;
    const proxy = await createProxy({
      server: { address, port: Number(port) },
      listen: [{ address, port: 0 }],
      tls,
      ...(advertise === '-' ? {} : { advertise }),
      observe,
      onFault: ({ error }) => faults.push(error),
    });
    proxies.push(proxy);
    socket.end(`${address} ${proxy.addresses[0]?.port}\n`);
  }

  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).once('line', (line) => {
      answer(line, socket).catch((error) => faults.push(error) && socket.destroy());
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the broker has no port');
  const close = async () => {
    server.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    if (faults.length > 0) throw new AggregateError(faults, 'proxies had faults of their own');
  };
  return { port: address.port, sessionCount: () => sessions, handshakeCount: () => handshakes, close };
}
