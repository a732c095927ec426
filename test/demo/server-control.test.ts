import { describe, expect, test } from 'vitest';
import {
  announceData,
  connectTo,
  dialogue,
  openSession,
  openTcpResources,
  rawConnection,
  readAll,
  startServer,
} from './sample-session.js';

describe('ABOR', () => {
  test('in mid-transfer gets two replies, and the session goes on', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'passive');
    await data.connection();
    await dialogue(
      client,
      `C: RETR big-64MiB.bin
       S: 150 Opening data connection for big-64MiB.bin (67108864 bytes).
       C: ABOR
       S: 426 Transfer aborted.
       S: 226 ABOR done.
       C: NOOP
       S: 200 NOOP ok.`,
    );
    expect((await client.download('README.txt', { mode: 'passive' })).reply.code).toBe(226);
  });

  test.each([
    ['Telnet IP and Synch', '\xff\xf4\xff\xf2ABOR\r\n'],
    ['the DM lost as urgent data', '\xff\xf4\xffABOR\r\n'],
    ['the LF lost as urgent data', 'ABOR\r'],
  ])('with %s', async (_, wire) => {
    const { client } = await openSession();
    const data = await announceData(client, 'passive');
    await data.connection();
    expect((await client.command('RETR big-64MiB.bin')).code).toBe(150);
    client.send(wire);
    expect((await client.nextReply()).code).toBe(426);
    expect((await client.nextReply()).code).toBe(226);
    expect((await client.command('PWD')).code).toBe(257);
  });

  test('while the data connection is still awaited', async () => {
    const { client } = await openSession();
    await client.command('EPSV');
    expect((await client.command('STOR new.txt')).code).toBe(150);
    expect((await client.abort()).map((reply) => reply.lines[0])).toEqual(['426 Transfer aborted.', '226 ABOR done.']);
  });

  test('of an upload keeps what came', async () => {
    const { server, client } = await openSession();
    const data = await announceData(client, 'active');
    expect((await client.command('STOR part.bin')).code).toBe(150);
    (await data.connection()).write('half of it');
    while (!(await client.command('STAT')).lines.join().includes('10 bytes so far')) {}
    expect(await client.abort()).toHaveLength(2);
    expect(server.files.read('/part.bin')).toEqual(Buffer.from('half of it'));
  });

  test('with no transfer gets one reply and closes the data port', async () => {
    const { client } = await openSession();
    await client.command('EPSV');
    expect((await client.abort()).map((reply) => reply.code)).toEqual([226]);
    expect((await client.command('LIST')).code).toBe(425);
  });
});

describe('during a transfer', () => {
  test('STAT is answered at once, with the progress', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'active');
    expect((await client.command('STOR new.txt')).code).toBe(150);
    const socket = await data.connection();
    expect((await client.command('STAT')).lines.at(-2)).toBe(' STOR /new.txt: 0 bytes so far.');
    expect((await client.command('STAT empty.txt')).code).toBe(213);
    socket.end();
    expect((await client.nextReply()).code).toBe(226);
    expect((await client.command('STAT')).lines.at(-2)).toBe(' No data connection.');
  });

  test('other commands wait for its end; QUIT too', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    expect((await client.command('STOR new.txt')).code).toBe(150);
    client.send('NOOP\r\nSIZE new.txt\r\nQUIT\r\n');
    socket.end('12345');
    const codes = [];
    for (let count = 0; count < 4; count++) codes.push((await client.nextReply()).lines[0]);
    expect(codes).toEqual(['226 Transfer complete.', '200 NOOP ok.', '213 5', '221 Goodbye.']);
    await client.closed;
  });

  test('NOOP is answered at once by a server that is told so', async () => {
    const { client } = await openSession({ atOnceVerbs: ['NOOP'] });
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    expect((await client.command('STOR new.txt')).code).toBe(150);
    expect((await client.command('NOOP')).lines).toEqual(['200 NOOP ok.']);
    socket.end();
    expect((await client.nextReply()).code).toBe(226);
  });
});

describe('pipelining', () => {
  test('a whole session in one packet', async () => {
    const server = await startServer();
    const socket = await rawConnection(server.address);
    socket.end('USER demo\r\nPASS sesame\r\nRNFR empty.txt\r\nRNTO e.txt\r\nSIZE e.txt\r\nNOOP\r\nQUIT\r\nPWD\r\n');
    expect((await readAll(socket)).split('\r\n').map((line) => line.slice(0, 3))).toEqual([
      '220',
      '331',
      '230',
      '350',
      '250',
      '213',
      '200',
      '221',
      '',
    ]);
  });

  test('a client that sends, closes its side and reads gets every reply', async () => {
    const server = await startServer();
    const socket = await rawConnection(server.address);
    socket.end('USER demo\r\nPASS sesame\r\nEPSV\r\nPWD\r\nhalf a li');
    expect(await readAll(socket)).toMatch(/^220 .*\r\n331 .*\r\n230 .*\r\n229 .*\r\n257 .*\r\n$/);
  });

  test('commands behind a command that takes its time keep their order', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'active');
    const replies = ['STOR a', 'SIZE a', 'EPSV', 'ABOR', 'PWD'].map((line) => client.command(line));
    (await data.connection()).end('abc');
    const codes = (await Promise.all(replies)).map((reply) => reply.code);
    codes.push((await client.nextReply()).code);
    expect(codes).toEqual([150, 226, 213, 229, 226, 257]);
  });

  test('10,000 commands', async () => {
    const { client } = await openSession();
    const count = 10_000;
    client.send('NOOP\r\n'.repeat(count));
    for (let received = 0; received < count; received++) expect((await client.nextReply()).code).toBe(200);
    expect((await client.command('PWD')).code).toBe(257);
  });

  test('a client that reads nothing until it has sent everything gets every reply', async () => {
    const server = await startServer();
    const socket = await rawConnection(server.address);
    const count = 20_000;
    socket.end(`${'HELP\r\n'.repeat(count)}QUIT\r\n`);
    const text = await readAll(socket);
    expect(text.match(/^214 End\r$/gm)).toHaveLength(count);
    expect(text).toMatch(/221 Goodbye\.\r\n$/);
  });
});

