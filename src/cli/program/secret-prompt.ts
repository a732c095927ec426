// Asks on the terminal for what is not to be seen: without echo, as raw keys. Knows nothing of what it is for.
import { ToldFailure } from './errors.js';

const ENTER = /[\r\n]/;
const END_OF_INPUT = '\x04';
const INTERRUPT = '\x03';
const ERASE_LINE = '\x15';
const BACKSPACES: readonly string[] = ['\b', '\x7f'];

/** Whether there is a terminal to ask on, and somebody at it. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Resolves with what was typed. Rejects with a ToldFailure when it was interrupted, or `ended` resolves first. */
export async function askSecret(question: string, ended: Promise<void>): Promise<string> {
  const { stdin, stderr } = process;
  stdin.setRawMode(true);
  stderr.write(question);
  let hear: (bytes: Buffer) => void = () => {};
  try {
    const typed = new Promise<string | null>((resolve) => {
      const keys = new SecretKeys();
      hear = (bytes) => {
        const done = keys.take(bytes);
        if (done !== undefined) resolve(done);
      };
      stdin.on('data', hear);
      stdin.once('end', () => resolve(null));
    });
    const answer = await Promise.race([typed, ended.then(() => null)]);
    if (answer === null) throw new ToldFailure();
    return answer;
  } finally {
    stdin.off('data', hear);
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Keys to a line. */
class SecretKeys {
  private readonly decoder = new TextDecoder();
  private typed: string[] = [];

  /** The line once it is whole; null when it was interrupted; undefined as long as it is neither. */
  take(bytes: Buffer): string | null | undefined {
    for (const key of this.decoder.decode(bytes, { stream: true })) {
      if (ENTER.test(key)) return this.typed.join('');
      if (key === INTERRUPT) return null;
      if (key === END_OF_INPUT) return this.typed.length === 0 ? null : this.typed.join('');
      if (BACKSPACES.includes(key)) this.typed.pop();
      else if (key === ERASE_LINE) this.typed = [];
      else this.typed.push(key);
    }
    return undefined;
  }
}
