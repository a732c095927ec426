// The program in the process of the tests: for arguments, help and mistakes, which end before anything runs. What a process of its own
// adds to that (bin/ftpscope.js, the build, the streams of the system) is tested with `program.ts`.
import { run } from '../../src/cli/main.js';
import { BIN, type Ended } from './program.js';

/** What `node bin/ftpscope.js` with these arguments writes, into pipes, and ends with. One at a time. */
export async function runHere(argv: readonly string[]): Promise<Ended> {
  const { stdout, stderr, exitCode } = process;
  const texts = { stdout: '', stderr: '' };
  const restore = [
    replaceWrite(stdout, (text) => (texts.stdout += text)),
    replaceWrite(stderr, (text) => (texts.stderr += text)),
  ];
  try {
    await run([process.execPath, BIN, ...argv]);
    return { status: Number(process.exitCode), ...texts };
  } finally {
    process.exitCode = exitCode;
    for (const one of restore) one();
  }
}

/** Until what is returned is called, `write` takes what is written; listeners that are added meanwhile are gone then. */
function replaceWrite(stream: NodeJS.WriteStream, write: (text: string) => void): () => void {
  const original = stream.write;
  const before = stream.rawListeners('error');
  stream.write = (text: string | Uint8Array) => {
    write(String(text));
    return true;
  };
  return () => {
    stream.write = original;
    stream.removeAllListeners('error');
    for (const listener of before) stream.on('error', (error: Error) => listener(error));
  };
}
