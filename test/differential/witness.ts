// What a server saw of a session: the commands in its log, and what lies in its folder afterwards. Before each session the folder is laid
// out anew, and the log is read from where it stands.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { takeSnapshot } from '../e2e/disk.js';
import type { Place, Server } from '../e2e/servers/server.js';

export interface Seen {
  /** As its log has them; empty where it has none. */
  readonly commands: readonly string[];
  /** Path, and `folder` or the content's digest. */
  readonly files: readonly string[];
}

const SETTLED_MS = 60;

export class Witness {
  private logFrom = 0;

  constructor(
    private readonly server: Server,
    private readonly place: Place,
  ) {}

  async prepare(): Promise<void> {
    const pub = join(this.place.root, 'pub');
    for (const name of await readdir(Buffer.from(pub), { encoding: 'buffer' })) {
      await rm(Buffer.concat([Buffer.from(`${pub}/`), Buffer.from(name)]), { recursive: true, force: true });
    }
    await mkdir(join(pub, 'b'));
    await writeFile(join(pub, 'a'), 'the quick brown fox\r\n'.repeat(200));
    await writeFile(join(pub, 'b', 'c'), Buffer.alloc(70_000, 'binary \x00\xff'));
    for (const path of ['b', 'a', 'b/c']) await chmod(join(pub, path), 0o777);
    this.logFrom = (await this.log()).length;
  }

  async seen(): Promise<Seen> {
    // A log may come a little behind the reply.
    await delay(SETTLED_MS);
    const lines = (await this.log()).subarray(this.logFrom).toString('latin1').split('\n');
    const commands = lines.flatMap((line) => this.server.commandLog?.commandIn(line) ?? []);
    return { commands, files: await this.files(join(this.place.root, 'pub')) };
  }

  private async log(): Promise<Buffer> {
    const { commandLog } = this.server;
    if (commandLog === undefined) return Buffer.alloc(0);
    return readFile(join(this.place.folder, commandLog.file)).catch(() => Buffer.alloc(0));
  }

  private async files(folder: string): Promise<string[]> {
    const entries = [...(await takeSnapshot(folder))].map(([name, is]) => `${name} ${is}`);
    const inside = await takeSnapshot(join(folder, 'b')).catch(() => new Map<string, string>());
    return [...entries, ...[...inside].map(([name, is]) => `b/${name} ${is}`)];
  }
}
