// What tcpdump sees of a live session and what the proxy writes down of it: the same commands, replies and payloads.
import { randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { openPayloadFolder } from '../../src/transcript/payload-files.js';
import { becomesTrue, startChild, stopChild } from './child-process.js';
import type { Mode } from './clients/client.js';
import { lftp } from './clients/lftp.js';
import { layOut, makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, type Peer } from './peers.js';
import { startProxy } from './proxy.js';
import type { StepName } from './scenario.js';
import { type Family, LOOPBACK, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const TCPDUMP: Peer = { file: 'tcpdump', from: 'tcpdump' };
const TIMEOUT_MS = 60_000;
const PATIENCE_MS = 10_000;
const DATA_PORTS = 50;
const STEPS: readonly StepName[] = ['list', 'download', 'upload', 'uploadEmpty', 'downloadMedium', 'uploadMedium'];

/** The proxy listens for data on that leg: those are the ports by which tcpdump can tell the test's packets from others'. */
const CASES: readonly (readonly [leg: 'client' | 'server', mode: Mode, family: Family])[] = [
  ['client', 'PASV', 4],
  ['client', 'EPSV', 6],
  ['server', 'PORT', 4],
];

/** Why nothing can be captured here; undefined when it can. */
function noCapturing(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'tcpdump wants to be started by root';
}

async function startTcpdump(file: string, filter: string, folder: string) {
  // The memory that it has for packets is bigger than what the transfers hold: none is to be lost while others work.
  const args = ['-i', 'lo', '-w', file, '-U', '--immediate-mode', '-B', '131072', '-Z', 'root', filter];
  const child = startChild(TCPDUMP.file, args, { cwd: folder, timeoutMs: TIMEOUT_MS });
  onTestFinished(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const listens = await becomesTrue(() => child.output().includes('listening on'), PATIENCE_MS);
  if (!listens) throw new Error(`tcpdump does not listen:\n${child.output()}`);
}

async function captured(file: string, folder: string): Promise<Observation[]> {
  const observations: Observation[] = [];
  const options = { showSecrets: false, notice: () => {}, payloads: openPayloadFolder(folder) };
  for await (const batch of readCapture(createReadStream(file), options)) observations.push(...batch);
  return observations;
}

/** What has to be the same on both, but for ports that the proxy changes from leg to leg. */
function gist(observations: readonly Observation[]) {
  const lines = (kind: 'command' | 'reply') =>
    observations.flatMap((one) => {
      if (one.kind !== kind) return [];
      return (one.kind === 'command' ? [one.line] : one.lines).map((line) =>
        line.replace(/\d+,\d+$|\|\d+\||,\d+,\d+\)/, '*'),
      );
    });
  const transfers = observations.flatMap((one) =>
    one.kind === 'link-closed' ? [[one.verb, one.path, one.direction, one.outcome, one.bytes, one.sha256]] : [],
  );
  return { commands: lines('command'), replies: lines('reply'), transfers };
}

test.for(CASES)(
  'the %s leg, %s over IPv%i',
  { timeout: TIMEOUT_MS },
  async ([leg, mode, family], context: TestContext) => {
    const reason = missing([TCPDUMP, ...lftp.needs, ...vsftpd.needs]) ?? noCapturing();
    if (reason !== undefined) return cannotTest(context, reason);
    const folder = await makeTempFolder('tcpdump');
    onTestFinished(() => removeFolder(folder));
    const server = await startServer(vsftpd, family);
    onTestFinished(() => server.stop());
    const from = randomInt(10_000, 19_900);
    const ports = `${from}-${from + DATA_PORTS}`;
    const options = ['--data-ports', `${leg}=${ports}`, '--payloads', join(folder, 'payloads')];
    const proxy = await startProxy(server.place, { options });
    onTestFinished(() => proxy.stop());

    const control = leg === 'client' ? proxy.port : server.place.port;
    const capture = join(folder, 'lo.pcap');
    await startTcpdump(capture, `host ${LOOPBACK[family]} and tcp and (port ${control} or portrange ${ports})`, folder);
    const [here, home] = [join(folder, 'here'), join(folder, 'home')];
    await Promise.all([
      layOut(join(server.place.root, 'pub', 'work'), STEPS, 'onServer'),
      layOut(here, STEPS, 'atClient'),
    ]);
    await mkdir(home);
    const { user, password } = vsftpd;
    const job = { host: proxy.host, port: proxy.port, user, password, family, mode, folder: 'pub/work', here, home };
    await lftp.run({ ...job, steps: STEPS });

    const live = gist(await proxy.observations());
    expect(live.transfers).toHaveLength(STEPS.length);
    let seen: ReturnType<typeof gist> = { commands: [], replies: [], transfers: [] };
    // tcpdump may be a little behind.
    await becomesTrue(async () => {
      seen = gist(await captured(capture, join(folder, 'captured')));
      return seen.transfers.length === STEPS.length && seen.commands.length === live.commands.length;
    }, PATIENCE_MS);
    expect(seen).toEqual(live);
  },
);
