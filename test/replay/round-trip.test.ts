// A transcript with payloads is a full recording: read back, it gives the very observations that the live session gave.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { openRecorded } from '../../src/recordings/open-recording.js';
import { openPayloadFolder } from '../../src/transcript/payload-files.js';
import { RotatingTranscript, type Rotation } from '../../src/transcript/rotating-transcript.js';
import { SessionNumbers } from '../../src/transcript/session-numbers.js';
import { DATA_MODES } from '../net/ftps-client.js';
import { ftpsSession, testCertificates } from '../net/tls-session.js';
import { leavesNothingOpen } from '../net/watched-proxy.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

leavesNothingOpen();

const certificates = testCertificates();
const CONTENT = Buffer.from(Array.from({ length: 100_003 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
/** UTF-8, Latin-1, control bytes: one character a byte. */
const NASTY_NAMES = ['b\xc3\xbccher', 'b\xfccher', 'a\x1b[2Jb', 'quote"\\'];

/** Sessions of every kind, recorded; gives what was observed live. */
async function record(folder: string, rotation: Rotation = {}): Promise<readonly Observation[]> {
  const transcript = new RotatingTranscript({
    pattern: join(folder, 'session.ndjson'),
    header: (_file, at) => ({ version: '0.1.0', at, run: 'live', payloads: 'kept' }),
    ...rotation,
  });
  const observe = (observation: Observation) => transcript.write(observation);
  const payloads = openPayloadFolder(join(folder, 'kept'));
  const session = await ftpsSession(certificates, { proxy: { observe, payloads, findings: false } });
  const encrypted = await session.client.begin();
  const plain = await session.connect();
  await plain.peer.readReply();
  session.server.files.set('f', CONTENT);
  for (const mode of DATA_MODES) {
    expect((await encrypted.download('f', mode)).reply).toBe('226 Sent');
    expect(await encrypted.upload(mode, CONTENT, mode)).toBe('226 Stored');
  }
  for (const name of NASTY_NAMES) await encrypted.ask(`CWD ${name}`);
  await plain.ask('NOOP');
  await plain.ask('PORT 8,8,8,8,1,1');
  for (const client of [encrypted, plain]) await client.ask('QUIT');
  await session.idle();
  await session.proxy.close();
  transcript.close();
  return session.observations;
}

async function readBack(files: readonly string[]) {
  const numbers = new SessionNumbers();
  const observations: Observation[] = [];
  const payloads: string[] = [];
  for (const file of files) {
    const recorded = await openRecorded(file);
    onTestFinished(() => recorded.close());
    for await (const batch of recorded.observations({ numbers })) observations.push(...batch);
    for (const one of observations) {
      if (one.kind !== 'link-closed' || one.payload === undefined || payloads.includes(one.payload)) continue;
      const hash = createHash('sha256');
      for await (const chunk of recorded.payload(one.payload)) hash.update(chunk);
      expect(hash.digest('hex')).toBe(one.sha256);
      payloads.push(one.payload);
    }
  }
  return { observations, payloads };
}

test('as one file', async () => {
  const folder = temporaryFolder();
  const live = await record(folder);
  const { observations, payloads } = await readBack([join(folder, 'session.ndjson')]);
  expect(observations).toStrictEqual(live);
  expect(new Set(live.map(({ kind }) => kind))).toEqual(
    new Set([
      'held-reply',
      'session-opened',
      'server-connected',
      'tls',
      'command',
      'reply',
      'rewrite',
      'link-opened',
      'link-progress',
      'link-closed',
      'violation',
      'session-closed',
    ]),
  );
  expect(payloads.sort()).toEqual(readdirSync(join(folder, 'kept')).sort());
  expect(payloads).toHaveLength(2 * DATA_MODES.length);
});

test('as many files', async () => {
  const folder = temporaryFolder();
  const live = await record(folder, { maxBytes: 4096 });
  const files = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
  expect(files.length).toBeGreaterThan(3);
  expect(files.map((name) => basename(name)).sort()).toEqual(files);
  expect((await readBack(files.map((name) => join(folder, name)))).observations).toStrictEqual(live);
});
