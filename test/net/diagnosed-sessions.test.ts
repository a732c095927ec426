// What diagnosis makes of sessions with a server that breaks the order of reply and data, or says too little. The rows have tests of
// their own in test/diagnosis, and real servers in test/e2e/diagnosis.
import { describe, expect, test } from 'vitest';
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import type { Finding, Observation } from '../../src/dialogue/observation.js';
import { connectPeer, listenForPeers } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, poll } from './watched-proxy.js';

leavesNothingOpen();

function findingsIn(observations: readonly Observation[]): readonly Finding[] {
  const diagnosed = new Diagnosed();
  return observations.flatMap((one) => diagnosed.of(one)).filter((one) => one.kind === 'finding');
}

const inShort = ({ severity, leg, diagnosis }: Finding) => `${severity} ${leg} ${diagnosis}`;

async function download(answer: string, options: Parameters<typeof greetedSession>[1] = {}) {
  const listener = await listenForPeers();
  const answers = { PASV: `227 Passive (${listener.hostPort})`, RETR: answer };
  const session = await greetedSession({ answers }, options);
  const data = await connectPeer(endpointOf227(await session.client.ask('PASV')));
  const leg = await listener.accept();
  return { ...session, data, leg };
}

describe('the server says 226', () => {
  async function saysIt(beforeTheEnd: boolean) {
    const { client, data, leg, seen, observations } = await download('150 Here\r\n226 Done');
    client.say('RETR f\r\n');
    leg.say('half and ');
    await data.readBytes(9);
    const { at } = await seen('reply', ({ code }) => code === 226);
    // The time between the two is what this is about.
    if (beforeTheEnd) await poll(() => Date.now() - at > 700, 'the data to be late');
    leg.socket.end('half');
    await seen('link-closed');
    return findingsIn(observations).map(inShort);
  }

  test('long before the end of the data', async () => {
    expect(await saysIt(true)).toEqual(['note server final-reply-early']);
  });

  test('a moment before it', async () => expect(await saysIt(false)).toEqual([]));
});

test('the server never says how the transfer went', async () => {
  const { client, data, leg, seen, observations } = await download('150 Here', { replyTimeoutMs: 300 });
  client.say('RETR f\r\n');
  leg.socket.end('all');
  await data.readBytes(3);
  data.socket.end();
  await seen('session-closed');
  expect(findingsIn(observations).map(inShort)).toEqual(['error server final-reply-missing']);
});

test('the server breaks the data connection off', async () => {
  const { client, data, leg, seen, observations } = await download('150 Here');
  client.say('RETR f\r\n');
  leg.say('half');
  await data.readBytes(4);
  leg.reset();
  await seen('link-progress');
  client.say('QUIT\r\n');
  await seen('session-closed');
  expect(findingsIn(observations).map(inShort)).toContain('error server data-reset-mid-transfer');
});
