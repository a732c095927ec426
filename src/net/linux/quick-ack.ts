// Acknowledges at once what a peer sent, instead of 40 ms later. Behind a TLS 1.3 handshake we have nothing to say, and a client that
// waits for the acknowledgment of its last flight before it sends more (Nagle's algorithm: PHP) would pay that with every upload.
import type { Socket } from 'node:net';
import { fileDescriptor } from './file-descriptor.js';
import { type Kernel, openKernel } from './kernel.js';

const IPPROTO_TCP = 6;
const TCP_QUICKACK = 12;

export type Acknowledge = (socket: Socket) => void;

/** Does nothing where there is no such kernel, or no koffi: then uploads take longer, and nothing else. */
export async function openQuickAck(open: () => Promise<Kernel> = openKernel): Promise<Acknowledge> {
  const kernel = await open().catch(() => null);
  if (kernel === null) return () => {};
  return (socket) => {
    const fd = fileDescriptor(socket);
    if (fd === null) return;
    try {
      kernel.setOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
    } catch {
      // The connection has just been closed.
    }
  };
}
