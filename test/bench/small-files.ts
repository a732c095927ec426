// Many small files over one control connection: what each transfer costs besides its bytes.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { timesToFetch, urlAt } from './curl.js';
import { milliseconds, type Row } from './report.js';
import { noVsftpd, openStage, type Way } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

const FILES = 300;
const FILE_BYTES = 1024;
const ROUNDS = 3;
/** Parts of the rate without the proxy. */
const LEAST_ALONE = 0.5;
const LEAST_OF_FOUR = 0.35;

export async function measureSmallFiles(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'small files', skipped: absent }];
  const { ways, folder } = await openStage(cleanup);
  await mkdir(join(folder, 'small'));
  const content = Buffer.alloc(FILE_BYTES);
  for (let number = 1; number <= FILES; number += 1) {
    await writeFile(join(folder, 'small', String(number)), content, { mode: 0o644 });
  }
  const rows = [await measureRate(1, LEAST_ALONE, ways, folder), await measureRate(4, LEAST_OF_FOUR, ways, folder)];
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
    ...rows,
  ];
}

/** How many files a second go over so many control connections at a time. */
async function measureRate(connections: number, least: number, ways: readonly Way[], folder: string): Promise<Row> {
  const perSecond = async (name: Way['name']) => {
    const way = ways.find((one) => one.name === name);
    if (way === undefined) throw new Error(`there is no way ${name}`);
    const glob = urlAt(way.address, `pub/small/[1-${FILES}]`);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: connections }, () => timesToFetch(glob, folder)));
    return (connections * FILES) / ((performance.now() - startedAt) / 1000);
  };
  const { ours, others } = await inTurn(
    ROUNDS,
    () => perSecond('ours'),
    () => perSecond('direct'),
  );
  const ratio = medianRatio(ours, others);
  return {
    what: `1 KiB files, ${connections === 1 ? 'one connection' : `${connections} connections at a time`}`,
    direct: `${median(others).toFixed(0)}/s`,
    ours: `${median(ours).toFixed(0)}/s`,
    compared: `${ratio.toFixed(2)} x direct`,
    target: { text: `>= ${least} x direct`, met: ratio >= least },
  };
}
