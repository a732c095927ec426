// The authority on disk: made once, the same ever after, and refused when something is wrong with it.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AuthorityError, openAuthority } from '../../../src/net/tls/authority.js';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { ownAuthority } from './own-authority.js';

const own = ownAuthority();
const DAY_MS = 24 * 60 * 60 * 1000;
const NOBODY_ID = 65534;

/** A copy to spoil, with its files. */
function copied() {
  const { folder, authority } = own();
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  const home = join(copy, 'ca');
  const inCopy = (file: string) => file.replace(folder, copy);
  return { copy, home, keyFile: inCopy(authority.keyFile), certificateFile: inCopy(authority.certificateFile) };
}

describe('a new authority', () => {
  test('is one, for ten years, and for leaves only', () => {
    const { certificate, privateKey } = own().authority;
    expect(certificate).toMatchObject({ ca: true, subject: certificate.issuer });
    expect(certificate.subject).toBe(`CN=ftpscope CA (${hostname().slice(0, 50)})`);
    expect(certificate.verify(certificate.publicKey) && certificate.checkPrivateKey(privateKey)).toBe(true);
    const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * DAY_MS);
    expect(years).toBeGreaterThan(9.9);
    expect(years).toBeLessThan(10.1);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - DAY_MS / 2);
  });

  test('lies in two PEM files, and nothing else is left', () => {
    const { folder, authority } = own();
    expect(readFileSync(authority.keyFile, 'utf8')).toMatch(
      /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/,
    );
    expect(readFileSync(authority.certificateFile, 'utf8')).toBe(authority.certificate.toString());
    expect(readdirSync(folder)).toEqual(['ca']);
    expect(readdirSync(join(folder, 'ca'))).toEqual(['ftpscope-ca-key.pem', 'ftpscope-ca.pem']);
  });

  test.skipIf(process.platform === 'win32')('is out of reach for others, as is a folder that it brought', async () => {
    const folder = join(temporaryFolder(), 'new', 'folder');
    const { authority } = await openAuthority(folder);
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect([folder, dirname(authority.keyFile), authority.keyFile].map(modeOf)).toEqual([0o700, 0o700, 0o600]);
    expect(modeOf(authority.certificateFile)).toBe(0o644 & ~process.umask());
  });

  test('may come into an empty folder, or beside other files', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'ca'));
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(await openAuthority(folder)).toMatchObject({ made: true });
    expect(readdirSync(folder).sort()).toEqual(['ca', 'notes.txt']);
  });
});

test('an authority that is there is loaded, and nothing is written', async () => {
  const { folder, authority } = own();
  const { mtimeMs } = statSync(authority.keyFile);
  const again = await openAuthority(folder);
  expect(again.made).toBe(false);
  expect(again.authority.certificate.fingerprint256).toBe(authority.certificate.fingerprint256);
  expect(statSync(authority.keyFile).mtimeMs).toBe(mtimeMs);
});

test('of many that make one at the same time one wins, and all use what it made', async () => {
  const folder = temporaryFolder();
  const all = await Promise.all([1, 2, 3, 4].map(() => openAuthority(folder)));
  expect(all.filter(({ made }) => made)).toHaveLength(1);
  expect(new Set(all.map(({ authority }) => authority.certificate.fingerprint256)).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['ca']);
});

