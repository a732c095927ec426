import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  announceData,
  connectTo,
  dialogue,
  families,
  openSession,
  passivePort,
  rawConnection,
  rawServer,
  readAll,
} from './sample-session.js';

describe('a transfer without its data connection', () => {
  test('with none announced', async () => {
    const { client } = await openSession();
    await dialogue(
      client,
      `C: RETR README.txt
       S: 425 Send PORT, PASV, EPRT or EPSV first.
       C: STOR new.txt
       S: 425 Send PORT, PASV, EPRT or EPSV first.
       C: LIST
       S: 425 Send PORT, PASV, EPRT or EPSV first.
       C: SIZE new.txt
       S: 550 new.txt: no such file.`,
    );
  });

  test('when the client never comes', async () => {
    const { client } = await openSession({ dataTimeoutMs: 20 });
    await client.command('EPSV');
    await dialogue(
      client,
      `C: RETR report.pdf
       S: 150 Opening data connection for report.pdf (196608 bytes).
       S: 425 Cannot open data connection: no one connected to the data port.
       C: RETR report.pdf
       S: 425 Send PORT, PASV, EPRT or EPSV first.`,
    );
  });

  test('when the client does not listen', async () => {
    const { client } = await openSession();
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    expect((await client.command(`EPRT |1|127.0.0.1|${port}|`)).code).toBe(200);
    expect((await client.command('RETR report.pdf')).code).toBe(150);
    const refused = await client.nextReply();
    expect(refused.lines[0]).toMatch(/^425 Cannot open data connection: connection refused\.$/);
  });
});

describe('what the client announces', () => {
  test('in a form that is wrong', async () => {
    const { client } = await openSession();
    await dialogue(
      client,
      `C: PORT 127,0,0,1
       S: 501 PORT h1,h2,h3,h4,p1,p2.
       C: PORT 127,0,0,1,300,1
       S: 501 PORT h1,h2,h3,h4,p1,p2.
       C: EPRT |1|127.0.0.1|
       S: 501 EPRT |protocol|address|port|.
       C: EPRT |2|::1|50000|
       S: 522 Network protocol not supported, use (1)
       C: EPRT |9|x|50000|
       S: 522 Network protocol not supported, use (1)
       C: EPSV 2
       S: 522 Network protocol not supported, use (1)
       C: EPSV maybe
       S: 501 EPSV [1|2|ALL].`,
    );
  });

  test('to bounce off the server', async () => {
    const { client } = await openSession();
    await dialogue(
      client,
      `C: PORT 10,0,0,7,200,1
       S: 504 PORT to another host is refused.
       C: EPRT |1|10.0.0.7|50000|
       S: 504 EPRT to another host is refused.
       C: PORT 127,0,0,1,0,25
       S: 504 PORT below 1024 is refused.`,
    );
  });

  test('to another host, where that is allowed', async () => {
    const { client } = await openSession({ allowForeignPort: true });
    expect((await client.command('PORT 127,0,0,9,200,1')).lines).toEqual(['200 PORT taken.']);
  });

  test('after EPSV ALL', async () => {
    const { client } = await openSession();
    await dialogue(
      client,
      `C: EPSV ALL
       S: 200 EPSV ALL: only EPSV from now on.
       C: PASV
       S: 500 Refused after EPSV ALL.
       C: PORT 127,0,0,1,200,1
       S: 500 Refused after EPSV ALL.
       C: EPRT |1|127.0.0.1|50000|
       S: 500 Refused after EPSV ALL.`,
    );
    expect((await client.download('README.txt', { mode: 'extended-passive' })).reply.code).toBe(226);
  });
});

