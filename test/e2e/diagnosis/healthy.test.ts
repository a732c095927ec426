// Sessions of real clients in which nothing is wrong: nothing is found, either.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild } from '../child-process.js';
import { cannotTest, missing } from '../peers.js';
import { proftpd } from '../servers/proftpd.js';
import { pureFtpd } from '../servers/pure-ftpd.js';
import { pyftpdlib } from '../servers/pyftpdlib.js';
import { vsftpd } from '../servers/vsftpd.js';
import { findingsOf, inShort, isMissing } from './misconfigured.js';

const CURL = [{ file: 'curl', from: 'curl' }];

test.for([vsftpd, proftpd, pureFtpd, pyftpdlib])(
  '$name: curl lists, uploads, resumes, and breaks off',
  { timeout: 60_000 },
  async (server, context) => {
    const reason = missing(CURL);
    if (reason !== undefined) return cannotTest(context, reason);
    if (isMissing(context, server)) return;
    const findings = await findingsOf(server, async ({ place, proxy }) => {
      const folder = join(place.folder, 'here');
      await mkdir(folder);
      await writeFile(join(folder, 'up.bin'), randomBytes(50_000));
      await writeFile(join(place.root, 'pub', 'big.bin'), randomBytes(8_000_000));
      await chmod(join(place.root, 'pub', 'big.bin'), 0o644);
      const base = `ftp://${server.user}:${encodeURIComponent(server.password)}@127.0.0.1:${proxy.port}/pub/`;
      const curl = (...args: readonly string[]) =>
        runChild('curl', ['-sS', ...args], { cwd: folder, timeoutMs: 20_000 });
      await curl(base);
      await curl('-T', 'up.bin', base);
      await curl('-r', '0-99', `${base}big.bin`, '-o', 'head');
      await curl('-C', '1000', `${base}big.bin`, '-o', 'rest');
    });
    expect(inShort(findings)).toEqual([]);
  },
);
