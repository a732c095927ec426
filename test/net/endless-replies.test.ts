// Servers whose lines or replies have no end: relayed as they come, bounded in what is kept.
import { describe, expect, test } from 'vitest';
import { greetedSession, leavesNothingOpen, poll } from './watched-proxy.js';

leavesNothingOpen();

const MEBIBYTE = 1024 * 1024;
const STREAM_BYTES = 128 * MEBIBYTE;
/** How slow the slow client is: in each turn of the event loop the server could write a chunk. */
const TURNS_PER_SIP = 16;

describe('lines and replies without an end', () => {
  test('a line over the limit ends the session, and nothing of it is kept', async () => {
    const { client, seen, server } = await greetedSession({
      answers: { HELP: (peer) => peer.say(`214 ${'x'.repeat(1024 * 1024)}`) },
    });
    const control = await server.accept();
    expect(await client.ask('HELP')).toMatch(/^421 .*127\.0\.0\.1:\d+ sent a line of more than 65536 bytes$/);
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

  test('a server that does not end gets no further ahead of a slow client than the buffers hold', async () => {
    const { client, server } = await greetedSession({ answers: { STAT: () => {} } });
    const control = await server.accept();
    client.say('STAT\r\n');
    await server.got('STAT');
    const reader = client.detach().pause();
    const chunk = Buffer.alloc(64 * 1024, `211-${'and so on '.repeat(800)}\r\n`, 'latin1');
    let written = 0;
    let read = 0;
    const allWritten = new Promise<void>((resolve) => {
      const write = (): void => {
        if (written === STREAM_BYTES) return resolve();
        written += chunk.length;
        control.socket.write(chunk, write);
      };
      write();
    });
    const sip = (turns: number): void => {
      if (turns % TURNS_PER_SIP === 0) read += reader.read()?.length ?? 0;
      if (written < STREAM_BYTES) setImmediate(sip, turns + 1);
    };
    sip(0);
    await allWritten;
    expect(written - read).toBeLessThan(48 * MEBIBYTE);
    control.reset();
  });
});
