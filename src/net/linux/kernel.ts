// The few system calls that Node does not offer, by way of koffi, which is an optional dependency: it is loaded when transparent
// mode is asked for, and everything else works without it. The only file that knows koffi.
import { constants } from 'node:os';

/** Cannot be done on this machine, or not with these rights: the message is one line that says why and what to do. */
export class InterceptionError extends Error {
  override readonly name = 'InterceptionError';
}

/** A system call that failed, with what Node's own errors have. */
interface SystemCallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
}

export interface Kernel {
  /** A file descriptor. Throws a SystemCallError, as all of them do. */
  socket(family: number): number;
  setOption(fd: number, level: number, option: number, value: number): void;
  getOption(fd: number, level: number, option: number, bytes: number): Buffer;
  bind(fd: number, address: Buffer): void;
  close(fd: number): void;
}

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const INT_BYTES = 4;

/** Throws an InterceptionError where there is no such kernel, or no koffi. */
export async function openKernel(loadKoffi = () => import('koffi')): Promise<Kernel> {
  if (process.platform !== 'linux') throw new InterceptionError('--transparent works on Linux only');
  const { default: koffi } = await loadKoffi().catch(() => {
    throw new InterceptionError(
      '--transparent needs the optional package koffi, which is not installed: run "npm install -g koffi@3", or "npm ci" in a clone',
    );
  });
  const libc = koffi.load(null);
  const call = (name: string, signature: string) => {
    const foreign: (...args: readonly unknown[]) => unknown = libc.func(signature);
    return (...args: readonly unknown[]): number => {
      const result = foreign(...args);
      if (typeof result !== 'number' || result < 0) throw failed(name, koffi.errno());
      return result;
    };
  };
  const socket = call('socket', 'int socket(int, int, int)');
  const setsockopt = call('setsockopt', 'int setsockopt(int, int, int, const void *, unsigned int)');
  const getsockopt = call('getsockopt', 'int getsockopt(int, int, int, void *, void *)');
  const bind = call('bind', 'int bind(int, const void *, unsigned int)');
  const close = call('close', 'int close(int)');
  return {
    socket: (family) => socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    setOption: (fd, level, option, value) => void setsockopt(fd, level, option, integer(value), INT_BYTES),
    getOption: (fd, level, option, bytes) => {
      const value = Buffer.alloc(bytes);
      getsockopt(fd, level, option, value, integer(bytes));
      return value;
    },
    bind: (fd, address) => void bind(fd, address, address.length),
    close: (fd) => void close(fd),
  };
}

/** An `int` in the machine's own byte order. */
function integer(value: number): Buffer {
  return Buffer.from(new Int32Array([value]).buffer);
}

function failed(syscall: string, errno: number): SystemCallError {
  const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  // Node's own errors have the negative number.
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
}
