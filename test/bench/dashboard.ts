// What the dashboard costs: how often it draws and how long it holds up the event loop under load, and whether transfers are slower
// with it than without.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { becomesTrue, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, greets } from './control-line.js';
import { downloadSpeed, urlAt } from './curl.js';
import type { LoadResult } from './dashboard-load.js';
import { COMMAND, freePort } from './proxy-process.js';
import type { Row } from './report.js';
import { inTerminal, ROOT, SCRIPT } from './screen.js';
import { laySparseFile, noVsftpd, openStage } from './stage.js';
import { medianRatio } from './statistics.js';

const LOAD = fileURLToPath(new URL('./dashboard-load.ts', import.meta.url));
const MAX_DRAWS_A_SECOND = 10;
const MAX_DELAY_MS = 25;
const LEAST_RATIO = 0.95;
const BYTES = 1024 ** 3;
const ROUNDS = 7;
const READY_MS = 10_000;

export async function measureDashboard(cleanup: Cleanup): Promise<Row[]> {
  const absent = missing([SCRIPT]);
  if (absent !== undefined) return [{ what: 'dashboard', skipped: absent }];
  return [...(await underLoad(cleanup)), await besideTransfers(cleanup)];
}

async function underLoad(cleanup: Cleanup): Promise<Row[]> {
  const folder = await makeTempFolder('bench-dashboard');
  cleanup.add(() => removeFolder(folder));
  const file = join(folder, 'result');
  const child = inTerminal(`${join(ROOT, 'node_modules/.bin/tsx')} ${LOAD} ${file}`);
  cleanup.add(() => stopChild(child.process));
  await child.ended;
  const { drawsASecond, delayP99Ms }: LoadResult = JSON.parse(await readFile(file, 'utf8'));
  const load = 'dashboard, 2,000 sessions, 5,000 observations/s';
  return [
    {
      what: `${load}: drawings`,
      ours: `${drawsASecond.toFixed(1)}/s`,
      target: { text: `<= ${MAX_DRAWS_A_SECOND}/s`, met: drawsASecond <= MAX_DRAWS_A_SECOND },
    },
    {
      what: `${load}: event loop delay, p99`,
      ours: `${delayP99Ms.toFixed(1)} ms`,
      target: { text: `< ${MAX_DELAY_MS} ms`, met: delayP99Ms < MAX_DELAY_MS },
    },
  ];
}

/** Rounds of both, one right after the other, so that whatever else the machine does meets them alike. */
async function besideTransfers(cleanup: Cleanup): Promise<Row> {
  const what = 'download 1 GiB with the dashboard';
  const absent = noVsftpd();
  if (absent !== undefined) return { what, skipped: absent };
  const { ways, folder } = await openStage(cleanup);
  const [server, headless] = [ways[0]?.address, ways.find(({ name }) => name === 'ours')?.address];
  if (server === undefined || headless === undefined) throw new Error('the stage has no server');
  await laySparseFile(join(folder, 'big'), BYTES);
  const shown = await proxyWithDashboard(server, cleanup);
  const speeds: { readonly shown: number[]; readonly headless: number[] } = { shown: [], headless: [] };
  const speed = (address: Address) => downloadSpeed(urlAt(address, 'pub/big'), BYTES, folder);
  await speed(headless);
  await speed(shown);
  for (let round = 0; round < ROUNDS; round += 1) {
    speeds.headless.push(await speed(headless));
    speeds.shown.push(await speed(shown));
  }
  const ratio = medianRatio(speeds.shown, speeds.headless);
  return {
    what,
    ours: `${(Math.max(...speeds.shown) / 1e9).toFixed(2)} GB/s at best`,
    compared: `${ratio.toFixed(2)} x headless`,
    target: { text: `>= ${LEAST_RATIO} x headless`, met: ratio >= LEAST_RATIO },
  };
}

async function proxyWithDashboard(upstream: Address, cleanup: Cleanup): Promise<Address> {
  const address = { host: '127.0.0.1', port: await freePort() };
  const url = `ftp://${upstream.host}:${upstream.port}`;
  const child = inTerminal(
    `${process.execPath} ${COMMAND} proxy ${url} --listen ${address.host}:${address.port} --client-tls off --dashboard`,
  );
  cleanup.add(() => stopChild(child.process));
  if (!(await becomesTrue(() => greets(address), READY_MS)))
    throw new Error(`the proxy with the dashboard did not start:\n${child.output()}`);
  return address;
}
