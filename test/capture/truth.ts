// The corpus of real captures, with their truth, where it lies beside the checkout. Its README says what is in it.
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus');

interface TrueLine {
  readonly dir: 'C' | 'S';
  readonly line: string;
  readonly eol: string;
}

export interface TrueControl {
  readonly tcp_stream: number;
  /** `address|port`. */
  readonly client: string;
  readonly server: string;
  readonly lines: readonly TrueLine[];
  readonly tls: { readonly client_offset: number; readonly server_offset: number } | null;
  readonly gaps: Readonly<Record<'C' | 'S', readonly { readonly at: number; readonly missing: number }[]>>;
}

interface TruePayload {
  readonly bytes: number;
  readonly sha256: string;
  readonly gaps: readonly { readonly missing: number }[];
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

export const corpusIsThere = existsSync(CORPUS);

export function truths(): Truth[] {
  if (!corpusIsThere) return [];
  const folder = join(CORPUS, 'truth');
  return readdirSync(folder)
    .sort()
    .map((name): Truth => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

export function corpusFile(capture: string): AsyncIterable<Buffer> {
  return createReadStream(join(CORPUS, capture));
}
