// A disk of a few kilobytes, to be filled and emptied: a tmpfs, which root may mount on Linux.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MOUNT = 'mount';
const UNMOUNT = 'umount';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  empty(): void;
  /** Unmounts it, and leaves nothing behind. */
  remove(): void;
}

/** Whether disks can be mounted here: tried once. */
export const hasSmallDisks = process.platform === 'linux' && process.geteuid?.() === 0 && isMountable();

export function mountSmallDisk(kilobytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-disk-'));
  execFileSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0755`, 'none', folder]);
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      for (const bytes of [1024 * 1024, 4096]) {
        const zeros = Buffer.alloc(bytes);
        try {
          for (;;) writeFileSync(filler, zeros, { flag: 'a' });
        } catch {
          // Smaller pieces may still find room.
        }
      }
    },
    empty: () => rmSync(filler, { force: true }),
    remove() {
      execFileSync(UNMOUNT, ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}

function isMountable(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-disk-'));
  const { status } = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', 'size=4k', 'none', folder]);
  if (status === 0) spawnSync(UNMOUNT, [folder]);
  rmdirSync(folder);
  return status === 0;
}
