// Many clients at once, some well-behaved and some not: each gets its own bytes, and nobody's trouble is another's.
import { expect, test } from 'vitest';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import { startServer } from '../demo/sample-session.js';
import { connectPeer, type Peer } from '../support/scripted-server.js';
import { endpointOf227, leavesNothingOpen, poll, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const MODES = ['passive', 'extended-passive', 'active', 'extended-active'] as const;

/** Its own content for every client: nobody can be given another's unseen. */
function contentOf(client: number): Buffer {
  return Buffer.alloc(300_000 + client, `client ${client}, `);
}

test('40 clients work while 40 others misbehave', async () => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, client) => [`/${client}`, contentOf(client)]));
  const server = await startServer({ files, users: { demo: { password: 'demo' } } });
  const upstream = server.address;
  const { endpoint, all, idle } = await watchProxy({ server: upstream });

  const work = async (number: number): Promise<void> => {
    const client = await ScriptedClient.connect(endpoint);
    await client.login('demo', 'demo');
    for (const mode of MODES) {
      const { bytes, reply } = await client.download(`${number}`, { mode });
      expect([reply.code, bytes.equals(contentOf(number))]).toEqual([226, true]);
      expect((await client.upload(`up-${number}`, contentOf(number), { mode })).reply.code).toBe(226);
    }
    const kept = server.files.read(`/up-${number}`);
    expect(Buffer.isBuffer(kept) && kept.equals(contentOf(number))).toBe(true);
    await client.quit();
  };

  const misbehave = async (number: number): Promise<void> => {
    const client = await connectPeer(endpoint);
    await client.readReply();
    await client.ask('USER demo');
    await client.ask('PASS demo');
    await misbehaviours[number % misbehaviours.length]?.(client);
    client.reset();
  };
  const misbehaviours: readonly ((client: Peer) => Promise<unknown>)[] = [
    (client) => client.ask('PASV'),
    async (client) => client.say('RETR 1\r\n'.repeat(100)),
    async (client) => client.say(Buffer.alloc(100_000, 0xfe)),
    async (client) => {
      const data = await connectPeer(endpointOf227(await client.ask('PASV')));
      await client.ask('RETR 2');
      data.reset();
    },
    async (client) => {
      const data = await connectPeer(endpointOf227(await client.ask('PASV')));
      await client.ask('STOR broken');
      data.say('half');
    },
    (client) => client.ask('PORT 127,0,0,1,200,1'),
    async (client) => client.say('AUTH TLS\r\n\x16\x03\x01\x00'),
    async (client) => client.say('ABOR\r'),
  ];

  const numbers = Array.from({ length: 40 }, (_, number) => number);
  await Promise.all(numbers.flatMap((number) => [work(number), misbehave(number)]));
  await idle();
  expect(all('session-closed')).toHaveLength(80);
  expect(all('link-closed').filter(({ outcome }) => outcome === 'complete').length).toBeGreaterThanOrEqual(320);
  await poll(() => server.sessionCount === 0, 'the server to have no session');
});
