// What it costs to record and to watch: the same transfers through proxies that differ in that alone, and through others' relays.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from '../bench/cleanup.js';
import { type Address, greets } from '../bench/control-line.js';
import { downloadSpeed, timesToFetch, urlAt } from '../bench/curl.js';
import { openPlainWays } from '../bench/plain-ways.js';
import { processorSecondsWithChildren } from '../bench/processor-time.js';
import { COMMAND, freePort, type ProxyProcess, startProxy } from '../bench/proxy-process.js';
import { residentBytes } from '../bench/resident-memory.js';
import { inTerminal } from '../bench/screen.js';
import { laySparseFile } from '../bench/stage.js';
import { median } from '../bench/statistics.js';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';

const BIG_BYTES = 512 * 1024 ** 2;
const SMALL_BYTES = 1024;
const SMALL_FILES = 250;
const ROUNDS = 3;
const READY_MS = 10_000;
const LIFETIME_MS = 20 * 60_000;

export interface Variant {
  readonly name: string;
  readonly secondsPerGibibyte: number;
  readonly secondsPerThousand: number;
  readonly mebibytes: number;
}

export async function measureVariants(cleanup: Cleanup): Promise<Variant[]> {
  const { ways, folder, server } = await openPlainWays(cleanup);
  await laySparseFile(join(folder, 'big'), BIG_BYTES);
  await mkdir(join(folder, 'small'));
  for (let number = 1; number <= SMALL_FILES; number += 1) {
    await writeFile(join(folder, 'small', String(number)), Buffer.alloc(SMALL_BYTES), { mode: 0o644 });
  }
  const own = await makeTempFolder('performance');
  cleanup.add(() => removeFolder(own));
  const payloads = join(own, 'payloads');
  const proxies: (readonly [string, ProxyProcess])[] = [
    ['nothing watches', await startProxy(server, cleanup)],
    ['transcript (`-w`)', await startProxy(server, cleanup, ['-w', join(own, 'transcript.ndjson')])],
    ['payloads (`--payloads`)', await startProxy(server, cleanup, ['--payloads', payloads])],
    ['dashboard', await withDashboard(server, cleanup)],
    ['attached (`ftpscope attach SOCKET`)', await withAttached(server, own, cleanup)],
    ...ways.flatMap(({ name, address, pid }) =>
      pid === null || name === 'ours' ? [] : [[name, { ...address, pid }] as const],
    ),
  ];
  const measured = proxies.map(([name, proxy]) => ({ name, proxy, big: [] as number[], small: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { proxy, big, small } of measured) {
      const spent = async (transfer: () => Promise<unknown>) => {
        const before = processorSecondsWithChildren(proxy.pid);
        await transfer();
        return processorSecondsWithChildren(proxy.pid) - before;
      };
      const seconds = [
        await spent(() => downloadSpeed(urlAt(proxy, 'pub/big'), BIG_BYTES, folder)),
        await spent(() => timesToFetch(urlAt(proxy, `pub/small/[1-${SMALL_FILES}]`), folder)),
      ] as const;
      for (const file of await readdir(payloads).catch(() => [])) await rm(join(payloads, file));
      if (round === 0) continue;
      big.push(seconds[0] / (BIG_BYTES / 1024 ** 3));
      small.push((seconds[1] * 1000) / SMALL_FILES);
    }
  }
  return measured.map(({ name, proxy, big, small }) => ({
    name,
    secondsPerGibibyte: median(big),
    secondsPerThousand: median(small),
    mebibytes: residentBytes(proxy.pid) / 1024 ** 2,
  }));
}

async function withDashboard(server: Address, cleanup: Cleanup): Promise<ProxyProcess> {
  const address = { host: '127.0.0.1', port: await freePort() };
  const url = `ftp://${server.host}:${server.port}`;
  const child = inTerminal(
    `${process.execPath} ${COMMAND} proxy ${url} --listen ${address.host}:${address.port} --client-tls off --dashboard`,
    LIFETIME_MS,
  );
  cleanup.add(() => stopChild(child.process));
  if (!(await becomesTrue(() => greets(address), READY_MS)))
    throw new Error(`the proxy with the dashboard did not start:\n${child.output()}`);
  const { pid } = child.process;
  // `script` has one child, which has become the proxy.
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return { ...address, pid: Number(children.trim()) };
}

async function withAttached(server: Address, folder: string, cleanup: Cleanup): Promise<ProxyProcess> {
  const socket = join(folder, 'admin');
  const proxy = await startProxy(server, cleanup, ['--admin-socket', socket]);
  const attached = startChild(process.execPath, [COMMAND, 'attach', socket, '--json'], {
    cwd: folder,
    timeoutMs: LIFETIME_MS,
  });
  cleanup.add(async () => {
    await stopChild(attached.process);
    await attached.ended.catch(() => undefined);
  });
  return proxy;
}
