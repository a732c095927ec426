// Files that hold what people sent, or the keys to it: their owner's alone, however the umask is set, and where the user said, not where
// somebody else's link leads. The one place that knows their modes. Devices and pipes are written to as they are.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  open as openElsewhere,
  openSync,
  type Stats,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { systemErrorCode } from '../protocol/system-errors.js';

export const OWNER_ONLY = 0o600;
export const OWNER_ONLY_FOLDER = 0o700;

/** Links that the system itself has: /dev/stdout, /proc/self/fd/1. */
const SYSTEMS_OWN = /^\/(?:dev|proc)\//;
const CREATE = constants.O_WRONLY | constants.O_CREAT;

/** Why a file is not written to, in words for its user. */
class NotPrivate extends Error {
  override readonly name = 'NotPrivate';
}

/**
 * Opens a file to append to it, and makes it where it is missing. Its mode is not touched: see `makePrivate`. Throws the system's
 * error, or one that says why the file is not written to.
 */
export function openToAppend(file: string): number {
  const descriptor = asNoLink(file, (flags) => openSync(file, CREATE | constants.O_APPEND | flags, OWNER_ONLY));
  try {
    requireOwn(fstatSync(descriptor), file);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A file that was there may be open to others. */
export function makePrivate(descriptor: number): void {
  const stats = fstatSync(descriptor);
  if (stats.isFile() && isWider(stats)) fchmodSync(descriptor, OWNER_ONLY);
}

/** Opens a file in the place of what was in it, private from the start. Rejects as `openToAppend` throws. */
export async function openToReplace(file: string): Promise<FileHandle> {
  const handle = await asNoLink(file, (flags) => open(file, CREATE | flags, OWNER_ONLY));
  try {
    const stats = await handle.stat();
    requireOwn(stats, file);
    if (stats.isFile()) {
      if (isWider(stats)) await handle.chmod(OWNER_ONLY);
      await handle.truncate();
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens a file that must not be there yet, which a link is, too. */
export function openNew(file: string): Promise<FileHandle> {
  return open(file, 'wx', OWNER_ONLY);
}

/** The same as a bare descriptor, which whoever asks has to close. */
export function openNewDescriptor(file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openElsewhere(file, 'wx', OWNER_ONLY, (error, descriptor) =>
      error === null ? resolve(descriptor) : reject(error),
    );
  });
}

/** Whether others than its owner may do anything with it. Windows has no such modes, and reports all files as open to everyone. */
export function isOpenToOthers({ mode }: Pick<Stats, 'mode'>): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

function isWider({ mode }: Stats): boolean {
  return process.platform !== 'win32' && (mode & 0o777 & ~OWNER_ONLY) !== 0;
}

/** Throws where a folder is a link, or another user's who could put other files into it. A folder of the system's is for everyone. */
export function requireOwnFolder(folder: string): void {
  const stats = lstatSync(folder.replace(/(?<=.)\/+$/, ''));
  if (stats.isSymbolicLink()) throw new NotPrivate('it is a link: name the folder itself');
  if (!isOurs(stats) && stats.uid !== 0) throw new NotPrivate('it belongs to another user');
}

function asNoLink<T>(file: string, openIt: (flags: number) => T): T {
  const follows = SYSTEMS_OWN.test(file) || process.platform === 'win32';
  if (!follows && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) throw linked();
  try {
    return openIt(follows ? 0 : constants.O_NOFOLLOW);
  } catch (error) {
    throw systemErrorCode(error) === 'ELOOP' ? linked() : error;
  }
}

function linked(): NotPrivate {
  return new NotPrivate('it is a link: name the file itself');
}

function requireOwn(stats: Stats, file: string): void {
  if (!isOurs(stats) && !SYSTEMS_OWN.test(file) && !stats.isCharacterDevice()) {
    throw new NotPrivate('it belongs to another user');
  }
  if (stats.isFile() && stats.nlink > 1) throw new NotPrivate('it has another name, too (a hard link)');
}

function isOurs({ uid }: Stats): boolean {
  return process.geteuid === undefined || uid === process.geteuid();
}
