// `--admin-socket` where no socket can be: what is there, and what to do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Admin, openAdmin } from '../../../src/cli/proxy/admin.js';

const HEADER = { version: '1', at: 0 };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-admin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(path: string): Promise<Admin> {
  const admin = await openAdmin(path, HEADER);
  onTestFinished(() => admin.close());
  return admin;
}

test('each mistake has its own words', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'folder'));
  const taken = join(folder, 'taken');
  await open(taken);
  const cases: readonly (readonly [string, string])[] = [
    [join(folder, 'file'), 'a file is there already; choose another path'],
    [join(folder, 'folder'), 'a folder is there already; choose another path'],
    [taken, 'another proxy listens there; choose another path'],
    [join(folder, 'none', 's'), `there is no folder ${join(folder, 'none')}; choose another path`],
    [join(folder, 'x'.repeat(120)), 'the path is too long for a socket; choose another path'],
  ];
  for (const [path, words] of cases) {
    await expect(openAdmin(path, HEADER)).rejects.toThrow(`cannot open the admin socket ${path}: ${words}`);
  }
});
