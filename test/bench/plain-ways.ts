// All ways from a client to one vsftpd without TLS: directly, through whatever else relays FTP, and through ours with its pump and without.
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, ControlLine } from './control-line.js';
import { downloadSpeed, urlAt } from './curl.js';
import { startHaproxy } from './haproxy.js';
import { noModProxy, startModProxy } from './mod-proxy.js';
import { processorSecondsWithChildren } from './processor-time.js';
import { type ProxyProcess, startProxy } from './proxy-process.js';
import { openStage } from './stage.js';
import { SUSE_PROXY, startSuseProxy } from './suse-proxy.js';

const NOOP_EVERY_MS = 2;

export interface PlainWay {
  readonly name: string;
  readonly address: Address;
  /** Null for direct. */
  readonly pid: number | null;
}

export interface PlainWays {
  readonly ways: readonly PlainWay[];
  /** What clients see as `/pub`. */
  readonly folder: string;
  readonly server: Address;
  /** Relays that are not on this machine, and why. */
  readonly without: readonly string[];
}

export async function openPlainWays(cleanup: Cleanup): Promise<PlainWays> {
  const { ways, folder, data, withoutHaproxy } = await openStage(cleanup);
  const server = ways.find(({ name }) => name === 'direct')?.address;
  if (server === undefined) throw new Error('the stage has no server');
  const opened: PlainWay[] = [{ name: 'direct', address: server, pid: null }];
  const add = (name: string, proxy: ProxyProcess) => opened.push({ name, address: proxy, pid: proxy.pid });
  if (withoutHaproxy === undefined) {
    add('HAProxy splice', await startHaproxy(server, data, cleanup, 'splice'));
    const copying = ways.find(({ name }) => name === 'haproxy')?.address;
    if (copying !== undefined && 'pid' in copying) add('HAProxy copy', { ...copying, pid: Number(copying.pid) });
  }
  const withoutSuse = missing([SUSE_PROXY]);
  if (withoutSuse === undefined) add('SUSE', await startSuseProxy(server, cleanup));
  const withoutModProxy = noModProxy();
  if (withoutModProxy === undefined) add('mod_proxy', await startModProxy(server, null, cleanup));
  add('portable', await startProxy(server, cleanup, ['--pump', 'portable']));
  add('ours', await startProxy(server, cleanup));
  const without = [withoutHaproxy, withoutSuse, withoutModProxy].filter((reason) => reason !== undefined);
  return { ways: opened, folder, server, without };
}

export interface Together {
  readonly bytesPerSecond: number;
  /** Of the relay. */
  readonly secondsPerGibibyte: number;
  /** How long another session's NOOP took meanwhile, each. */
  readonly noopMs: readonly number[];
}

/** So many downloads of a file at once. */
export async function downloadTogether(
  { name, address, pid }: PlainWay,
  file: { readonly path: string; readonly bytes: number; readonly times: number },
  folder: string,
): Promise<Together> {
  const control = await ControlLine.login(address);
  const noops = answersUntilStopped(control, name);
  const before = pid === null ? 0 : processorSecondsWithChildren(pid);
  const begun = performance.now();
  const url = urlAt(address, file.path);
  const speeds = await Promise.all(Array.from({ length: file.times }, () => downloadSpeed(url, file.bytes, folder)));
  const seconds = (performance.now() - begun) / 1000;
  const noopMs = await noops.stop();
  control.close();
  const spent = pid === null ? 0 : processorSecondsWithChildren(pid) - before;
  const all = file.times * file.bytes;
  // Of a single one, curl knows how long the transfer took without the start of the program.
  const bytesPerSecond = file.times === 1 ? (speeds[0] ?? 0) : all / seconds;
  return { bytesPerSecond, secondsPerGibibyte: spent / (all / 1024 ** 3), noopMs };
}

/** NOOP again and again on one control connection. */
function answersUntilStopped(control: ControlLine, name: string): { stop(): Promise<number[]> } {
  let isStopped = false;
  const times: number[] = [];
  const asked = (async () => {
    while (!isStopped) {
      const begun = performance.now();
      await control.command('NOOP', '200');
      times.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, NOOP_EVERY_MS));
    }
  })();
  // It is waited for later, or never, where a download has failed before.
  asked.catch(() => {});
  return {
    stop: async () => {
      isStopped = true;
      await asked.catch((error: unknown) => {
        throw new Error(`NOOP of ${name} beside downloads, after ${times.length}`, { cause: error });
      });
      return times;
    },
  };
}
