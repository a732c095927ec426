// A directory as text: LIST's Unix lines, NLST's names, and the facts of MLSD and MLST (RFC 3659 section 7).
// Pure. Names stay latin-1, times are UTC.
import { contentSize } from './file-content.js';
import type { TreeNode } from './file-tree.js';

export type Entry = readonly [name: string, node: TreeNode];

export const factNames = ['type', 'size', 'modify', 'perm'] as const;
export type FactName = (typeof factNames)[number];

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const halfYearMs = 182 * 24 * 3600 * 1000;
/** What Unix shows for a directory's own size. */
const directoryBytes = 4096;

/** One line as `ls -l` prints it: the form nearly every client can read, although no RFC fixes it. */
export function longLine([name, node]: Entry, nowMs: number): string {
  const mode = node.kind === 'directory' ? 'drwxr-xr-x' : '-rw-r--r--';
  const links = node.kind === 'directory' ? 2 : 1;
  const size = node.kind === 'directory' ? directoryBytes : contentSize(node.content);
  return `${mode} ${pad(links, 3)} ftp      ftp      ${pad(size, 12)} ${listTime(node.modifiedMs, nowMs)} ${name}`;
}

/** The time of day for a date within half a year, the year otherwise: as `ls` does. */
function listTime(modifiedMs: number, nowMs: number): string {
  const date = new Date(modifiedMs);
  const recent = modifiedMs <= nowMs && nowMs - modifiedMs < halfYearMs;
  const clock = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`;
  const month = months[date.getUTCMonth()] ?? 'Jan';
  return `${month} ${pad(date.getUTCDate(), 2)} ${recent ? clock : pad(date.getUTCFullYear(), 5)}`;
}

/** `type=file;size=12;modify=20260131120000; name`: only the facts that were asked for, in a fixed order. */
export function factsLine([name, node]: Entry, facts: readonly FactName[], type: string = fileType(node)): string {
  const values: Readonly<Record<FactName, string | null>> = {
    type,
    size: node.kind === 'file' ? String(contentSize(node.content)) : null,
    modify: timeValue(node.modifiedMs),
    perm: node.kind === 'file' ? 'adfrw' : 'cdeflmp',
  };
  const written = factNames.filter((fact) => facts.includes(fact) && values[fact] !== null);
  return `${written.map((fact) => `${fact}=${values[fact]};`).join('')} ${name}`;
}

function fileType(node: TreeNode): string {
  return node.kind === 'file' ? 'file' : 'dir';
}

/** YYYYMMDDHHMMSS in UTC (RFC 3659 section 2.3). */
export function timeValue(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/** Lines as they travel on a data connection: always NVT-ASCII, whatever the TYPE (RFC 3659 section 7.2). */
export function listingBytes(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, ' ');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