describe('rubbish', () => {
  test('a line without end is refused once, and forgotten', async () => {
    const { client } = await openSession({ maxLineBytes: 64 });
    client.send('X'.repeat(100_000));
    expect((await client.nextReply()).lines).toEqual(['500 Line longer than 64 bytes.']);
    client.send(`${'X'.repeat(100_000)}\r\n`);
    expect((await client.command('NOOP')).code).toBe(200);
  });

  test('0xFF in a name, doubled as Telnet wants it or as it is, is one', async () => {
    const { client } = await openSession();
    await client.command('MKD a\xff\xffb');
    expect((await client.command('RMD a\xffb')).lines).toEqual(['250 Removed.']);
    expect((await client.command('MKD a\xffb')).lines).toEqual(['257 "/a\xff\xffb" created.']);
  });

  test('a TLS hello, an HTTP request', async () => {
    const { client } = await openSession();
    client.send('\x16\x03\x01\x02\x00\n');
    expect((await client.nextReply()).code).toBe(500);
    expect((await client.command('GET / HTTP/1.1')).code).toBe(500);
  });
});

describe('the end', () => {
  test('close says 421 to everyone and leaves nothing open, whatever was running', async () => {
    const before = await openTcpResources();
    const server = await startServer();
    const clients = await Promise.all([1, 2, 3, 4].map(() => connectTo(server.address)));
    const [idle, listening, waiting, sending] = clients;
    await listening?.login('demo', 'sesame');
    await waiting?.login('demo', 'sesame');
    await sending?.login('demo', 'sesame');
    await listening?.command('EPSV');
    await waiting?.command('EPSV');
    await waiting?.command('STOR new.txt');
    const data = sending && (await announceData(sending, 'passive'));
    await data?.connection();
    await sending?.command('RETR big-64MiB.bin');
    expect(server.sessionCount).toBe(4);

    await server.close();
    expect(server.sessionCount).toBe(0);
    for (const client of [idle, listening, waiting, sending]) {
      expect((await client?.nextReply())?.lines).toEqual(['421 Server is shutting down.']);
      await client?.close();
    }
    (await data?.connection())?.destroy();
    expect(await openTcpResources()).toEqual(before);
    await expect(connectTo(server.address)).rejects.toThrow('connection refused');
  });

  test('close does not wait for a client that never closes its side', async () => {
    const server = await startServer();
    const socket = await rawConnection(server.address);
    await server.close();
    expect(await readAll(socket)).toMatch(/^220 .*\r\n421 Server is shutting down\.\r\n$/);
  });

  test('an idle client gets 421, one with a running transfer only after it', async () => {
    const { server, client } = await openSession({ idleTimeoutMs: 200 });
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    expect((await client.command('STOR slow.txt')).code).toBe(150);
    const idler = await connectTo(server.address);
    expect((await idler.nextReply()).lines).toEqual(['421 Idle for 200 ms.']);
    socket.end('x');
    expect((await client.nextReply()).code).toBe(226);
    expect((await client.nextReply()).lines).toEqual(['421 Idle for 200 ms.']);
    await client.closed;
  });

  test('a client that vanishes in mid-transfer ends the transfer and leaves nothing', async () => {
    const before = await openTcpResources();
    const { server, client } = await openSession();
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    const ended = new Promise((resolve) => socket.once('close', resolve).resume());
    await client.command('STOR half.bin');
    await client.close();
    await ended;
    await server.close();
    expect(await openTcpResources()).toEqual(before);
  });

  test('100 clients that connect and reset leave nothing', async () => {
    const server = await startServer();
    const sockets = await Promise.all(Array.from({ length: 100 }, () => rawConnection(server.address)));
    for (const socket of sockets) socket.resetAndDestroy();
    const client = await connectTo(server.address);
    while (server.sessionCount > 1) await client.command('NOOP');
    expect((await client.command('SYST')).code).toBe(215);
  });
});

test('a port that is taken is an error of startSampleServer', async () => {
  const server = await startServer();
  await expect(startServer({ port: server.address.port })).rejects.toThrow('EADDRINUSE');
});
