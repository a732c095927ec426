// What a client says while a transfer runs: ABOR in every style that exists, STAT, NOOP and QUIT. None of it waits for the data.
import { describe, expect, test } from 'vitest';
import { announceData, connectTo, startServer } from '../demo/sample-session.js';
import { connectPeer, listenForPeers, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

/** A transfer that runs against a scripted server. */
async function running(verb: 'RETR' | 'STOR', answers: Script['answers'] = {}) {
  const listener = await listenForPeers();
  const session = await greetedSession({
    answers: { PASV: `227 (${listener.hostPort})`, RETR: '150 Here', STOR: '150 Send', ...answers },
  });
  const control = await session.server.accept();
  const data = await connectPeer(endpointOf227(await session.client.ask('PASV')));
  await session.client.ask(`${verb} f`);
  const leg = await listener.accept();
  const [from, to] = verb === 'RETR' ? [leg, data] : [data, leg];
  from.say('half');
  await to.readBytes(4);
  return { ...session, control, data, leg };
}

const IAC_IP = '\xff\xf4';
const styles: readonly (readonly [string, string])[] = [
  ['plain', 'ABOR\r\n'],
  ['behind IP and Synch, all in band', `${IAC_IP}\xff\xf2ABOR\r\n`],
  ['behind IP and an orphan IAC (BSD, urgent DM lost)', `${IAC_IP}\xffABOR\r\n`],
  ['behind IP and an orphan DM', `${IAC_IP}\xf2ABOR\r\n`],
  ['with its LF lost as urgent data (ftplib)', 'ABOR\r'],
  ['behind IP, with its LF lost', `${IAC_IP}ABOR\r`],
  ['in lower case with a bare LF', 'abor\n'],
];

describe.each(styles)('ABOR %s', (_style, bytes) => {
  const ABOR = '426 Transfer aborted\r\n226 ABOR done\r\n';

  test('in a download', async () => {
    const { client, server, leg, data, seen } = await running('RETR', { ABOR, abor: ABOR });
    client.say(Buffer.from(bytes, 'latin1'));
    expect(await client.readReply()).toBe('426 Transfer aborted');
    expect(await client.readReply()).toBe('226 ABOR done');
    expect(server.lines.at(-1)?.toUpperCase()).toBe('ABOR');
    expect(await leg.over()).not.toBe('open');
    expect(await data.over()).not.toBe('open');
    expect(data.received).toBe('half');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'aborted', bytes: 4 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('in an upload: the server does not see an end', async () => {
    const { client, leg, data } = await running('STOR', { ABOR });
    client.say(Buffer.from(bytes, 'latin1'));
    expect(await client.readReply()).toBe('426 Transfer aborted');
    expect(await client.readReply()).toBe('226 ABOR done');
    expect(await leg.over()).toBe('broken');
    expect(await data.over()).not.toBe('open');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('with nothing to abort', async () => {
    const { client, server } = await greetedSession({ answers: { ABOR: '225 Nothing' } });
    client.say(Buffer.from(bytes, 'latin1'));
    expect(await client.readReply()).toBe('225 Nothing');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines.map((line) => line.toUpperCase())).toEqual(['ABOR', 'NOOP']);
  });
});

describe('servers answer ABOR in several ways', () => {
  test('with 226 alone', async () => {
    const { client, data } = await running('RETR', { ABOR: '226 Aborted' });
    expect(await client.ask('ABOR')).toBe('226 Aborted');
    expect(await data.over()).not.toBe('open');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('with 226 for the transfer, which was done already, and 225', async () => {
    const { client, leg, control } = await running('RETR', { ABOR: () => {} });
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    client.say('ABOR\r\n');
    control.say('225 Nothing to abort\r\n');
    expect(await client.readReply()).toBe('225 Nothing to abort');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('with 502, and goes on sending: the client is not left with half a success', async () => {
    const { client, leg, control } = await running('RETR', { ABOR: '502 What?' });
    expect(await client.ask('ABOR')).toBe('502 What?');
    expect(await leg.over()).not.toBe('open');
    control.say('426 Broken\r\n');
    expect(await client.readReply()).toBe('426 Broken');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('the sample server', async () => {
    const endless = { size: 2 ** 40, fill: (target: Buffer) => void target.fill(1) };
    const server = await startServer({ files: { '/endless': endless }, users: { demo: { password: 'sesame' } } });
    const watched = await watchProxy({ server: server.address });
    const client = await connectTo({ address: '127.0.0.1', port: watched.endpoint.port });
    await client.login('demo', 'sesame');
    for (const mode of ['passive', 'active'] as const) {
      const data = await announceData(client, mode);
      const connection = data.connection();
      expect((await client.command('RETR endless')).code).toBe(150);
      const socket = await connection;
      expect((await client.abort()).map(({ code }) => code)).toEqual([426, 226]);
      socket.destroy();
    }
    expect((await client.command('NOOP')).code).toBe(200);
  });
});

describe('while a transfer runs', () => {
  test('STAT and NOOP are answered at once', async () => {
    const { client, control, leg, data } = await running('RETR', { STAT: '211-Busy\r\n f 4 bytes\r\n211 End' });
    expect(await client.ask('STAT')).toBe('211-Busy\n f 4 bytes\n211 End');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    leg.say(' and half');
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    await data.over();
    expect(data.received).toBe('half and half');
  });

  test('a NOOP that the server answers only after the transfer', async () => {
    const { client, control, leg, server, seen } = await running('RETR', { NOOP: () => {} });
    client.say('NOOP\r\n');
    await server.got('NOOP');
    leg.socket.end();
    control.say('226 Done\r\n200 NOOP ok\r\n');
    expect(await client.readReply()).toBe('226 Done');
    expect(await client.readReply()).toBe('200 NOOP ok');
    const noop = await seen('command', ({ verb }) => verb === 'NOOP');
    expect(await seen('reply', ({ code }) => code === 200)).toMatchObject({ answers: noop.number });
  });

  test('QUIT goes to the server, and the transfer is finished first', async () => {
    const { client, control, leg, data, server, seen } = await running('RETR', { QUIT: () => {} });
    client.say('QUIT\r\n');
    await server.got('QUIT');
    leg.say(' and half');
    leg.socket.end();
    control.say('226 Done\r\n221 Bye\r\n');
    control.socket.end();
    expect(await client.readReply()).toBe('226 Done');
    expect(await client.readReply()).toBe('221 Bye');
    await data.over();
    expect(data.received).toBe('half and half');
    expect(await client.over()).toBe('ended');
    expect(await seen('session-closed')).toMatchObject({ by: 'client', reason: 'QUIT' });
  });

  test('226 and the end of the control connection overtake the data: all of it still comes', async () => {
    const { client, control, leg, data, seen } = await running('RETR');
    data.socket.pause();
    const rest = 'content '.repeat(2_000_000);
    leg.say(rest);
    leg.socket.end();
    control.say('226 Done\r\n');
    control.socket.end();
    await seen('reply', ({ code }) => code === 226);
    data.socket.resume();
    await data.over();
    expect(data.received).toHaveLength(4 + rest.length);
    expect(await client.readReply()).toBe('226 Done');
    expect(await client.over()).toBe('ended');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: 4 + rest.length });
  });

  test('QUIT, and the server hangs up on the transfer, whose data still ends by itself', async () => {
    const { client, data, leg, seen } = await running('RETR');
    client.say('QUIT\r\n');
    await seen('reply', ({ code }) => code === 221);
    leg.socket.end();
    expect(await data.over()).toBe('ended');
    expect(await client.readReply()).toMatch(/^(221 Bye|426 )/);
    expect(await client.over()).toBe('ended');
    expect(client.received).not.toContain('226');
    expect((await seen('link-closed')).outcome).toBe('failed');
  });
});
