// Leaf certificates and their keys on disk, beside the authority: a client that was told to trust one always meets it again after a
// restart. What cannot be read or written here is made anew, and lives in memory as it did before. Knows files, and no certificates.
import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpenToOthers, OWNER_ONLY, OWNER_ONLY_FOLDER } from '../../files/private-file.js';

/** Each set of names is a file, and clients choose one of the names. */
const MAX_LEAF_FILES = 200;

export class LeafFiles {
  private readonly leaves: string;
  private ready: Promise<unknown> | null = null;

  /** `folder` holds the authority. */
  constructor(
    private readonly folder: string,
    private readonly maxFiles = MAX_LEAF_FILES,
  ) {
    this.leaves = join(folder, 'leaves');
  }

  /** The key of that kind that was kept first, by whichever process: `make` is asked where there is none. */
  async key(kind: string, make: () => Promise<string>): Promise<string> {
    const file = join(this.folder, `ftpscope-leaf-${kind}-key.pem`);
    const kept = await readPrivate(file);
    if (kept !== null) return kept;
    const made = await make();
    const draft = await this.write(made);
    if (draft === null) return made;
    try {
      await link(draft, file);
      return made;
    } catch {
      return (await readPrivate(file)) ?? made;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** What was kept for these names; null when nothing was. */
  async leaf(id: string): Promise<string | null> {
    const file = this.fileOf(id);
    const kept = await readPrivate(file);
    // The file is one of the newest again.
    if (kept !== null) await utimes(file, new Date(), new Date()).catch(() => {});
    return kept;
  }

  /** Keeps it in place of what was kept for these names, and no more than the newest files altogether. */
  async keep(id: string, leaf: string): Promise<void> {
    const draft = await this.write(leaf);
    if (draft === null) return;
    await rename(draft, this.fileOf(id)).catch(() => rm(draft, { force: true }));
    await this.dropOldest().catch(() => {});
  }

  private fileOf(id: string): string {
    return join(this.leaves, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.pem`);
  }

  /** A new file of its own; null where none can be written. */
  private async write(text: string): Promise<string | null> {
    this.ready ??= mkdir(this.leaves, { mode: OWNER_ONLY_FOLDER }).catch(() => {});
    await this.ready;
    const draft = join(this.leaves, `.${randomBytes(8).toString('hex')}`);
    try {
      await writeFile(draft, text, { mode: OWNER_ONLY, flag: 'wx' });
      return draft;
    } catch {
      await rm(draft, { force: true }).catch(() => {});
      return null;
    }
  }

  private async dropOldest(): Promise<void> {
    const names = (await readdir(this.leaves)).filter((name) => name.endsWith('.pem'));
    if (names.length <= this.maxFiles) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const file = join(this.leaves, name);
        return { file, usedAt: (await stat(file)).mtimeMs };
      }),
    );
    files.sort((left, right) => right.usedAt - left.usedAt);
    await Promise.all(files.slice(this.maxFiles).map(({ file }) => rm(file, { force: true })));
  }
}

/** Null for what is not there, or what others may have read or written. */
async function readPrivate(file: string): Promise<string | null> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return null;
  try {
    return isOpenToOthers(await handle.stat()) ? null : await handle.readFile('utf8');
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
