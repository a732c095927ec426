// Inputs that once showed a fault. They stay, so that it does not come back: `seeds/TARGET-NAME.bin`.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.js';

const FOLDER = fileURLToPath(new URL('seeds/', import.meta.url));

export interface Seed {
  readonly file: string;
  readonly input: Buffer;
}

export function seedsOf({ name }: Target): Seed[] {
  const files = readdirSync(FOLDER).filter((file) => file.startsWith(`${name}-`));
  return files.sort().map((file) => ({ file, input: readFileSync(join(FOLDER, file)) }));
}

/** Returns the file's name. The same input is kept once. */
export function keepSeed({ name }: Target, input: Buffer): string {
  const file = `${name}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`;
  writeFileSync(join(FOLDER, file), input);
  return file;
}
