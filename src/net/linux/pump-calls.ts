// The system calls of the kernel pump: splice(2) moves bytes from a socket into a pipe and from there into another socket, without a
// copy in this process; epoll(7) says when it can go on.
import { arch, constants } from 'node:os';
import { type Libc, openLibc } from './kernel.js';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const USUAL_PIPE_BYTES = 64 * 1024;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x1;
const EPOLLOUT = 0x4;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;

/** As a SystemCall returns them. */
export const WOULD_BLOCK = -constants.errno.EAGAIN;
export const INTERRUPTED = -constants.errno.EINTR;

const INT_BYTES = 4;
const BELL_BYTES = 8;
/** struct epoll_event: the number has no gap before it on x86. */
const NUMBER_AT = arch() === 'x64' || arch() === 'ia32' ? 4 : 8;
const EVENT_BYTES = NUMBER_AT + 8;
const MOST_EVENTS = 256;

/** A pipe's two ends. */
interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Each returns what the kernel does, or the negative number of an error. */
export interface PumpCalls {
  duplicate(fd: number): number;
  /** Of that size, or of the usual one. Null where a user's pipes hold so much already that they become tiny, or without descriptors. */
  pipe(bytes: number): Pipe | null;
  close(fd: number): void;
  read(fd: number, into: Buffer): number;
  splice(from: number, to: number, bytes: number): number;
  /** What makes a thread that waits go on. */
  bell(): number;
  ring(bell: number): void;
  silence(bell: number): void;
  poller(): number;
  /** Reports, by that number, each time when it can be read or written again that could not be before. */
  watch(poller: number, fd: number, until: 'readable' | 'writable', number: number): void;
  forget(poller: number, fd: number): void;
  /** The numbers of what can go on. Waits so long at most; 0: not at all. */
  wait(poller: number, ms: number): number[];
}

/** Or why they are not available. */
export async function openPumpCalls(): Promise<PumpCalls | 'not-linux' | 'no-koffi'> {
  const libc = await openLibc();
  return typeof libc === 'string' ? libc : pumpCalls(libc);
}

function pumpCalls(libc: Libc): PumpCalls {
  const fcntl = libc('int fcntl(int, int, int)');
  const pipe2 = libc('int pipe2(void *, int)');
  const close = libc('int close(int)');
  const read = libc('long read(int, void *, size_t)');
  const write = libc('long write(int, const void *, size_t)');
  const eventfd = libc('int eventfd(unsigned int, int)');
  const epollCreate = libc('int epoll_create1(int)');
  const epollCtl = libc('int epoll_ctl(int, int, int, void *)');
  const epollWait = libc('int epoll_wait(int, void *, int, int)');
  const splice = libc('long splice(int, void *, int, void *, size_t, unsigned int)');
  const one = Buffer.from(new BigUint64Array([1n]).buffer);
  const rung = Buffer.alloc(BELL_BYTES);
  const events = Buffer.alloc(MOST_EVENTS * EVENT_BYTES);
  return {
    duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 0),
    pipe: (bytes) => {
      const ends = new Int32Array(2);
      if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return null;
      const [readEnd = -1, writeEnd = -1] = ends;
      if (fcntl(writeEnd, F_SETPIPE_SZ, bytes) >= 0) return { readEnd, writeEnd };
      if (fcntl(writeEnd, F_GETPIPE_SZ, 0) >= USUAL_PIPE_BYTES) return { readEnd, writeEnd };
      for (const fd of ends) close(fd);
      return null;
    },
    close: (fd) => void close(fd),
    read: (fd, into) => read(fd, into, into.length),
    splice: (from, to, bytes) => splice(from, null, to, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK),
    bell: () => eventfd(0, O_NONBLOCK | O_CLOEXEC),
    ring: (bell) => void write(bell, one, BELL_BYTES),
    silence: (bell) => void read(bell, rung, BELL_BYTES),
    poller: () => epollCreate(O_CLOEXEC),
    watch: (poller, fd, until, number) => {
      const wanted = until === 'readable' ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
      epollCtl(poller, EPOLL_CTL_ADD, fd, eventOf(wanted | EPOLLET, number));
    },
    forget: (poller, fd) => void epollCtl(poller, EPOLL_CTL_DEL, fd, events),
    wait: (poller, ms) => {
      const count = epollWait(poller, events, MOST_EVENTS, ms);
      return Array.from({ length: Math.max(0, count) }, (_, index) => numberIn(events, index));
    },
  };
}

/** In the machine's own byte order. */
function eventOf(wanted: number, number: number): Buffer {
  const event = Buffer.alloc(EVENT_BYTES);
  event.set(new Uint8Array(new Uint32Array([wanted]).buffer), 0);
  event.set(new Uint8Array(new Uint32Array([number]).buffer), NUMBER_AT);
  return event;
}

function numberIn(events: Buffer, index: number): number {
  const at = events.byteOffset + index * EVENT_BYTES + NUMBER_AT;
  const [number = 0] = new Uint32Array(events.buffer.slice(at, at + INT_BYTES));
  return number;
}
