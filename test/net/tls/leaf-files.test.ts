// Leaf certificates that outlive the process: the same names give the same certificate to the next one, as long as it is good.
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { LeafFiles } from '../../../src/net/tls/leaf-files.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { ownAuthority } from './own-authority.js';

const own = ownAuthority();
const DAY_MS = 86_400_000;
const NAMES = ['ftp.example.com', '127.0.0.1'];

/** A process that is started, and has asked for nothing yet. */
const started = (folder: string, now = Date.now, maxFiles?: number) =>
  new LeafCertificates(own().authority, now, undefined, new LeafFiles(folder, maxFiles));

test.each(['ecdsa', 'rsa'] as const)('the next process shows the same one (%s)', async (algorithm) => {
  const folder = temporaryFolder();
  const first = await started(folder).issue({ names: NAMES, algorithm });
  const second = await started(folder).issue({ names: NAMES, algorithm });
  expect(second).toEqual(first);
  expect(await started(folder).issue({ names: ['a.example'], algorithm })).not.toEqual(first);
});

test("every file is its owner's alone", async () => {
  const folder = temporaryFolder();
  await started(folder).issue({ names: NAMES });
  const files = [...readdirSync(folder), ...readdirSync(join(folder, 'leaves')).map((name) => join('leaves', name))];
  const modes = files.map(
    (name) => `${name.replace(/[0-9a-f]{32}/, 'ID')} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`,
  );
  expect(modes.sort()).toEqual(['ftpscope-leaf-ecdsa-key.pem 600', 'leaves 700', 'leaves/ID.pem 600']);
});

test('it is renewed in time', async () => {
  const folder = temporaryFolder();
  const first = await started(folder).issue({ names: NAMES });
  const later = await started(folder, () => Date.now() + 61 * DAY_MS).issue({ names: NAMES });
  expect(later.cert).not.toBe(first.cert);
  expect(later.key).toBe(first.key);
});

test('no more files than the newest are kept', async () => {
  const folder = temporaryFolder();
  const leaves = started(folder, Date.now, 3);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await leaves.issue({ names: [`${name}.example`] });
  expect(readdirSync(join(folder, 'leaves'))).toHaveLength(3);
});

test.each([
  ['rubbish', (file: string) => writeFileSync(file, 'rubbish', { mode: 0o600 })],
  ['readable by others', (file: string) => chmodSync(file, 0o644)],
])('a file that is %s is not used', async (_name, spoil) => {
  const folder = temporaryFolder();
  const first = await started(folder).issue({ names: NAMES });
  const [file = ''] = readdirSync(join(folder, 'leaves'));
  spoil(join(folder, 'leaves', file));
  spoil(join(folder, 'ftpscope-leaf-ecdsa-key.pem'));
  const second = await started(folder).issue({ names: NAMES });
  expect(second.cert).not.toBe(first.cert);
  expect(new X509Certificate(second.cert).verify(own().authority.certificate.publicKey)).toBe(true);
});

test('where nothing can be written, certificates live in memory', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'leaves'));
  const leaves = started(join(folder, 'leaves', 'none', 'such'));
  expect(await leaves.issue({ names: NAMES })).toEqual(await leaves.issue({ names: NAMES }));
});
