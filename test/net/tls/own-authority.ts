// An authority made for one test file: keys take a while to make, so its tests share it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Authority, openAuthority } from '../../../src/net/tls/authority.js';

export interface OwnAuthority {
  readonly folder: string;
  readonly authority: Authority;
}

/** To be called at the top of a test file; what comes back can be called in its tests. */
export function ownAuthority(): () => OwnAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-authority-'));
  let opened: OwnAuthority | null = null;
  beforeAll(async () => {
    opened = { folder, authority: (await openAuthority(folder)).authority };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => {
    if (opened === null) throw new Error('an authority is there only while tests run');
    return opened;
  };
}
