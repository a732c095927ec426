// Data connections that outlive a transfer: those of MODE B, C and E, and those of a transfer that was refused.
import { expect, test } from 'vitest';
import { connectPeer, listenForPeers, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

async function afterPasv(answers: Script['answers'] = {}) {
  const listener = await listenForPeers();
  const session = await greetedSession({
    answers: { MODE: '200 ok', PASV: `227 (${listener.hostPort})`, RETR: '150 Here', STOR: '150 Send', ...answers },
  });
  const control = await session.server.accept();
  return { ...session, listener, control };
}

test('one data connection carries a download, an upload and a download, each told for itself', async () => {
  const { client, control, listener, all } = await afterPasv();
  await client.ask('MODE B');
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  const leg = await listener.accept();
  for (const size of [90_000, 7]) {
    const before = data.received.length;
    expect(await client.ask('RETR a')).toBe('150 Here');
    leg.say('d'.repeat(size));
    control.say('250 Sent, and open\r\n');
    expect(await client.readReply()).toBe('250 Sent, and open');
    await data.readBytes(before + size);
    expect(await client.ask('STOR b')).toBe('150 Send');
    const stored = leg.received.length;
    data.say('u'.repeat(size));
    await leg.readBytes(stored + size);
    control.say('250 Stored, and open\r\n');
    expect(await client.readReply()).toBe('250 Stored, and open');
  }
  expect([data.fate, leg.fate]).toEqual(['open', 'open']);
  expect(all('link-closed').map(({ verb, bytes, outcome }) => `${verb} ${bytes} ${outcome}`)).toEqual([
    'RETR 90000 complete',
    'STOR 90000 complete',
    'RETR 7 complete',
    'STOR 7 complete',
  ]);
  leg.socket.end();
  expect(await data.over()).toBe('ended');
});

test('what the client sends before its upload is asked for is not lost on a kept connection', async () => {
  const { client, control, listener } = await afterPasv();
  await client.ask('MODE B');
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  const leg = await listener.accept();
  await client.ask('RETR a');
  leg.say('down');
  control.say('250 Sent, and open\r\n');
  await client.readReply();
  data.say('early');
  await client.ask('STOR b');
  await leg.readBytes(5);
  expect(leg.received).toBe('early');
});

test('a server that ends its data connection with the refusal ends it for the client, too', async () => {
  const { client, listener, seen } = await afterPasv({ STOR: '550 Not permitted' });
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  const leg = await listener.accept();
  expect(await client.ask('STOR f')).toBe('550 Not permitted');
  leg.socket.end();
  expect(await data.over()).toBe('ended');
  expect(await seen('link-closed')).toMatchObject({ outcome: 'refused', verb: 'STOR', reason: '550 Not permitted' });
});

test('a refused transfer leaves both connections for the next, and what came early is not lost', async () => {
  const { client, control, listener } = await afterPasv({
    RETR: (peer, line) => peer.say(line === 'RETR a' ? '550 No\r\n' : '150 Here\r\n'),
  });
  const data = await connectPeer(endpointOf227(await client.ask('PASV')));
  const leg = await listener.accept();
  expect(await client.ask('RETR a')).toBe('550 No');
  leg.say('early');
  expect(await client.ask('RETR b')).toBe('150 Here');
  leg.socket.end('late');
  control.say('226 Done\r\n');
  expect(await client.readReply()).toBe('226 Done');
  expect(await data.over()).toBe('ended');
  expect(data.received).toBe('earlylate');
});
