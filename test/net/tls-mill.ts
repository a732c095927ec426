// A data connection's end in TLS in a process of its own, so that its memory does not count in the test's: sends bytes, or
// swallows them once it is told to. Listens as a server's data port, or connects as a client.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { Happenings } from '../support/happenings.js';

const PATIENCE_MS = 20_000;

/** The first argument is a Task. Tells on stdout, one line each: `port N`, `stalled N`, `done N`. */
const SCRIPT = `
  const tls = require('node:tls');
  const task = JSON.parse(process.argv[1]);
  const chunk = Buffer.alloc(256 * 1024, 'mill');
  const say = (line) => process.stdout.write(line + '\\n');
  const use = (socket) => {
    socket.on('error', (error) => say('broken ' + error.code));
    if (task.sends > 0) send(socket, 0);
    else swallow(socket);
  };
  function send(socket, sent) {
    while (sent < task.sends) {
      const size = Math.min(chunk.length, task.sends - sent);
      sent += size;
      if (!socket.write(chunk.subarray(0, size))) {
        const stalled = setTimeout(() => say('stalled ' + sent), 300);
        socket.once('drain', () => { clearTimeout(stalled); send(socket, sent); });
        return;
      }
    }
    socket.end(() => say('done ' + sent));
  }
  function swallow(socket) {
    let count = 0;
    process.stdin.once('data', () => {
      socket.on('data', (bytes) => { count += bytes.length; });
      socket.on('end', () => { say('done ' + count); socket.end(); });
    });
  }
  if (task.port > 0) tls.connect({ ...task, host: '127.0.0.1' }, function () { use(this); });
  else {
    const server = tls.createServer({ ...task, allowHalfOpen: true }, use);
    server.listen(0, '127.0.0.1', () => say('port ' + server.address().port));
  }
`;

export interface Task {
  /** How many bytes to send; 0 swallows. */
  readonly sends: number;
  /** Where to connect; 0 listens. */
  readonly port: number;
  /** For the one that listens. */
  readonly cert?: string;
  readonly key?: string;
  /** For the one that connects. */
  readonly ca?: string;
}

export interface TlsMill {
  /** Waits for a line that begins with the word, and gives its number. */
  says(word: string): Promise<number>;
  goOn(): void;
}

export function startTlsMill(task: Task): TlsMill {
  const child = spawn(process.execPath, ['-e', SCRIPT, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  const happenings = new Happenings();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    happenings.happened();
  });
  const find = (word: string) => {
    const line = lines.find((one) => one.startsWith(`${word} `));
    return line === undefined ? undefined : Number(line.slice(word.length + 1));
  };
  const says = (word: string) =>
    happenings.until(
      () => find(word),
      () => `${word} of the mill, which said ${lines.join(', ')}`,
      PATIENCE_MS,
    );
  return { says, goOn: () => child.stdin.write('\n') };
}
