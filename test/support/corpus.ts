// The real captures in fixtures/corpus, and the truth about each: what was sent in it, found out without our code. See fixtures/README.md.
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CORPUS = fileURLToPath(new URL('../../fixtures/corpus/', import.meta.url));

interface Gap {
  /** After how many bytes that are there, how many are not. */
  readonly at: number;
  readonly missing: number;
}

interface TrueLine {
  /** Client to server, or the reverse. */
  readonly dir: 'C' | 'S';
  /** Without its line end, one character a byte. */
  readonly line: string;
  readonly eol: string;
}

type EachDirection<T> = Readonly<Record<'C' | 'S', T>>;

export interface TrueControl {
  readonly tcp_stream: number;
  /** `address|port`. */
  readonly client: string;
  readonly server: string;
  readonly lines: readonly TrueLine[];
  readonly tls: { readonly client_offset: number; readonly server_offset: number } | null;
  readonly bytes: EachDirection<number>;
  readonly sha256: EachDirection<string>;
  readonly gaps: EachDirection<readonly Gap[]>;
}

export interface TruePayload {
  readonly bytes: number;
  readonly sha256: string;
  readonly gaps: readonly Gap[];
}

export interface TrueData {
  readonly opener: string;
  readonly listener: string;
  readonly mode: 'PORT' | 'EPRT' | 'PASV' | 'EPSV';
  readonly control_stream: number;
  readonly command: string | null;
  readonly arg: string | null;
  readonly payload: Readonly<Record<'opener_to_listener' | 'listener_to_opener', TruePayload>>;
}

export interface Truth {
  /** Relative to the corpus. */
  readonly capture: string;
  readonly control: readonly TrueControl[];
  readonly data: readonly TrueData[];
}

/** Of all captures, those of the same traffic in another container included. */
export function truthNames(): string[] {
  const files = readdirSync(join(CORPUS, 'truth')).sort();
  return files.map((file) => file.replace(/\.json$/, ''));
}

/** Without the same traffic in another container. */
export function captureNames(): string[] {
  return truthNames().filter((name) => !name.startsWith('variants__'));
}

export function readTruth(name: string): Truth {
  return JSON.parse(readFileSync(join(CORPUS, 'truth', `${name}.json`), 'utf8'));
}

/** What one side of a capture's control connections says, line by line. */
export function trueLines(name: string, dir: TrueLine['dir']): string[] {
  const lines = readTruth(name).control.flatMap((connection) => connection.lines);
  return lines.filter((one) => one.dir === dir).map(({ line }) => line);
}

/** The path of one of the captures that are in their first container. */
export function capturePath(name: string): string {
  return join(CORPUS, 'captures', `${name}.pcap`);
}

/** The bytes of the capture that this is the truth about. */
export function openCapture({ capture }: Truth): AsyncIterable<Buffer> {
  return createReadStream(join(CORPUS, capture));
}
