// A peer that reads slowly slows the sender down, with TLS on both legs as without, and nothing piles up in the proxy.
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTlsMill } from './tls-mill.js';
import { ftpsSession, testCertificates } from './tls-session.js';
import { endpointOf227, leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const MEBIBYTE = 1024 * 1024;
const SIZE = 256 * MEBIBYTE;
/** What kernel, TLS and the peers' own streams may hold. */
const IN_FLIGHT = 32 * MEBIBYTE;
const GROWTH = 16 * MEBIBYTE;

function watchMemory(): () => number {
  const before = process.memoryUsage().rss;
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  const timer = setInterval(look, 10);
  onTestFinished(() => clearInterval(timer));
  return () => {
    look();
    return most - before;
  };
}

/** A transfer between two mills; whoever swallows has not begun to. */
async function milled(verb: 'RETR' | 'STOR', size: number) {
  const { cert, key } = certificates.forServer();
  const down = verb === 'RETR';
  const atServer = startTlsMill({ sends: down ? size : 0, port: 0, cert, key });
  const port = await atServer.says('port');
  const { client, server } = await ftpsSession(certificates, {
    server: {
      acts: {
        PASV: (session) => session.say(`227 (127,0,0,1,${port >> 8},${port & 255})`),
        [verb]: (session) => session.say('150 Go'),
      },
    },
  });
  await client.begin();
  const given = endpointOf227(await client.ask('PASV'));
  const ca = certificates.ca();
  client.peer.say(`${verb} f\r\n`);
  const atClient = startTlsMill({ sends: down ? 0 : size, port: given.port, ca });
  expect(await client.peer.readReply()).toBe('150 Go');
  const [sender, receiver] = down ? [atServer, atClient] : [atClient, atServer];
  return { sender, receiver, client, upstream: await server.session() };
}

describe.each(['RETR', 'STOR'] as const)('%s', (verb) => {
  test('of 256 MiB whose reader pauses', async () => {
    const warm = await milled(verb, 64 * MEBIBYTE);
    warm.receiver.goOn();
    expect(await warm.receiver.says('done')).toBe(64 * MEBIBYTE);

    const { sender, receiver, client, upstream } = await milled(verb, SIZE);
    const growth = watchMemory();
    expect(await sender.says('stalled')).toBeLessThan(IN_FLIGHT);
    receiver.goOn();
    expect(await receiver.says('done')).toBe(SIZE);
    upstream.say('226 Done');
    expect(await client.peer.readReply()).toBe('226 Done');
    expect(growth()).toBeLessThan(GROWTH);
  }, 60_000);
});
