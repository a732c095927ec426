// Addresses that servers announce: rubbish, odd forms, foreign hosts; and data ports of the proxy's own, which may run out.
// What cannot be rewritten is refused, and the session goes on.
import { describe, expect, test } from 'vitest';
import type { PasvAddressPolicy } from '../../src/relay/policy.js';
import { connectPeer, listenForPeers, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

describe('a 227 or 229 with rubbish', () => {
  const rubbish = [
    ['PASV', '227 Entering Passive Mode'],
    ['PASV', '227 (127,0,0,1,0,0)'],
    ['PASV', '227 (127,0,0,1,4,256)'],
    ['PASV', '227 (127,0,0,1,4)'],
    ['PASV', '227-multi\r\n and nothing\r\n227 End'],
    ['EPSV', '229 Extended'],
    ['EPSV', '229 (|||0|)'],
    ['EPSV', '229 (|||65536|)'],
    ['EPSV', '229 (|||12|34|)'],
  ] as const;

  test.each(rubbish)('%s answered %j', async (verb, answer) => {
    const { client, seen } = await greetedSession({ answers: { [verb]: answer } });
    expect(await client.ask(verb)).toMatch(/^425 /);
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'bad-address' });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

describe('a 227 or 229 in forms that servers have used', () => {
  const forms: readonly (readonly [string, (hostPort: string, port: number) => string])[] = [
    ['PASV', (hostPort) => `227 =${hostPort}`],
    ['PASV', (hostPort) => `227 Entering Passive Mode ${hostPort}.`],
    ['PASV', (hostPort) => `227 Passive ( ${hostPort.replaceAll(',', ', ')} )`],
    ['EPSV', (_hostPort, port) => `229 ok (!!!${port}!)`],
  ];

  test.each(forms)('%s, %s', async (verb, answer) => {
    const listener = await listenForPeers();
    const announcement = answer(listener.hostPort, listener.endpoint.port);
    const { client, seen } = await greetedSession({ answers: { [verb]: announcement, LIST: '150 Here' } });
    const reply = await client.ask(verb);
    const { given, announced } = await seen('rewrite');
    expect(announced.port).toBe(listener.endpoint.port);
    const [from, to] =
      verb === 'PASV'
        ? [/\d+(, ?\d+){5}/, `${given.address.replaceAll('.', ',')},${given.port >> 8},${given.port & 255}`]
        : [/(?<=[|!])\d{4,5}(?=[|!])/, `${given.port}`];
    // Nothing but the address is changed.
    expect(reply).toBe(announcement.replace(from, to));
    const data = await connectPeer(given);
    await client.ask('LIST');
    const leg = await listener.accept();
    leg.say('through');
    await data.readBytes(7);
  });
});

test('a 229 that names a host: it is not used, and not passed on', async () => {
  const listener = await listenForPeers();
  const { client, seen } = await greetedSession({
    answers: { EPSV: `229 ok (|1|10.9.9.9|${listener.endpoint.port}|)`, LIST: '150 Here' },
  });
  expect(await client.ask('EPSV')).not.toContain('10.9.9.9');
  const { given, used } = await seen('rewrite');
  expect(used).toEqual(listener.endpoint);
  await connectPeer(given);
  await client.ask('LIST');
  await listener.accept();
});

test('an address at the head of a continuation line is read whole', async () => {
  const listener = await listenForPeers();
  const { client, seen } = await greetedSession({
    answers: { PASV: `227-Entering\r\n (${listener.hostPort})\r\n227 There` },
  });
  await client.ask('PASV');
  expect((await seen('rewrite')).announced).toEqual(listener.endpoint);
});

describe('a 227 that names another host', () => {
  async function foreign(pasvAddress: PasvAddressPolicy) {
    // The server is on 127.0.0.1 and says 127.0.0.2: both listen on the same port.
    const named = await listenForPeers('127.0.0.2');
    const own = await listenForPeers('127.0.0.1', () => {}, named.endpoint.port);
    const answers: Script['answers'] = { PASV: `227 (${named.hostPort})`, LIST: () => {} };
    return { named, own, ...(await greetedSession({ answers }, { pasvAddress })) };
  }

  test('ignore: the server itself is dialled', async () => {
    const { client, seen, named, own, endpoint } = await foreign('ignore');
    const given = endpointOf227(await client.ask('PASV'));
    await own.accept();
    expect(given.address).toBe(endpoint.address);
    expect(await seen('rewrite')).toMatchObject({
      announced: named.endpoint,
      used: { address: '127.0.0.1', port: named.endpoint.port },
      given,
    });
    expect((await seen('rewrite')).why).toContain('another host');
  });

  test('strict: refused', async () => {
    const { client, seen, all } = await foreign('strict');
    expect(await client.ask('PASV')).toMatch(/^425 .*127\.0\.0\.2/);
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'foreign-address' });
    expect(all('link-opened')).toEqual([]);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('follow: dialled as named', async () => {
    const { client, seen, named } = await foreign('follow');
    const given = endpointOf227(await client.ask('PASV'));
    client.say('LIST\r\n');
    await connectPeer(given);
    await named.accept();
    expect(await seen('rewrite')).toMatchObject({ announced: named.endpoint, used: named.endpoint });
  });
});

describe('the range of data ports', () => {
  test('exhausted: 425, the session lives, and a port that is free again serves', async () => {
    const taken = await listenForPeers();
    const { port } = taken.endpoint;
    const data = await listenForPeers();
    const answers = { PASV: `227 (${data.hostPort})`, EPSV: `229 (|||${data.endpoint.port}|)`, PORT: '200 ok' };
    const { client, server } = await greetedSession({ answers }, { dataPorts: { from: port, to: port } });
    expect(await client.ask('PASV')).toMatch(/^425 .*port/);
    expect(await client.ask('EPSV')).toMatch(/^425 .*port/);
    expect(await client.ask(`PORT ${data.hostPort}`)).toMatch(/^425 .*port/);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['PASV', 'EPSV', 'NOOP']);
    taken.close();
    expect(endpointOf227(await client.ask('PASV')).port).toBe(port);
  });

  test('one port serves one transfer after the other, and PASV after PASV', async () => {
    const free = await listenForPeers();
    free.close();
    const { port } = free.endpoint;
    const data = await listenForPeers();
    const answers = { PASV: `227 (${data.hostPort})`, LIST: '150 Here', ABOR: '226 ok' };
    const { client, server, all } = await greetedSession({ answers }, { dataPorts: { from: port, to: port } });
    const control = await server.accept();
    for (let round = 0; round < 5; round += 1) {
      expect(endpointOf227(await client.ask('PASV')).port).toBe(port);
      expect(endpointOf227(await client.ask('PASV')).port).toBe(port);
      const leg = await connectPeer({ address: '127.0.0.1', port });
      await client.ask('LIST');
      expect(await (await data.accept()).over()).toBe('ended');
      const upstream = await data.accept();
      upstream.say(`round ${round}`);
      upstream.socket.end();
      control.say('226 Done\r\n');
      expect(await client.readReply()).toBe('226 Done');
      expect(await leg.over()).toBe('ended');
      expect(leg.received).toBe(`round ${round}`);
    }
    expect(all('link-closed').filter(({ outcome }) => outcome === 'complete')).toHaveLength(5);
    expect(all('link-closed').filter(({ outcome }) => outcome === 'unused')).toHaveLength(5);
  });
});

test('150 first and PASV after it, as pyftpdlib takes it', async () => {
  const listener = await listenForPeers();
  const answers = { RETR: '150 File status okay. About to open data connection.', PASV: `227 (${listener.hostPort})` };
  const { client, server, seen } = await greetedSession({ answers });
  const control = await server.accept();
  expect(await client.ask('RETR f')).toMatch(/^150 /);
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  const leg = await listener.accept();
  leg.say('late');
  leg.socket.end();
  await data.over();
  expect(data.received).toBe('late');
  control.say('226 Done\r\n');
  expect(await client.readReply()).toBe('226 Done');
  expect(await seen('link-closed')).toMatchObject({ verb: 'RETR', outcome: 'complete', bytes: 4 });
});

test('the advertised address is told, and the data port listens where clients come', async () => {
  const listener = await listenForPeers();
  const { client, endpoint } = await greetedSession(
    { answers: { PASV: `227 (${listener.hostPort})` } },
    { advertise: '192.0.2.7' },
  );
  const given = endpointOf227(await client.ask('PASV'));
  expect(given.address).toBe('192.0.2.7');
  await connectPeer({ address: endpoint.address, port: given.port });
});
