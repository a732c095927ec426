// What is fuzzed: a way to make inputs, and something that is done with each and must not go wrong.
import type { Chance } from '../support/chance.js';

export interface Target {
  readonly name: string;
  make(chance: Chance): Buffer | Promise<Buffer>;
  /** Rejects when the input shows a fault. Any bytes are an input: those that were kept outlive the way they were made. */
  run(input: Buffer): Promise<void>;
}

/** Bytes as decisions: each question is answered by the next of them, and by 0 when there are no more. */
export class Decisions {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isOver(): boolean {
    return this.at >= this.bytes.length;
  }

  below(count: number): number {
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    return byte % count;
  }

  from<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** The next so many bytes as they are. */
  bytesOf(length: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }
}

/** Throws an error with these words unless it is so. */
export function must(isSo: boolean, words: string): asserts isSo {
  if (!isSo) throw new Error(words);
}
