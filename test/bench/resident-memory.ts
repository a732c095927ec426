// How much memory a process has in RAM, as Linux counts it.
import { readFileSync, writeFileSync } from 'node:fs';

/** Why it cannot be told here; undefined when it can. */
export function noResidentMemory(): string | undefined {
  return process.platform === 'linux' ? undefined : 'memory is read from /proc, which only Linux has';
}

/** Bytes that are resident now. */
export const residentBytes = (pid: number) => statusBytes(pid, 'VmRSS');

/** The most bytes that were resident since `forgetPeak`. */
export const peakBytes = (pid: number) => statusBytes(pid, 'VmHWM');

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

export const kibibytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;

function statusBytes(pid: number, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(found?.[1]) * 1024;
}
