// curl, silent and bounded in time, and what it measured of its own transfer.
import { startChild } from '../e2e/child-process.js';
import type { Address } from './control-line.js';

const MAX_SECONDS = 60;

export const CURL = { file: 'curl', from: 'curl' } as const;

export function urlAt({ host, port }: Address, path: string): string {
  return `ftp://anonymous:bench%40example.com@${host}:${port}/${path}`;
}

/** How curl is run, where not as usual. */
export interface Manner {
  readonly options?: readonly string[];
  /** A program that runs it, with its arguments. */
  readonly by?: readonly string[];
}

/** Runs curl; what it wrote out by `format` (man curl, --write-out). */
async function runCurl(
  args: readonly string[],
  format: string,
  cwd: string,
  { options = [], by = [] }: Manner = {},
): Promise<string> {
  const bounds = ['-q', '--silent', '--show-error', '--fail', '--max-time', String(MAX_SECONDS)];
  const [program = '', ...rest] = [...by, 'curl', ...bounds, '--write-out', format, ...options, ...args];
  const child = startChild(program, rest, { cwd, timeoutMs: (MAX_SECONDS + 10) * 1000 });
  const code = await child.ended;
  if (code !== 0) throw new Error(`curl ${args.join(' ')} exited with ${code}: ${child.output()}`);
  return child.output();
}

/** Bytes per second of the transfer alone, without the start of the program. */
export async function downloadSpeed(url: string, bytes: number, cwd: string, manner?: Manner): Promise<number> {
  const said = await runCurl(['--output', '/dev/null', url], '%{size_download} %{speed_download}', cwd, manner);
  return speedIn(said, bytes);
}

/** By `STOR`, or by `APPE`, which vsftpd carries out on a device too. */
export async function uploadSpeed(
  file: string,
  url: string,
  bytes: number,
  by: 'STOR' | 'APPE',
  cwd: string,
  manner?: Manner,
): Promise<number> {
  const args = [...(by === 'APPE' ? ['--append'] : []), '--upload-file', file, url];
  const said = await runCurl(args, '%{size_upload} %{speed_upload}', cwd, manner);
  return speedIn(said, bytes);
}

/** How many seconds each file took that the glob names, fetched over one control connection. */
export async function timesToFetch(glob: string, cwd: string, manner?: Manner): Promise<number[]> {
  const said = await runCurl(['--output', '/dev/null', glob], '%{time_total}\\n', cwd, manner);
  return said.trim().split('\n').map(Number);
}

function speedIn(said: string, bytes: number): number {
  const [size, speed] = said.split(' ').map(Number);
  if (size !== bytes || speed === undefined) throw new Error(`curl moved ${size} of ${bytes} bytes: ${said}`);
  return speed;
}
