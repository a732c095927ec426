// Servers in processes of their own. A byte mill makes or swallows the bytes of a data connection, so that its memory does not count in the test's.
// Its SCRIPT runs in a child, and tells on stdout, one line each: its port, `stalled N`, `done N`.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { connectPeer, Happenings } from '../support/scripted-server.js';

/** Argument 1: how many bytes to send, or 0 to swallow. A line on stdin: go on swallowing. */
const SCRIPT = `
  const { createServer } = require('node:net');
  const total = Number(process.argv[1]);
  const chunk = Buffer.alloc(256 * 1024, 'mill');
  const say = (line) => process.stdout.write(line + '\\n');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => say('broken'));
    if (total > 0) return send(socket, 0);
    let count = 0;
    socket.on('data', (bytes) => {
      const first = count === 0;
      count += bytes.length;
      if (!first) return;
      socket.pause();
      say('paused ' + count);
    });
    socket.on('end', () => { say('done ' + count); socket.end(); });
    process.stdin.on('data', () => socket.resume());
  });
  function send(socket, sent) {
    while (sent < total) {
      const size = Math.min(chunk.length, total - sent);
      sent += size;
      if (!socket.write(chunk.subarray(0, size))) {
        const stalled = setTimeout(() => say('stalled ' + sent), 150);
        socket.once('drain', () => { clearTimeout(stalled); send(socket, sent); });
        return;
      }
    }
    socket.end(() => say('done ' + sent));
  }
  server.listen(0, '127.0.0.1', () => say('port ' + server.address().port));
`;

export interface ByteMill {
  readonly port: number;
  /** Waits for a line that begins with the word, and gives its number. */
  says(word: string): Promise<number>;
  goOn(): void;
}

/** Sends `bytes` to whoever connects; 0 swallows, and pauses after the first chunk until it may go on. */
export async function startByteMill(bytes: number): Promise<ByteMill> {
  const child = spawn(process.execPath, ['-e', SCRIPT, `${bytes}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill();
  });
  const lines: string[] = [];
  const happenings = new Happenings();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    happenings.happened();
  });
  const says = (word: string) =>
    happenings.until(
      () => numberBehind(word, lines),
      () => `${word} of the byte mill, which said ${lines.join(', ')}`,
      15_000,
    );
  return { port: await says('port'), says, goOn: () => child.stdin.write('\n') };
}

function numberBehind(word: string, lines: readonly string[]): number | undefined {
  const line = lines.find((one) => one.startsWith(`${word} `));
  return line === undefined ? undefined : Number(line.slice(word.length + 1));
}

/** Listens, and accepts nobody: the kernel takes two connections, and a third one waits for an answer for ever (on Linux). */
const DEAF_SCRIPT = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** The port of a server that does not answer a connection at all. */
export async function startDeafServer(): Promise<number> {
  const child = spawn(process.execPath, ['-e', DEAF_SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
  });
  await connectPeer({ address: '127.0.0.1', port });
  await connectPeer({ address: '127.0.0.1', port });
  return port;
}
