// Clients that are no FTP clients, or send lines as no client should: named, answered, and never a trouble for others.
import { describe, expect, test } from 'vitest';
import { connectPeer } from '../support/scripted-server.js';
import { greetedSession, leavesNothingOpen, scriptedSession } from './watched-proxy.js';

leavesNothingOpen();

describe('a client that is not FTP is named and turned away', () => {
  const strangers: readonly (readonly [string, string | Buffer, string])[] = [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'HTTP'],
    ['HTTP POST', 'POST /upload HTTP/1.1\r\nHost: x\r\n\r\nRETR secret\r\n', 'HTTP'],
    ['a TLS ClientHello', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), 'TLS'],
    ['SSH', 'SSH-2.0-PuTTY\r\n', 'SSH'],
  ];

  test.each(strangers)('%s', async (_name, bytes, protocol) => {
    const { client, server, seen } = await scriptedSession();
    client.say(bytes);
    await client.over();
    expect(client.received).toMatch(new RegExp(`421 .*${protocol}.*\r\n$`));
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'not-ftp' });
    expect(await seen('session-closed')).toMatchObject({ by: 'client' });
    expect(server.lines).toEqual([]);
  });
});

describe('odd bytes are relayed, observed, and the session goes on', () => {
  test('binary garbage', async () => {
    const { client, server, seen, observations } = await greetedSession();
    const garbage = Buffer.from('\x01\x80\xfe\x9c\x00 ~\xe4', 'latin1');
    client.say(Buffer.concat([garbage, Buffer.from('\r\n')]));
    expect(await client.readReply()).toBe('502 Not in the script');
    expect(server.lines).toEqual([garbage.toString('latin1')]);
    expect(await seen('noise')).toMatchObject({ from: 'client', what: 'line', line: garbage.toString('latin1') });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(observations.some(({ kind }) => kind === 'session-closed')).toBe(false);
  });

  test('a NUL in a line', async () => {
    const { client, server, seen } = await greetedSession();
    expect(await client.ask('CWD a\0b')).toBe('502 Not in the script');
    expect(server.lines).toEqual(['CWD a\0b']);
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'nul-byte' });
  });

  test('a bare LF as line end', async () => {
    const { client, server, seen, all } = await greetedSession();
    client.say('NOOP\nNOOP\n');
    expect([await client.readReply(), await client.readReply()]).toEqual(['200 NOOP ok', '200 NOOP ok']);
    expect(server.lines).toEqual(['NOOP', 'NOOP']);
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'bare-line-feed' });
    expect(all('violation')).toHaveLength(1);
  });

  test('an empty line', async () => {
    const { client } = await greetedSession();
    client.say('\r\n');
    expect(await client.readReply()).toBe('502 Not in the script');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('names in any bytes', async () => {
    const { client, server, seen } = await greetedSession();
    const name = 'Gr\xc3\xbc\xdfe \xff\xff \r\x1b[31m';
    expect(await client.ask(`CWD ${name}`)).toBe('502 Not in the script');
    expect(server.lines).toEqual([`CWD ${name}`]);
    expect((await seen('command')).line).toBe(`CWD ${name}`);
  });

  test('a command in single bytes', async () => {
    const { client, server } = await greetedSession();
    for (const byte of 'NOOP\r\n') {
      client.say(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.readReply()).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['NOOP']);
  });
});

describe('lines over the limit', () => {
  test('are answered 500, not relayed, and the session goes on', async () => {
    const { client, server, seen } = await greetedSession({}, { maxLineBytes: 128 });
    expect(await client.ask(`CWD ${'x'.repeat(128)}`)).toMatch(/^500 .*128/);
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'line-too-long' });
    const justFits = `CWD ${'x'.repeat(122)}`;
    expect(await client.ask(justFits)).toBe('502 Not in the script');
    expect(server.lines).toEqual([justFits]);
  });

  test('a mebibyte without a line end', async () => {
    const { client, server, all } = await greetedSession();
    client.say('x'.repeat(1024 * 1024));
    expect(await client.readReply()).toMatch(/^500 /);
    client.say('\r\nNOOP\r\n');
    expect(await client.readReply()).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['NOOP']);
    expect(all('violation')).toHaveLength(1);
  });

  test('a password in one is not shown', async () => {
    const { client, observations } = await greetedSession({}, { maxLineBytes: 128 });
    expect(await client.ask(`PASS secret${'x'.repeat(140)}`)).toMatch(/^500 /);
    expect(JSON.stringify(observations)).not.toContain('secret');
  });
});

test('10,000 commands at once are answered, all and in order', async () => {
  let count = 0;
  const { client, server } = await greetedSession({
    answers: {
      SIZE: (peer, line) => {
        count += 1;
        peer.say(`213 ${count} for ${line}\r\n`);
      },
    },
  });
  const commands = Array.from({ length: 10_000 }, (_, index) => `SIZE ${index + 1}`);
  client.say(commands.map((command) => `${command}\r\n`).join(''));
  for (const [index, command] of commands.entries()) {
    const reply = await client.readReply();
    if (reply !== `213 ${index + 1} for ${command}`) expect(reply).toBe(`213 ${index + 1} for ${command}`);
  }
  expect(server.lines).toHaveLength(10_000);
}, 20_000);

describe('the client ends', () => {
  test('half closed after QUIT: it still gets its replies', async () => {
    const { server, endpoint, seen } = await greetedSession();
    const client = await connectPeer(endpoint, { allowHalfOpen: true });
    client.say('NOOP\r\nQUIT\r\n');
    client.socket.end();
    await client.over();
    expect(client.received).toBe('220 Scripted server\r\n200 NOOP ok\r\n221 Bye\r\n');
    expect(server.lines).toEqual(['NOOP', 'QUIT']);
    expect((await seen('session-closed')).by).toBe('client');
  });

  test('half closed without QUIT: what was asked is answered, and both sides end', async () => {
    const { server, endpoint } = await greetedSession();
    await server.accept();
    const client = await connectPeer(endpoint, { allowHalfOpen: true });
    client.say('NOOP\r\n');
    client.socket.end();
    const control = await server.accept();
    expect(await control.over()).toBe('ended');
    expect(await client.over()).toBe('ended');
    expect(client.received).toBe('220 Scripted server\r\n200 NOOP ok\r\n');
  });

  test('an unfinished last line', async () => {
    const { server, endpoint, seen } = await greetedSession();
    const client = await connectPeer(endpoint, { allowHalfOpen: true });
    client.say('NOOP\r\nQUIT');
    client.socket.end();
    await client.over();
    expect(client.received).toBe('220 Scripted server\r\n200 NOOP ok\r\n221 Bye\r\n');
    expect(server.lines).toEqual(['NOOP', 'QUIT']);
    expect(await seen('violation')).toMatchObject({ code: 'no-line-end' });
  });

  test('a reset: the server is told', async () => {
    const { client, server, seen } = await greetedSession();
    const control = await server.accept();
    client.reset();
    expect(await control.over()).not.toBe('open');
    expect(await seen('session-closed')).toMatchObject({ by: 'client' });
  });

  test('a reset while its PORT still waits', async () => {
    const { client, server, idle } = await greetedSession({ answers: { PORT: '200 ok' } });
    const control = await server.accept();
    client.say('PORT 127,0,0,1,200,1\r\n');
    client.reset();
    expect(await control.over()).not.toBe('open');
    await idle();
  });
});
