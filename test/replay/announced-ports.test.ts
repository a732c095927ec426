// Recorded replies that announce ports in every form: none of their addresses is ever served, and a replay reads them all.
import { expect, onTestFinished, test } from 'vitest';
import { serveRecording } from '../../src/replay/server/serve-recording.js';
import { connectPeer } from '../support/scripted-server.js';
import { recordingOf } from './recorded-dialogue.js';

const FOREIGN = /10,2,0,7|\D50000\D/;

test.each([
  ['EPSV', ['227 Entering Passive Mode (10,2,0,7,195,80)'], /^227 Entering Passive Mode \(127,0,0,1,\d+,\d+\)$/],
  ['PASV', ['229 ok (|||50000|)'], /^229 ok \(\|\|\|\d+\|\)$/],
  ['EPSV', ['229 ok (|1|10.2.0.7|50000|)'], /^229 ok \(\|\|\|\d+\|\)$/],
  ['EPSV', ['200 ok (|||50000|)'], /^200 ok \(\|\|\|\d+\|\)$/],
  ['PASV', ['227-A', ' (10,2,0,7,195,80)', '227 B (10,2,0,7,195,80)'], /^227-A\n \(127,0,0,1,\d+,\d+\)\n227 B \(127,/],
  ['EPSV', ['229-A', ' (|||50000|)', '229 B'], /^229-A\n \(\|\|\|\d+\|\)\n229 B$/],
  // nobody asked for a port
  ['NOOP', ['227 Entering Passive Mode (10,2,0,7,195,80)'], /^227 Entering Passive Mode \(127,0,0,1,\d+,\d+\)$/],
  ['HELP', ['214-A', '227 Passive (10,2,0,7,195,80)', '214 B'], /^214-A\n227 Passive \(127,0,0,1,\d+,\d+\)\n214 B$/],
])('served: %s answered %j', async (line, recorded, expected) => {
  const dialogue = ['< 220 R', '> USER me', '< 230 W', `> ${line}`, `< ${recorded.join('\n')}`];
  const served = await serveRecording(recordingOf(dialogue), {
    ...{ listen: { address: '127.0.0.1', port: 0 }, only: null, speed: Number.POSITIVE_INFINITY, onUnknown: '502' },
    data: { range: null, timeoutMs: 3000 },
  });
  onTestFinished(() => served.close());
  const peer = await connectPeer(served.address);
  await peer.readReply();
  await peer.ask('USER me');
  const heard = (await peer.ask(line)).replaceAll('\r\n', '\n').trimEnd();
  expect(heard).toMatch(expected);
  expect(heard).not.toMatch(FOREIGN);
});
