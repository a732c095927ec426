// Sessions that the proxy ends of its own accord, through real sockets: the cause is reported of each.
import { expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { RecordingError } from '../../src/dialogue/recording-error.js';
import { connectPeer, startScriptedServer } from '../support/scripted-server.js';
import { greetedSession, leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

test('the proxy is closed', async () => {
  const { proxy, seen } = await greetedSession();
  await proxy.close();
  expect(await seen('session-closed')).toMatchObject({ by: 'proxy', cause: 'shutdown' });
});

test('its user ends the session', async () => {
  const { proxy, seen } = await greetedSession();
  proxy.endSession(1);
  expect(await seen('session-closed')).toMatchObject({ by: 'proxy', cause: 'stopped' });
});

test.each([
  ['recording-failed', new RecordingError('disk full')],
  ['internal-fault', new TypeError('not a function')],
])('%s', async (cause, fault) => {
  const observe = (observation: Observation) => {
    if (observation.kind === 'command') throw fault;
  };
  const server = await startScriptedServer();
  const { endpoint, seen } = await watchProxy({ server: server.endpoint, observe }, { troubled: true });
  const client = await connectPeer(endpoint);
  await client.readReply();
  client.say('NOOP\r\n');
  expect(await seen('session-closed')).toMatchObject({ by: 'proxy', cause });
});