describe('refused, in one line that shows no secret:', () => {
  type Copy = ReturnType<typeof copied>;
  const otherKey = (type: 'rsa' | 'ec') =>
    (type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    ).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const encrypted = (file: string) =>
    createPrivateKey(readFileSync(file)).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    });

  test.each<[string, (copy: Copy) => void, RegExp]>([
    [
      'a missing key',
      ({ keyFile }) => rmSync(keyFile),
      /^the key \S+-key\.pem is missing; put it back, or move \S+ca away/,
    ],
    [
      'a missing certificate',
      ({ certificateFile }) => rmSync(certificateFile),
      /^the certificate \S+ is missing; put it back/,
    ],
    [
      'a foreign key',
      ({ keyFile }) => writeFileSync(keyFile, otherKey('rsa')),
      /key and certificate do not belong together/,
    ],
    [
      'another kind of key',
      ({ keyFile }) => writeFileSync(keyFile, otherKey('ec')),
      /key and certificate do not belong together/,
    ],
    [
      'a key with a passphrase',
      ({ keyFile }) => writeFileSync(keyFile, encrypted(keyFile)),
      /holds no unencrypted private key as PEM; put/,
    ],
    ['rubbish for a key', ({ keyFile }) => writeFileSync(keyFile, 'sesame'), /holds no unencrypted private key/],
    [
      'an empty certificate',
      ({ certificateFile }) => writeFileSync(certificateFile, ''),
      /ftpscope-ca\.pem holds no certificate as PEM/,
    ],
    [
      'a folder in place of a file',
      ({ keyFile }) => {
        rmSync(keyFile);
        mkdirSync(keyFile, 0o700);
      },
      /^cannot read \S+-key\.pem: it is a folder$/,
    ],
    [
      'a place that is taken',
      ({ keyFile, certificateFile, home }) => {
        rmSync(keyFile);
        rmSync(certificateFile);
        writeFileSync(join(home, 'x'), '');
      },
      /ca is not empty, and holds no authority; choose another folder$/,
    ],
  ])('%s', async (_, spoil, message) => {
    const copy = copied();
    spoil(copy);
    const error = await openAuthority(copy.copy).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthorityError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(String(error)).not.toMatch(/\n|BEGIN|sesame/);
  });

  test.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o620])('a key with mode %o', async (mode) => {
    const { copy, keyFile } = copied();
    chmodSync(keyFile, mode);
    await expect(openAuthority(copy)).rejects.toThrow(
      new AuthorityError(
        `the key ${keyFile} is open to other users (mode 0${mode.toString(8)}); say: chmod 600 '${keyFile}'`,
      ),
    );
  });

  test('a leaf in place of the authority', async () => {
    const { copy, keyFile, certificateFile } = copied();
    const leaf = await new LeafCertificates(own().authority).issue({ names: ['a.example'], algorithm: 'rsa' });
    writeFileSync(keyFile, leaf.key);
    writeFileSync(certificateFile, leaf.cert);
    await expect(openAuthority(copy)).rejects.toThrow('the certificate is not one of an authority; mend it, or move');
  });

  test('one that has expired, or is not valid yet', async () => {
    const { folder, authority } = own();
    const { validFrom, validTo } = authority.certificate;
    const expired = `it expired on ${new Date(validTo).toISOString().slice(0, 10)}`;
    await expect(openAuthority(folder, () => Date.parse(validTo))).rejects.toThrow(expired);
    await expect(openAuthority(folder, () => Date.parse(validTo) - 1)).resolves.toMatchObject({ made: false });
    await expect(openAuthority(folder, () => Date.parse(validFrom) - DAY_MS)).rejects.toThrow(
      "this computer's clock says",
    );
  });

  test('a folder that cannot be', async () => {
    await expect(openAuthority('/dev/null/x')).rejects.toThrow(
      /^cannot read \/dev\/null\/x\/ca\/\S+: not a directory$/,
    );
    await expect(openAuthority('/proc/x')).rejects.toThrow(
      /^cannot make the authority \/proc\/x\/ca: .*; choose another folder$/,
    );
  });

  // Root may read everything, so the test has to be somebody else for a while.
  test.skipIf(process.platform === 'win32')('a folder that this user may not read', async () => {
    const { copy, home } = copied();
    chmodSync(home, 0);
    const user = process.geteuid?.();
    if (user === 0) process.seteuid?.(NOBODY_ID);
    const error = await openAuthority(copy).catch((reason: unknown) => reason);
    if (user === 0) process.seteuid?.(0);
    chmodSync(home, 0o700);
    expect(error).toBeInstanceOf(AuthorityError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^cannot read \S+\.pem: permission denied$/) });
  });

  test('nothing that is there is touched by that', async () => {
    const { copy, keyFile, certificateFile } = copied();
    rmSync(certificateFile);
    const key = readFileSync(keyFile, 'utf8');
    await expect(openAuthority(copy)).rejects.toThrow(AuthorityError);
    expect(readFileSync(keyFile, 'utf8')).toBe(key);
    expect(readdirSync(copy)).toEqual(['ca']);
  });
});
