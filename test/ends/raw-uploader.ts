// A peer that sends bytes and then ends its connection or resets it. In Python: a peer written in Node cannot be relied on to
// send a reset behind bytes that nobody has read.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/protocol/endpoint.js';

const SCRIPT = `
import socket, ssl, struct, sys
host, port, farewell, count, tls = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5] == 'tls'
plain = connection = socket.create_connection((host, port))
if tls:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = context.wrap_socket(plain)
sys.stdin.readline()
connection.sendall(b'x' * count)
if farewell == 'reset':
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()
else:
    connection.shutdown(socket.SHUT_WR)
    sys.stdout.write('ended')
    sys.stdout.flush()
    sys.stdin.read()
`;

export type Farewell = 'end' | 'reset';

export interface Uploader {
  /** Lets it send and say its farewell; resolves when it has. Before, it is only connected: a reset connection has no address. */
  finish(): Promise<void>;
}

export function startUploader(
  { address, port }: Endpoint,
  farewell: Farewell,
  bytes: number,
  tls: 'tls' | 'clear' = 'clear',
): Uploader {
  const uploader = spawn('python3', ['-c', SCRIPT, address, String(port), farewell, String(bytes), tls], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(uploader, 'exit');
  onTestFinished(async () => {
    uploader.stdin.end();
    await exited;
  });
  const finish = async () => {
    uploader.stdin.write('go\n');
    await (farewell === 'end' ? Promise.race([once(uploader.stdout, 'data'), exited]) : exited);
  };
  return { finish };
}
