// Recordings written as packets, judged by tshark: it finds the same commands, replies and files, and nothing amiss.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { makeCertificates, OPENSSL } from './certificates.js';
import { runChild } from './child-process.js';
import type { JobTls, Mode } from './clients/client.js';
import { lftp } from './clients/lftp.js';
import { layOut, makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing } from './peers.js';
import { COMMAND, makeAuthority, startProxy } from './proxy.js';
import type { StepName } from './scenario.js';
import { type Family, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';
import { Shark, TSHARK } from './tshark.js';

const TIMEOUT_MS = 60_000;
const FEW_STEPS: readonly StepName[] = ['list', 'download', 'upload', 'uploadEmpty'];
/** With files of megabytes, for those who are alone. */
const STEPS: readonly StepName[] = [...FEW_STEPS, 'downloadMedium', 'uploadMedium'];
const stepsOf = (sessions: number) => (sessions === 1 ? STEPS : FEW_STEPS);
/** The sha256 of no bytes. */
const NOTHING = createHash('sha256').digest('hex');
/** What is left out where TLS is taken off. */
const SECURITY = ['AUTH', 'PBSZ', 'PROT'];

type Leg = 'client' | 'server' | undefined;
type Case = readonly [mode: Mode, family: Family, tls: boolean, sessions: number, leg: Leg];
const CASES: readonly Case[] = [
  ['PASV', 4, false, 1, undefined],
  ['EPSV', 4, false, 3, 'client'],
  ['PORT', 4, false, 2, 'server'],
  ['EPSV', 6, false, 2, undefined],
  ['EPRT', 6, false, 1, undefined],
  ['EPSV', 6, true, 1, undefined],
  ['PORT', 4, true, 1, 'client'],
  ['PASV', 4, true, 2, 'server'],
];

/** A session that lftp has through the proxy, recorded. */
async function record([mode, family, withTls, sessions]: Case, folder: string): Promise<string> {
  const [transcript, payloads] = [join(folder, 'recorded.ndjson'), join(folder, 'payloads')];
  const certificates = withTls ? await makeCertificates() : undefined;
  const authority = withTls ? await makeAuthority(folder) : undefined;
  const tls = { how: 'explicit', version: 'TLSv1.3' } as const;
  const serverTls = certificates && ({ ...tls, dataMustBe: true, certificates } as const);
  const server = await startServer(vsftpd, family, serverTls);
  const options = ['-w', transcript, '--payloads', payloads, '--active-source-port', '20'];
  const proxy = await startProxy(server.place, { options, ...(authority === undefined ? {} : { authority }) });
  onTestFinished(async () => {
    await proxy.stop();
    await server.stop();
    await certificates?.remove();
  });
  const jobTls: JobTls | undefined = authority && { ...tls, protection: 'P', authority: authority.file };
  const steps = stepsOf(sessions);
  const runs = Array.from({ length: sessions }, async (_, index) => {
    const [name, here, home] = [`work${index}`, join(folder, `here${index}`), join(folder, `home${index}`)];
    await Promise.all([
      layOut(join(server.place.root, 'pub', name), steps, 'onServer'),
      layOut(here, steps, 'atClient'),
    ]);
    await mkdir(home);
    const { user, password } = vsftpd;
    const job = { host: proxy.host, port: proxy.port, user, password, family, mode, folder: `pub/${name}`, here, home };
    await lftp.run({ ...job, steps, ...(jobTls === undefined ? {} : { tls: jobTls }) });
  });
  await Promise.all(runs);
  await proxy.observations();
  await proxy.stop();
  return transcript;
}

async function observationsIn(transcript: string): Promise<Observation[]> {
  const lines = (await readFile(transcript, 'utf8')).split('\n').filter((line) => line.startsWith('{"kind"'));
  return lines.map((line): Observation => JSON.parse(line));
}

async function readBack(capture: string): Promise<Observation[]> {
  const observations: Observation[] = [];
  const options = { showSecrets: false, notice: () => {} };
  for await (const batch of readCapture(createReadStream(capture), options)) observations.push(...batch);
  return observations;
}

const all = <K extends Observation['kind']>(kind: K, observations: readonly Observation[]) =>
  observations.filter((one): one is Extract<Observation, { kind: K }> => one.kind === kind);

/** What is said on that leg, by the recording: the lines of each session, in order. */
function recordedLines(observations: readonly Observation[], leg: Leg) {
  const left = new Map(all('command', observations).map(({ session, number, verb }) => [`${session}/${number}`, verb]));
  const isSecurity = (session: number, number: number | null) =>
    SECURITY.includes(left.get(`${session}/${number}`) ?? '');
  const byProxy = (one: { readonly by?: string }) => one.by === 'proxy';
  const asked = new Set(
    all('command', observations)
      .filter(byProxy)
      .map(({ session, number }) => `${session}/${number}`),
  );
  const hidden = (session: number, number: number | null, own: boolean) =>
    leg === 'server' ? own : asked.has(`${session}/${number}`);
  const commands = all('command', observations)
    .filter(
      ({ session, number, verb }) =>
        !SECURITY.includes(verb) && !(leg !== 'server' && asked.has(`${session}/${number}`)),
    )
    .map(({ session, line }) => ({ session, line }));
  const replies = all('reply', observations)
    .filter(({ session, answers, by }) => !isSecurity(session, answers) && !hidden(session, answers, by === 'proxy'))
    .flatMap(({ session, lines }) => lines.map((line) => ({ session, line })));
  return { commands: bySession(commands), replies: bySession(replies) };
}

function bySession(lines: readonly { readonly session: number; readonly line: string }[]): string[] {
  const sessions = new Map<number, string[]>();
  for (const { session, line } of lines) sessions.set(session, [...(sessions.get(session) ?? []), withoutPort(line)]);
  return [...sessions.values()].map((session) => session.join('\n')).sort();
}

/** Ports and addresses differ from leg to leg; whether they are right is told by tshark, which ties data to them. */
function withoutPort(line: string): string {
  return line.replace(/\d+,\d+,\d+,\d+,\d+,\d+/, 'h,p').replace(/\|\d*\|[^|]*\|\d+\|/, '|||p|');
}

async function sharkLines(shark: Shark) {
  const rows = await shark.fields('ftp', ['tcp.stream', 'ftp.request', 'tcp.payload']);
  const lines = rows.flatMap(([stream, isRequest, payload = '']) => {
    const text = Buffer.from(payload, 'hex').toString('latin1').replace(/\r\n$/, '');
    return text.split('\r\n').map((line) => ({ session: Number(stream), line, isRequest: isRequest?.startsWith('1') }));
  });
  return {
    commands: bySession(lines.filter(({ isRequest }) => isRequest)),
    replies: bySession(lines.filter(({ isRequest }) => !isRequest)),
  };
}

test.for(CASES)(
  '%s over IPv%i, TLS: %s, %i at once, leg: %s',
  { timeout: TIMEOUT_MS },
  async (kind, context: TestContext) => {
    const [mode, , withTls, sessions, leg] = kind;
    const reason = missing([TSHARK, ...lftp.needs, ...vsftpd.needs, ...(withTls ? [OPENSSL] : [])]);
    if (reason !== undefined) return cannotTest(context, reason);
    const folder = await makeTempFolder('export');
    onTestFinished(() => removeFolder(folder));
    const transcript = await record(kind, folder);
    const capture = join(folder, 'exported.pcapng');
    const options = ['--payloads', join(folder, 'payloads'), ...(leg === undefined ? [] : ['--leg', leg])];
    const args = [COMMAND, 'export', transcript, '--pcapng', capture, '--quiet', ...options];
    expect(await runChild(process.execPath, args, { cwd: folder, timeoutMs: TIMEOUT_MS })).toMatch(
      /^\n\[.* exited with 0\]$/,
    );
    expect((await stat(capture)).mode & 0o777).toBe(0o600);

    const observations = await observationsIn(transcript);
    const [opened] = all('session-opened', observations);
    const [connected] = all('server-connected', observations);
    const port = (leg === 'client' ? opened?.listener?.port : connected?.remote.port) ?? 0;
    const shark = new Shark(capture, [port]);
    expect(await shark.complaints()).toEqual([]);
    expect(await sharkLines(shark)).toEqual(recordedLines(observations, leg));
    const links = all('link-closed', observations).filter(({ outcome }) => outcome === 'complete');
    expect(links).toHaveLength(sessions * stepsOf(sessions).length);
    const whole = (verbs?: readonly string[]) =>
      links
        .filter(({ verb, bytes }) => bytes > 0 && (verbs?.includes(verb ?? '') ?? true))
        .map(({ sha256 }) => sha256 ?? '')
        .sort();
    expect(await shark.payloads()).toEqual(whole());
    const back = await readBack(capture);
    expect(recordedLines(back, undefined)).toEqual(recordedLines(observations, leg));
    const sums = all('link-closed', back).map(({ sha256 }) => sha256 ?? '');
    expect(sums.filter((sum) => sum !== NOTHING).sort()).toEqual(whole());
    // What it takes for a data connection of PORT has to come from port 20, as the proxy's does and that of vsftpd here does not.
    if (mode === 'PORT' && leg !== 'client') return;
    const tied = await shark.fields('ftp-data.setup-frame', ['tcp.stream']);
    expect(new Set(tied.flat()).size).toBe(whole().length);
    expect([...(await shark.objects(join(folder, 'objects'))).values()].sort()).toEqual(whole(['RETR', 'STOR']));
  },
);
