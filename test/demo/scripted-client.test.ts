import { describe, expect, test } from 'vitest';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import { announceData, connectTo, openSession, rawServer } from './sample-session.js';

/** A server that greets and then answers each line with what the script has for its verb. */
async function scripted(script: Readonly<Record<string, string>>): Promise<ScriptedClient> {
  const address = await rawServer((socket) => {
    socket.write('220 hello\r\n');
    socket.on('data', (chunk) => {
      const verb = /^[A-Z]+/.exec(chunk.toString('latin1'))?.[0] ?? '';
      socket.write(script[verb] ?? '');
    });
  });
  return await connectTo(address, { timeoutMs: 200 });
}

describe('every wait is bounded and says what it waited for', () => {
  test('no server', async () => {
    const { server, client } = await openSession();
    await client.close();
    await server.close();
    await expect(ScriptedClient.connect(server.address)).rejects.toThrow(
      `cannot connect to 127.0.0.1:${server.address.port}: connection refused`,
    );
  });

  test('no greeting', async () => {
    const address = await rawServer(() => {});
    await expect(ScriptedClient.connect({ ...address, timeoutMs: 20 })).rejects.toThrow(
      'no reply to the connection (greeting) in 20 ms',
    );
  });

  test('no reply, and passwords stay out of the message', async () => {
    const client = await scripted({});
    await expect(client.command('NOOP')).rejects.toThrow('no reply to NOOP in 200 ms');
    await expect(client.command('PASS secret', 10)).rejects.toThrow('no reply to PASS in 10 ms');
  });

  test('a server that hangs up', async () => {
    const address = await rawServer((socket) => socket.end('220 hello\r\n'));
    const client = await connectTo(address);
    await expect(client.command('NOOP')).rejects.toThrow(
      'the server closed the connection while waiting for the reply to NOOP',
    );
  });

  test('a server that is no FTP server', async () => {
    const address = await rawServer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
    await expect(ScriptedClient.connect(address)).rejects.toThrow('the server speaks SSH, not FTP');
  });

  test('a login that is refused', async () => {
    const client = await scripted({ USER: '530-Go\r\n530 away\r\n' });
    await expect(client.login('ann', 'x')).rejects.toThrow('login as ann refused: 530-Go / 530 away');
  });

  test('a data connection that cannot be announced, read, or dialled', async () => {
    const client = await scripted({
      PASV: '227 nowhere\r\n',
      EPSV: '229 (|||1|)\r\n',
      PORT: '500 no\r\n',
      RETR: '150 go\r\n',
    });
    await expect(client.download('x', { mode: 'passive' })).rejects.toThrow('cannot read the address in: 227 nowhere');
    await expect(client.download('x', { mode: 'active' })).rejects.toThrow(/^PORT [\d,]+ answered: 500 no$/);
    await expect(client.download('x', { mode: 'extended-passive' })).rejects.toThrow(
      'data connection at 127.0.0.1:1: connection refused',
    );
  });

  test('a data connection that never comes', async () => {
    const client = await scripted({ PORT: '200 ok\r\n', RETR: '150 go\r\n' });
    await expect(client.download('x', { mode: 'active' })).rejects.toThrow(
      /^data connection at 127\.0\.0\.1:\d+: no one connected to the data port$/,
    );
  });

  test('a final reply that never comes', async () => {
    const dataAddress = await rawServer((socket) => socket.end('the whole file'));
    const client = await scripted({ EPSV: `229 (|||${dataAddress.port}|)\r\n`, RETR: '150 go\r\n' });
    await expect(client.download('x', { mode: 'extended-passive' })).rejects.toThrow(
      'no final reply in 200 ms after the data connection ended',
    );
  });
});

describe('replies', () => {
  test('come in order, to commands sent in one go', async () => {
    const { client } = await openSession();
    const replies = await Promise.all(['NOOP', 'PWD', 'NOPE'].map((line) => client.command(line)));
    expect(replies.map((reply) => reply.code)).toEqual([200, 257, 500]);
  });

  test('that came before the connection closed can still be read', async () => {
    const address = await rawServer((socket) => socket.end('220 hello\r\n421 no time\r\n'));
    const client = await connectTo(address);
    await client.closed;
    expect((await client.nextReply()).lines).toEqual(['421 no time']);
    await expect(client.nextReply()).rejects.toThrow('the server closed the connection');
  });

  test('and commands make a transcript', async () => {
    const { client } = await openSession();
    await client.quit();
    expect(client.transcript).toEqual([
      'S: 220 Sample FTP server ready.',
      'C: USER demo',
      'S: 331 Password required for demo.',
      'C: PASS sesame',
      'S: 230 Welcome, demo.',
      'C: QUIT',
      'S: 221 Goodbye.',
    ]);
  });
});

describe('a transfer', () => {
  test('that is refused says so, with nothing moved', async () => {
    const { client } = await openSession();
    const result = await client.download('nowhere', { mode: 'passive' });
    expect([result.reply.code, result.preliminary, result.size, result.ended]).toEqual([550, null, 0, false]);
  });

  test('whose REST is refused is not begun', async () => {
    const client = await scripted({ EPSV: '229 (|||1|)\r\n', REST: '502 no\r\n' });
    await expect(client.download('x', { mode: 'extended-passive', rest: 5 })).rejects.toThrow(
      'REST 5 answered: 502 no',
    );
  });

  test('whose content cannot be made is broken off: the server has no whole file', async () => {
    const { client } = await openSession({ files: {} });
    function* failing(): Generator<Buffer> {
      yield Buffer.from('half');
      throw new Error('disk on fire');
    }
    await expect(client.upload('x', failing(), { mode: 'passive' })).rejects.toThrow('disk on fire');
    expect((await client.command('NOOP')).code).toBe(200);
    expect(client.transcript).toContain('S: 426 Data connection broken.');
  });

  test('PORT is not tried over IPv6', async ({ skip }) => {
    const session = await openSession({ host: '::1' }).catch(() => null);
    if (session === null) return skip('::1 is not available here');
    await expect(session.client.download('README.txt', { mode: 'active' })).rejects.toThrow(
      'PORT cannot name an IPv6 address',
    );
  });
});

test('abort reads two replies while a transfer runs, one otherwise', async () => {
  const { client } = await openSession();
  expect(await client.abort({ telnet: false })).toHaveLength(1);
  const data = await announceData(client, 'passive');
  await data.connection();
  await client.command('RETR big-64MiB.bin');
  await client.command('STAT');
  expect(await client.abort()).toHaveLength(2);
});
