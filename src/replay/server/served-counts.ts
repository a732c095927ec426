// What the clients of a replayed server have asked, and what of it the recording could not answer; as text for people and as data.
// Pure, and bounded: what is asked over and over is counted, not kept.
import { readableText } from '../../protocol/wire-text.js';
import { formatCount } from '../../words/quantities.js';

/** An upload beside the recorded one. */
export interface ServedUpload {
  /** The client's command. */
  readonly line: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it is what was recorded; null when there is nothing to compare it with. */
  readonly same: boolean | null;
}

/** Different lines of one kind that are told apart. */
const MAX_LINES = 1000;
const MAX_UPLOADS = 10_000;

/** Lines, and how often each was asked. */
type LineCounts = ReadonlyMap<string, number>;

export class ServedCounts {
  clients = 0;
  commands = 0;
  readonly unknown = new Map<string, number>();
  /** Answered as another command: `RETR b, answered as RETR a`. */
  readonly substituted = new Map<string, number>();
  /** Transfers whose bytes the recording does not hold. */
  readonly withoutPayload = new Map<string, number>();
  /** Downloads that were broken off where the recording ends. */
  readonly cut = new Map<string, number>();
  /** Never recorded, and answered all the same: what clients cannot do without. */
  readonly own = new Map<string, number>();
  /** Why TLS handshakes failed. */
  readonly failedTls = new Map<string, number>();
  readonly uploads: ServedUpload[] = [];

  addTo(lines: Map<string, number>, line: string): void {
    const known = lines.get(line);
    if (known !== undefined || lines.size < MAX_LINES) lines.set(line, (known ?? 0) + 1);
  }

  upload(upload: ServedUpload): void {
    if (this.uploads.length < MAX_UPLOADS) this.uploads.push(upload);
  }
}

/** How many commands the recording did not answer by itself. */
export function countUnlike({ unknown, substituted, own, withoutPayload, uploads }: ServedCounts): number {
  const all = [unknown, substituted, own, withoutPayload].flatMap((lines) => [...lines.values()]);
  return all.reduce((sum, count) => sum + count, 0) + uploads.filter(({ same }) => same !== true).length;
}

export function countLines(counts: ServedCounts): string[] {
  const { clients, commands, unknown, substituted, own, withoutPayload, cut, failedTls, uploads } = counts;
  return [
    `${formatCount(clients, 'client')}, ${formatCount(commands, 'command')}, ${formatCount(uploads.length, 'upload')}`,
    ...section('not in the recording', unknown),
    ...section('not in the recording, and answered by ftpscope', own),
    ...section('answered by what was recorded of the same verb', substituted),
    ...section('without bytes in the recording', withoutPayload),
    ...section('broken off where the recording ends', cut),
    ...section('TLS handshakes that failed', failedTls),
    ...uploadLines(uploads),
  ];
}

function section(title: string, lines: LineCounts): string[] {
  if (lines.size === 0) return [];
  const told = [...lines].map(([line, count]) => `  ${readableText(line)}${count === 1 ? '' : `   ${count} times`}`);
  return [`${title}:`, ...told];
}

function uploadLines(uploads: readonly ServedUpload[]): string[] {
  if (uploads.length === 0) return [];
  return ['uploads:', ...uploads.map(uploadLine)];
}

function uploadLine({ line, bytes, sha256, same }: ServedUpload): string {
  const verdict =
    same === null ? 'nothing recorded to compare it with' : same ? 'as recorded' : 'not what was recorded';
  return `  ${readableText(line)}   ${bytes} bytes, sha256 ${sha256}   ${verdict}`;
}

export interface CountsData {
  readonly clients: number;
  readonly commands: number;
  readonly unknown: Readonly<Record<string, number>>;
  readonly own: Readonly<Record<string, number>>;
  readonly substituted: Readonly<Record<string, number>>;
  readonly withoutPayload: Readonly<Record<string, number>>;
  readonly cut: Readonly<Record<string, number>>;
  readonly failedTls: Readonly<Record<string, number>>;
  readonly uploads: readonly ServedUpload[];
}

export function countsAsData({
  clients,
  commands,
  unknown,
  own,
  substituted,
  withoutPayload,
  cut,
  failedTls,
  uploads,
}: ServedCounts): CountsData {
  const counts = (lines: LineCounts) => Object.fromEntries(lines);
  return {
    ...{ clients, commands, uploads },
    unknown: counts(unknown),
    own: counts(own),
    substituted: counts(substituted),
    withoutPayload: counts(withoutPayload),
    cut: counts(cut),
    failedTls: counts(failedTls),
  };
}
