// Several servers behind one proxy: each listener relays to its own, and what is learnt of one says nothing of another.
import { expect, test } from 'vitest';
import { createProxy } from '../../src/net/proxy.js';
import { connectPeer, listenForPeers, startScriptedServer } from '../support/scripted-server.js';
import { leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const ANYWHERE = { address: '127.0.0.1', port: 0 };

test('each listener has its own, or the one for all', async () => {
  const [one, two, rest] = [
    await startScriptedServer({ greeting: '220 One' }),
    await startScriptedServer({ greeting: '220 Two' }),
    await startScriptedServer({ greeting: '220 Rest' }),
  ];
  const { proxy, all } = await watchProxy({
    server: rest.endpoint,
    listen: [{ ...ANYWHERE, to: one.endpoint }, ANYWHERE, { ...ANYWHERE, to: two.endpoint }],
  });
  const greetings: string[] = [];
  for (const endpoint of proxy.addresses) greetings.push(await (await connectPeer(endpoint)).readReply());
  expect(greetings).toEqual(['220 One', '220 Rest', '220 Two']);
  expect(all('session-opened').map(({ session, server, listener }) => ({ session, server, listener }))).toEqual([
    { session: 1, server: one.endpoint, listener: proxy.addresses[0] },
    { session: 2, server: rest.endpoint, listener: proxy.addresses[1] },
    { session: 3, server: two.endpoint, listener: proxy.addresses[2] },
  ]);
});

test('none is needed for all when every listener has its own', async () => {
  const server = await startScriptedServer();
  const { endpoint } = await watchProxy({ listen: [{ ...ANYWHERE, to: server.endpoint }] });
  expect(await (await connectPeer(endpoint)).readReply()).toBe('220 Scripted server');
});

test('a listener without any is a mistake, and nothing listens', async () => {
  const to = { address: '127.0.0.1', port: 1 };
  const wrong = createProxy({
    listen: [
      { ...ANYWHERE, to },
      { address: '127.0.0.1', port: 2121 },
    ],
  });
  await expect(wrong).rejects.toThrow(
    'listen[1]: 127.0.0.1:2121 has no server to relay to; give it a `to`, or give server',
  );
});

test('the data modes that a server has not are remembered of that one alone', async () => {
  const answers = { EPSV: '502 No', PASV: `227 (${(await listenForPeers()).hostPort})` };
  const [old, young] = [await startScriptedServer({ answers }), await startScriptedServer({ answers })];
  const { proxy } = await watchProxy({
    serverMode: 'auto',
    listen: [
      { ...ANYWHERE, to: old.endpoint },
      { ...ANYWHERE, to: young.endpoint },
    ],
  });
  const askIn = async (index: number) => {
    const client = await connectPeer(proxy.addresses[index] ?? ANYWHERE);
    await client.readReply();
    await client.ask('PASV');
    client.socket.end();
    await client.over();
  };
  await askIn(0);
  await askIn(0);
  await askIn(1);
  const asked = (lines: readonly string[]) => lines.filter((line) => line === 'EPSV').length;
  expect([asked(old.lines), asked(young.lines)]).toEqual([1, 1]);
});
