// An end of a data connection, in Python, which sees resets that Node does not show: sends, reads, ends and resets when it is told to, and
// says what it saw. What it sends are the numbers from 0 on, in 32 bits each, so that nothing can be lost, doubled or in disorder.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const SCRIPT = `
import array, hashlib, socket, struct, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
digest, count, sent = hashlib.sha256(), 0, 0
def say(*words): print(*words, flush=True)
def content(size):
    global sent
    first = sent // 4
    sent += size
    return array.array('I', range(first, first + size // 4)).tobytes()
say('connected')
for line in sys.stdin:
    word, *rest = line.split()
    try:
        if word == 'send':
            peer.sendall(content(int(rest[0])))
            say('sent')
        elif word == 'end':
            peer.shutdown(socket.SHUT_WR)
            say('ended')
        elif word == 'reset':
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            peer.close()
            say('reset')
        elif word == 'read':
            left = int(rest[0])
            while left != 0:
                chunk = peer.recv(65536 if left < 0 else min(left, 65536))
                if not chunk: break
                digest.update(chunk)
                count += len(chunk)
                left -= len(chunk) if left > 0 else 0
            say('end' if left < 0 else 'read', count, digest.hexdigest())
    except ConnectionResetError:
        say('reset', count, digest.hexdigest())
    except OSError as error:
        say('failed', error)
`;

export interface RawPeer {
  /** A multiple of four bytes. Resolves when the system has taken all. */
  send(bytes: number): Promise<string>;
  /** Without waiting. */
  sendOn(bytes: number): void;
  end(): Promise<string>;
  reset(): Promise<string>;
  /** So many more bytes; then how many there were, and their SHA-256. */
  read(bytes: number): Promise<string>;
  /** To the end of the connection: `end` or `reset`, and the same. */
  readAll(): Promise<string>;
}

export async function startRawPeer(port: number): Promise<RawPeer> {
  const child = spawn('python3', ['-c', SCRIPT, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    return line.done ? 'gone' : line.value;
  };
  const ask = (command: string) => {
    child.stdin.write(`${command}\n`);
    return next();
  };
  if ((await next()) !== 'connected') throw new Error('the raw peer could not connect');
  return {
    send: (bytes) => ask(`send ${bytes}`),
    sendOn: (bytes) => void child.stdin.write(`send ${bytes}\n`),
    end: () => ask('end'),
    reset: () => ask('reset'),
    read: (bytes) => ask(`read ${bytes}`),
    readAll: () => ask('read -1'),
  };
}

/** What `read` says of the first bytes that a peer sends. */
export function summary(bytes: number): string {
  const content = new Uint32Array(bytes / 4).map((_, index) => index);
  return `${bytes} ${createHash('sha256').update(Buffer.from(content.buffer)).digest('hex')}`;
}
