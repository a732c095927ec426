// A recording served over TLS, and recorded itself.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../../src/dialogue/observation.js';
import { RecordingError } from '../../../src/dialogue/recording-error.js';
import { SessionTls } from '../../../src/ends/tls/session-tls.js';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { tlsSettings } from '../../../src/net/tls/tls-settings.js';
import { type ServedRecording, type ServeOptions, serveRecording } from '../../../src/replay/server/serve-recording.js';
import { recordedSessions } from '../../../src/replay/session/recorded-sessions.js';
import { openPayloadFolder } from '../../../src/transcript/payload-files.js';
import { ownAuthority } from '../../net/tls/own-authority.js';
import { startTls } from '../../net/tls-ends.js';
import { replayTo } from '../../support/replaying.js';
import { connectPeer, type Peer } from '../../support/scripted-server.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { recordedSession, recordingOf, sha256 } from '../recorded-dialogue.js';

const own = ownAuthority();
const SESSION = [
  ...['< 220 R', '> USER me', '< 331 P', '> PASS ****', '< 230 W', '> EPSV', '< 229 (|||9|)'],
  ...['> RETR a', '< 150 H', '== recorded bytes', '< 226 D'],
];

async function serve(lines: readonly string[], options: Partial<ServeOptions> = {}): Promise<ServedRecording> {
  const leaves = new LeafCertificates(own().authority);
  const tls = { certificatesFor: async (names: readonly string[]) => [await leaves.issue({ names })] };
  const served = await serveRecording(recordingOf(lines), {
    ...{ listen: { address: '127.0.0.1', port: 0 }, only: null, speed: Number.POSITIVE_INFINITY, onUnknown: '550' },
    data: { range: null, timeoutMs: 3000 },
    openTls: async ({ address }) => new SessionTls(() => tlsSettings({ tls }, null, [address], 3000)),
    ...options,
  });
  onTestFinished(() => served.close());
  return served;
}

const trust = () => ({ ca: own().authority.certificate.toString(), host: '127.0.0.1' });

async function encrypted(peer: Peer, protection: 'P' | 'C'): Promise<void> {
  expect(await peer.ask('AUTH TLS')).toBe('234 Proceed with negotiation.');
  await startTls(peer, trust());
  expect(await peer.ask('PBSZ 0')).toBe('200 PBSZ=0');
  expect(await peer.ask(`PROT ${protection}`)).toBe(`200 Protection set to ${protection}.`);
}

async function download(peer: Peer, secure: boolean): Promise<string> {
  const reply = await peer.ask('EPSV');
  const data = await connectPeer({ address: '127.0.0.1', port: Number(/\|(\d+)\|/.exec(reply)?.[1]) });
  expect(await peer.ask('RETR a')).toBe('150 H');
  if (secure) await startTls(data, trust());
  await data.over();
  expect(await peer.readReply()).toBe('226 D');
  return data.received;
}

describe('AUTH TLS', () => {
  test.each(['P', 'C'] as const)('and a download with PROT %s', async (protection) => {
    const peer = await connectPeer((await serve(SESSION)).address);
    await peer.readReply();
    await encrypted(peer, protection);
    expect(await peer.ask('USER me')).toBe('331 P');
    const received = await download(peer, protection === 'P');
    expect(received).toBe('recorded bytes');
  });

  test('is spoken by a replayed client, on its data connection, too', async () => {
    const { address } = await serve(SESSION);
    const played = await replayTo(address, recordedSession(SESSION), recordingOf(SESSION), {
      ...{ tls: 'require', password: 'x' },
    });
    expect(played.stopped).toBeNull();
    expect(played.session.exchanges.at(-1)?.transfer).toMatchObject({
      ...{ outcome: 'complete', sha256: sha256('recorded bytes') },
    });
  });

  test('that was refused when it was recorded is refused', async () => {
    const peer = await connectPeer((await serve(['< 220 R', '> AUTH TLS', '< 502 What?'])).address);
    await peer.readReply();
    expect(await peer.ask('AUTH TLS')).toBe('502 What?');
    expect(await peer.ask('PROT P')).toBe('503 There is no encryption here.');
  });

  test('what is said in the clear behind it is dropped', async () => {
    const peer = await connectPeer((await serve(SESSION)).address);
    await peer.readReply();
    peer.say('AUTH TLS\r\nUSER me\r\n');
    expect(await peer.readReply()).toMatch(/^234 /);
    await startTls(peer, trust());
    expect(await peer.ask('PBSZ 0')).toBe('200 PBSZ=0');
  });

  test('a client that does not trust us is reported', async () => {
    const served = await serve(SESSION);
    const peer = await connectPeer(served.address);
    await peer.readReply();
    await peer.ask('AUTH TLS');
    await expect(startTls(peer, { host: '127.0.0.1' })).rejects.toThrow();
    await peer.over();
    await expect.poll(() => [...served.counts.failedTls.values()]).toEqual([1]);
  });
});

test('TLS from the first byte', async () => {
  const served = await serve(SESSION, { listen: { address: '127.0.0.1', port: 0, implicitTls: true } });
  const peer = await connectPeer(served.address);
  await startTls(peer, trust());
  expect(await peer.readReply()).toBe('220 R');
  expect(await download(peer, true)).toBe('recorded bytes');
});

test('what a client did is a recording of its own, with its bytes', async () => {
  const observations: Observation[] = [];
  const payloads = openPayloadFolder(temporaryFolder());
  const log = { observe: (one: Observation) => void observations.push(one), broke: () => {}, payloads };
  const served = await serve(SESSION, { log });
  const peer = await connectPeer(served.address);
  await peer.readReply();
  for (const line of ['USER me', 'PASS secret', 'SIZE b']) await peer.ask(line);
  expect(await download(peer, false)).toBe('recorded bytes');
  await peer.ask('QUIT');
  await peer.over();
  const recording = { observations: () => batchOf(observations), payload: nothing };
  for await (const session of recordedSessions(recording, null)) {
    const said = session.exchanges.map(({ line, replies }) => [line, ...replies.map(({ code }) => code)].join(' '));
    const asked = ['USER me 331', 'PASS **** 230', 'SIZE b 550', 'EPSV 229', 'RETR a 150 226', 'QUIT 221'];
    expect(said).toEqual(asked);
    expect(session.exchanges[4]?.transfer).toMatchObject({
      ...{ outcome: 'complete', bytes: 14, sha256: sha256('recorded bytes'), held: 'all', payload: '0001-0001-RETR-a' },
    });
  }
  expect(observations.at(-1)).toMatchObject({ kind: 'session-closed', by: 'client', cause: 'quit' });
  expect(JSON.stringify(observations)).not.toContain('secret');
});

test('what cannot be kept is told, and the client is served all the same', async () => {
  const told: string[] = [];
  const payloads = { open: () => Promise.reject(new RecordingError('no space', 'kept', 'ENOSPC')) };
  const log = { observe: () => {}, broke: ({ message }: RecordingError) => void told.push(message), payloads };
  const peer = await connectPeer((await serve(SESSION, { log })).address);
  await peer.readReply();
  expect(await download(peer, false)).toBe('recorded bytes');
  expect(told).toEqual(['no space']);
});

async function* batchOf(batch: readonly Observation[]): AsyncGenerator<readonly Observation[]> {
  yield batch;
}

async function* nothing(): AsyncGenerator<Buffer> {}
