// Addresses that clients announce with PORT and EPRT, and what is answered here instead of being relayed.
import { describe, expect, test } from 'vitest';
import { connectPeer, listenForPeers, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, portOf229 } from './watched-proxy.js';

leavesNothingOpen();

describe('PORT and EPRT', () => {
  const refused = [
    ['PORT 10,1,2,3,200,1', /^500 /, 'foreign-address'],
    ['PORT 127,0,0,2,200,1', /^500 /, 'foreign-address'],
    ['EPRT |1|10.1.2.3|50000|', /^500 /, 'foreign-address'],
    ['EPRT |2|::1|50000|', /^522 .*\(1\)/, 'foreign-address'],
    ['PORT 127,0,0,1,0,25', /^500 /, 'privileged-port'],
    ['EPRT |1|127.0.0.1|1023|', /^500 /, 'privileged-port'],
    ['PORT 127,0,0,1,0,0', /^501 /, 'bad-address'],
    ['PORT 127,0,0,1,300,1', /^501 /, 'bad-address'],
    ['EPRT |1|localhost|50000|', /^501 /, 'bad-address'],
    ['EPRT |3|x|50000|', /^522 .*\(1\)/, 'bad-address'],
    ['LPRT 4,4,127,0,0,1,2,200,1', /^502 /, 'unsupported-address-form'],
  ] as const;

  test.each(refused)('%s is refused and not relayed', async (line, reply, code) => {
    const { client, server, seen } = await greetedSession();
    expect(await client.ask(line)).toMatch(reply);
    expect(await seen('violation')).toMatchObject({ side: 'client', code });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['NOOP']);
  });

  test.each(['PORT', 'PORT 1,2,3', 'EPRT ||'])('%s is for the server to refuse', async (line) => {
    const answers = { PORT: '501 Illegal command', EPRT: '501 Illegal command' };
    const { client, server, seen } = await greetedSession({ answers });
    expect(await client.ask(line)).toBe('501 Illegal command');
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'bad-address' });
    expect(server.lines).toEqual([line]);
  });

  test('a foreign host is taken when that is allowed', async () => {
    const elsewhere = await listenForPeers('127.0.0.2');
    const answers = { PORT: '200 ok', RETR: '150 Here' };
    const { client, server } = await greetedSession({ answers }, { allowForeignPort: true });
    expect(await client.ask(`PORT ${elsewhere.hostPort}`)).toBe('200 ok');
    await client.ask('RETR f');
    const dialled = endpointOf227(await server.got(/^PORT /));
    const leg = await connectPeer(dialled);
    leg.say('bounced');
    leg.socket.end();
    const data = await elsewhere.accept();
    expect(await data.over()).toBe('ended');
    expect(data.received).toBe('bounced');
  });

  test('the answers keep the order of the commands', async () => {
    const { client } = await greetedSession();
    client.say('NOOP\r\nPORT 1,2,3,4,5,6\r\nAUTH TLS\r\nNOOP\r\n');
    const codes: string[] = [];
    for (let count = 0; count < 4; count += 1) codes.push((await client.readReply()).slice(0, 3));
    expect(codes).toEqual(['200', '500', '502', '200']);
  });

  test('a PORT that waits for its data port is not overtaken by what comes behind it', async () => {
    const own = await listenForPeers();
    const { client, server } = await greetedSession({ answers: { PORT: '200 ok', LIST: '550 No' } });
    client.say(`TYPE A\r\nPORT ${own.hostPort}\r\nLIST\r\nNOOP\r\n`);
    await server.got('NOOP');
    expect(server.lines.map((line) => line.split(' ')[0])).toEqual(['TYPE', 'PORT', 'LIST', 'NOOP']);
    expect(server.lines[1]).not.toBe(`PORT ${own.hostPort}`);
  });
});

test('after EPSV ALL the server refuses everything but EPSV', async () => {
  const listener = await listenForPeers();
  const EPSV: Script['answers'] = {
    EPSV: (peer, line) => peer.say(line === 'EPSV ALL' ? '200 ok\r\n' : `229 ok (|||${listener.endpoint.port}|)\r\n`),
    PASV: '501 EPSV only',
    PORT: '501 EPSV only',
    EPRT: '501 EPSV only',
  };
  const { client, server } = await greetedSession({ answers: EPSV });
  expect(await client.ask('EPSV ALL')).toBe('200 ok');
  for (const line of ['PORT 127,0,0,1,200,1', 'EPRT |1|127.0.0.1|50000|', 'PASV']) {
    expect(await client.ask(line)).toBe('501 EPSV only');
  }
  expect(portOf229(await client.ask('EPSV'))).toBeGreaterThan(1023);
  expect(server.lines).toEqual([
    'EPSV ALL',
    expect.stringMatching(/^PORT /),
    expect.stringMatching(/^EPRT /),
    'PASV',
    'EPSV',
  ]);
});

test('AUTH is answered here, seen, and the session goes on in the clear', async () => {
  const { client, server, seen } = await greetedSession();
  expect(await client.ask('AUTH TLS')).toMatch(/^502 /);
  expect(await seen('violation')).toMatchObject({ side: 'client', code: 'encryption-refused' });
  expect(await client.ask('AUTH SSL')).toMatch(/^502 /);
  expect(await client.ask('USER anna')).toBe('331 Password, please');
  expect(server.lines).toEqual(['USER anna']);
});
