// What the clients of a replayed server asked, as text for people and as data. Pure.
import { readableText } from '../../protocol/wire-text.js';
import { formatCount } from '../../words/quantities.js';
import type { LineCounts, ServedCounts, ServedUpload } from './served-counts.js';

export function countLines(counts: ServedCounts): string[] {
  const { clients, commands, unknown, substituted, withoutPayload, uploads } = counts;
  return [
    `${formatCount(clients, 'client')}, ${formatCount(commands, 'command')}, ${formatCount(uploads.length, 'upload')}`,
    ...section('not in the recording', unknown),
    ...section('answered by what was recorded of the same verb', substituted),
    ...section('without bytes in the recording', withoutPayload),
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
  readonly substituted: Readonly<Record<string, number>>;
  readonly withoutPayload: Readonly<Record<string, number>>;
  readonly uploads: readonly ServedUpload[];
}

export function countsAsData({
  clients,
  commands,
  unknown,
  substituted,
  withoutPayload,
  uploads,
}: ServedCounts): CountsData {
  const counts = (lines: LineCounts) => Object.fromEntries(lines);
  return {
    ...{ clients, commands, uploads },
    unknown: counts(unknown),
    substituted: counts(substituted),
    withoutPayload: counts(withoutPayload),
  };
}