describe('a passive port', () => {
  test('can be announced under another address', async () => {
    const { client } = await openSession({ passiveHost: '203.0.113.9' });
    const reply = await client.command('PASV');
    expect(reply.lines[0]).toContain('(203,0,113,9,');
  });

  test('takes the client early or late', async () => {
    const { client } = await openSession();
    const early = await announceData(client, 'passive');
    await early.connection();
    expect((await client.command('LIST')).code).toBe(150);
    expect((await client.nextReply()).code).toBe(226);

    const late = await announceData(client, 'passive');
    expect((await client.command('LIST')).code).toBe(150);
    expect(await readAll(await late.connection())).toContain('README.txt');
    expect((await client.nextReply()).code).toBe(226);
  });

  test('gives the whole file to a client that shuts down its sending side first', async () => {
    const { client } = await openSession();
    const socket = await rawConnection({ address: '127.0.0.1', port: await passivePort(client, 'EPSV') });
    socket.end();
    expect((await client.command('RETR report.pdf')).code).toBe(150);
    expect((await readAll(socket)).length).toBe(196_608);
    expect((await client.nextReply()).code).toBe(226);
  });

  test('turns away strangers and waits on', async () => {
    const { client } = await openSession();
    const port = await passivePort(client, 'EPSV');
    // Only Linux has all of 127.0.0.0/8 as loopback.
    const stranger = await rawConnection({ address: '127.0.0.1', port }, '127.0.0.2').catch(() => null);
    if (stranger !== null) expect(await readAll(stranger)).toBe('');
    const friend = await rawConnection({ address: '127.0.0.1', port });
    expect((await client.command('RETR README.txt')).code).toBe(150);
    expect(await readAll(friend)).toContain('sample server');
  });

  test('is one for one connection, and the newest counts', async () => {
    const { client } = await openSession();
    const old = await passivePort(client, 'EPSV');
    const port = await passivePort(client, 'EPSV');
    const socket = await rawConnection({ address: '127.0.0.1', port });
    expect((await client.command('NLST music')).code).toBe(150);
    expect(await readAll(socket)).toContain('playlist.m3u');
    for (const gone of [old, port]) {
      await expect(client.command('NOOP')).resolves.toMatchObject({ code: expect.any(Number) });
      await expect(connectionTo(gone)).rejects.toThrow('ECONNREFUSED');
    }
  });

  test('survives a refused command: the next transfer uses it', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'passive');
    expect((await client.command('RETR nowhere')).code).toBe(550);
    expect((await client.command('NLST music')).code).toBe(150);
    expect(await readAll(await data.connection())).toContain('playlist.m3u');
  });
});

async function connectionTo(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connect({ host: '127.0.0.1', port }).once('connect', resolve).once('error', reject);
  });
}

describe('a data connection that breaks', () => {
  test('in mid-download gets 426', async () => {
    const { client } = await openSession();
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    expect((await client.command('RETR big-64MiB.bin')).code).toBe(150);
    socket.destroy();
    expect((await client.nextReply()).lines).toEqual(['426 Data connection broken.']);
  });

  test('in mid-upload gets 426, and what came stays', async () => {
    const { server, client } = await openSession();
    const data = await announceData(client, 'passive');
    const socket = await data.connection();
    expect((await client.command('STOR part.bin')).code).toBe(150);
    socket.write('half of it');
    while (!(await client.command('STAT')).lines.join().includes('10 bytes so far')) {}
    socket.resetAndDestroy();
    expect((await client.nextReply()).lines).toEqual(['426 Data connection broken.']);
    expect(server.files.read('/part.bin')).toEqual(Buffer.from('half of it'));
  });

  test('by standing still gets 426', async () => {
    const { client } = await openSession({ stallTimeoutMs: 30 });
    const data = await announceData(client, 'active');
    const socketPromise = data.connection();
    expect((await client.command('STOR slow.bin')).code).toBe(150);
    await socketPromise;
    expect((await client.nextReply()).lines).toEqual(['426 Data connection broken.']);
  });
});

test('over a listener for both families, an IPv4 client is served in IPv4', async ({ skip }) => {
  const ipv6 = families[1];
  skip(!ipv6.available, ipv6.name);
  const { server } = await openSession({ host: '::' });
  const client = await connectTo({ address: '127.0.0.1', port: server.address.port });
  await client.login('demo', 'sesame');
  for (const mode of ['passive', 'active', 'extended-passive', 'extended-active'] as const) {
    expect((await client.download('README.txt', { mode })).reply.code, mode).toBe(226);
  }
});

test('the client shows a server whose final reply says failure and whose data connection never comes', async () => {
  const address = await rawServer((socket) => {
    socket.write('220 hello\r\n');
    socket.on('data', (chunk) => {
      const verb = chunk.toString('latin1').slice(0, 4);
      socket.write(verb === 'RETR' ? '150 soon\r\n425 or never\r\n' : '200 ok\r\n');
    });
  });
  const client = await connectTo(address);
  const result = await client.download('x', { mode: 'active' });
  expect([result.preliminary?.code, result.reply.code, result.size, result.ended]).toEqual([150, 425, 0, false]);
});
