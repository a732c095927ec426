// Servers whose lines or replies have no end: relayed as they come, bounded in what is kept.
import { describe, expect, test } from 'vitest';
import type { Script } from '../support/scripted-server.js';
import { greetedSession, leavesNothingOpen, poll } from './watched-proxy.js';

leavesNothingOpen();

describe('lines and replies without an end', () => {
  test('a line over the limit ends the session, and nothing of it is kept', async () => {
    const { client, seen, server } = await greetedSession({
      answers: { HELP: (peer) => peer.say(`214 ${'x'.repeat(1024 * 1024)}`) },
    });
    const control = await server.accept();
    expect(await client.ask('HELP')).toMatch(/^421 .*127\.0\.0\.1:\d+ sent a line of more than 16384 bytes$/);
    expect(await client.over()).toBe('ended');
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'line-too-long' });
    expect(await control.over()).not.toBe('open');
  });

  test('a reply that never ends is relayed as it comes', async () => {
    const { client, server, seen, all } = await greetedSession({
      answers: { STAT: (peer) => peer.say('211-Status\r\n') },
    });
    const control = await server.accept();
    client.say('STAT\r\n');
    await client.readBytes('220 Scripted server\r\n211-Status\r\n'.length);
    const line = `${' line'.repeat(1000)}\r\n`;
    for (let lines = 0; lines < 600; lines += 1) control.say(line);
    await client.readBytes(600 * line.length);
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'reply-too-long' });
    expect(all('violation')).toHaveLength(1);
    control.say('211 End\r\n');
    const stat = await seen('reply', ({ code }) => code === 211);
    expect(stat.omittedLines).toBeGreaterThan(300);
    expect(stat.omittedLines).toBeLessThan(600);
    client.say('NOOP\r\n');
    await poll(() => client.received.endsWith('200 NOOP ok\r\n'), 'the session to go on');
  });

  test('a client that does not read stops a server that does not end', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, '211-and so on and on\r\n', 'latin1');
    const endless: Script['answers'] = {
      STAT: (peer) => {
        const write = () => {
          written += chunk.length;
          if (peer.socket.write(chunk)) setImmediate(write);
          else peer.socket.once('drain', write);
        };
        write();
      },
    };
    const { client, server } = await greetedSession({ answers: endless });
    client.socket.pause();
    client.say('STAT\r\n');
    const control = await server.accept();
    // The kernel's buffers fill up, and then nothing moves any more.
    let before = -1;
    for (let still = 0; still < 40; still = written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(written).toBeLessThan(48 * 1024 * 1024);
    control.reset();
  });
});
