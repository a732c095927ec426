// Many small files over one control connection: what each transfer costs besides its bytes.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { timesToFetch, urlAt } from './curl.js';
import { milliseconds, type Row } from './report.js';
import { noVsftpd, openStage, type Way } from './stage.js';
import { median } from './statistics.js';

const FILES = 300;
const FILE_BYTES = 1024;
const ROUNDS = 3;

export async function measureSmallFiles(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'small files', skipped: absent }];
  const { ways, folder } = await openStage(cleanup);
  await mkdir(join(folder, 'small'));
  const content = Buffer.alloc(FILE_BYTES);
  for (let number = 1; number <= FILES; number += 1) {
    await writeFile(join(folder, 'small', String(number)), content, { mode: 0o644 });
  }
  const times: Record<Way['name'], number[]> = { direct: [], haproxy: [], ours: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, address } of ways) {
      const seconds = await timesToFetch(urlAt(address, `pub/small/[1-${FILES}]`), folder);
      if (round > 0) times[name].push(...seconds.map((time) => time * 1000)); // the first run of each fills caches and is not counted
    }
  }
  const { direct, haproxy, ours } = times;
  return [
    {
      what: `download of 1 KiB (median of ${FILES * ROUNDS})`,
      direct: milliseconds(median(direct)),
      ...(haproxy.length === 0 ? {} : { haproxy: milliseconds(median(haproxy)) }),
      ours: milliseconds(median(ours)),
      compared: `${milliseconds(median(ours) - median(direct))} longer than direct`,
    },
  ];
}
