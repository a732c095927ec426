// The few system calls that Node does not offer, by way of koffi, which is an optional dependency: it is loaded when something needs
// it (transparent mode, TLS, a large transfer), and everything else works without it. The only file that knows koffi.
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

/** A function of the C library: returns what it returns, or the error's number as Node has it, which is negative. */
type SystemCall = (...args: readonly unknown[]) => number;

/** Makes a SystemCall of a C declaration. */
export type Libc = (declaration: string) => SystemCall;

/** Or why there is none. */
export async function openLibc(loadKoffi = () => import('koffi')): Promise<Libc | 'not-linux' | 'no-koffi'> {
  if (process.platform !== 'linux') return 'not-linux';
  const loaded = await loadKoffi().catch(() => null);
  if (loaded === null) return 'no-koffi';
  const { default: koffi } = loaded;
  const library = koffi.load(null);
  return (declaration) => {
    const foreign: SystemCall = library.func(declaration);
    return (...args) => {
      const result = foreign(...args);
      return result < 0 ? -koffi.errno() : result;
    };
  };
}

/** Throws an InterceptionError where there is no such kernel, or no koffi. */
export async function openKernel(loadKoffi = () => import('koffi')): Promise<Kernel> {
  const libc = await openLibc(loadKoffi);
  if (libc === 'not-linux') throw new InterceptionError('--transparent works on Linux only');
  if (libc === 'no-koffi') {
    throw new InterceptionError(
      '--transparent needs the optional package koffi, which is not installed: run "npm install -g koffi@3", or "npm ci" in a clone',
    );
  }
  const call = (name: string, declaration: string): SystemCall => {
    const system = libc(declaration);
    return (...args) => {
      const result = system(...args);
      if (result < 0) throw systemCallError(name, result);
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

/** `errno` as a SystemCall returns it. */
export function systemCallError(syscall: string, errno: number): SystemCallError {
  const code = Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? `errno ${-errno}`;
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno, syscall });
}
