// A folder of small files fetched by lftp over eight sessions, with all that is said and transferred recorded: directly and through the
// proxy in turn.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import type { Row } from './report.js';
import { noVsftpd, openStage } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

const FILES = 3000;
const FILE_BYTES = 1024;
const SESSIONS = 8;
const ROUNDS = 2;
const MOST = 2;
const MAX_MS = 120_000;
const LFTP = { file: 'lftp', from: 'lftp' } as const;

export async function measureMirror(cleanup: Cleanup): Promise<Row[]> {
  const what = `lftp mirror of ${FILES} files, ${SESSIONS} at a time, recorded`;
  const absent = noVsftpd() ?? missing([LFTP]);
  if (absent !== undefined) return [{ what, skipped: absent }];
  const folder = await makeTempFolder('mirror-bench');
  cleanup.add(() => removeFolder(folder));
  const recorded = ['--transcript', join(folder, 'session.ndjson'), '--payloads', join(folder, 'payloads')];
  const stage = await openStage(cleanup, recorded);
  const wayTo = (name: string): Address => {
    const way = stage.ways.find((one) => one.name === name);
    if (way === undefined) throw new Error(`there is no way ${name}`);
    return way.address;
  };
  const files = join(stage.folder, 'many');
  await mkdir(files);
  for (let number = 1; number <= FILES; number += 1) {
    await writeFile(join(files, String(number)), Buffer.alloc(FILE_BYTES, `${number}`), { mode: 0o644 });
  }
  let round = 0;
  const mirror = (address: Address) => {
    round += 1;
    return secondsToMirror(address, join(folder, `mirrored-${round}`), folder);
  };
  const { ours, others } = await inTurn(
    ROUNDS,
    () => mirror(wayTo('ours')),
    () => mirror(wayTo('direct')),
  );
  const ratio = medianRatio(ours, others);
  return [
    {
      what,
      direct: `${median(others).toFixed(1)} s`,
      ours: `${median(ours).toFixed(1)} s`,
      compared: `${ratio.toFixed(2)} x direct`,
      target: { text: `<= ${MOST} x direct`, met: ratio <= MOST },
    },
  ];
}

async function secondsToMirror({ host, port }: Address, to: string, cwd: string): Promise<number> {
  const script = [
    'set ftp:use-feat no; set ftp:sync-mode yes; set net:max-retries 1; set ftp:ssl-allow no',
    `open -u anonymous,bench@example.com ftp://${host}:${port}`,
    `mirror --parallel=${SESSIONS} pub/many ${to}`,
  ];
  const startedAt = performance.now();
  const child = startChild('lftp', ['-c', script.join('; ')], { cwd, timeoutMs: MAX_MS });
  const code = await child.ended;
  const seconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new Error(`lftp exited with ${code}: ${child.output()}`);
  return seconds;
}
