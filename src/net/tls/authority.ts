// The certificate authority of this user: made once, then loaded and checked each time. Knows its folder and its files,
// not what is signed with it. A key that is there is never written over.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isOpenToOthers, OWNER_ONLY, OWNER_ONLY_FOLDER } from '../../files/private-file.js';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';

export interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What is wrong with the authority, where, and what the user can do; one line, without secrets. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';
}

export const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 3652;
/** For clients whose clocks are late. */
export const BACKDATED_DAYS = 1;
/** A common name takes 64 characters. */
const MAX_HOST_NAME = 50;
const KEY_FILE = 'ftpscope-ca-key.pem';
/** Named so that it still tells what it is when it was copied to another machine. */
const CERTIFICATE_FILE = 'ftpscope-ca.pem';

/** Loads the authority kept below `folder`, or makes it when there is none. Rejects with an AuthorityError. */
export async function openAuthority(
  folder: string,
  now: () => number = Date.now,
): Promise<{ readonly authority: Authority; readonly made: boolean }> {
  const existing = await load(folder, now());
  if (existing !== null) return { authority: existing, made: false };
  const made = await make(folder, now());
  const authority = await load(folder, now());
  if (authority !== null) return { authority, made };
  throw new AuthorityError(`${placesIn(folder).home} is not empty, and holds no authority; choose another folder`);
}

/** Whether an authority, or a part of one, is kept below `folder`. */
export function hasAuthority(folder: string): boolean {
  const { keyFile, certificateFile } = placesIn(folder);
  return existsSync(keyFile) || existsSync(certificateFile);
}

function placesIn(folder: string): { home: string; keyFile: string; certificateFile: string } {
  const home = join(folder, 'ca');
  return { home, keyFile: join(home, KEY_FILE), certificateFile: join(home, CERTIFICATE_FILE) };
}

/** Null when there is none. */
async function load(folder: string, now: number): Promise<Authority | null> {
  const { home, keyFile, certificateFile } = placesIn(folder);
  const keyPem = await readKey(keyFile);
  const certificatePem = await readIfThere(certificateFile);
  if (keyPem === null && certificatePem === null) return null;
  // The pair appears at once, so a key that was not there just before its certificate was is there now.
  const key = keyPem ?? (await readKey(keyFile));
  const startAnew = `or move ${home} away for a new authority`;
  if (key === null) throw new AuthorityError(`the key ${keyFile} is missing; put it back, ${startAnew}`);
  if (certificatePem === null) {
    throw new AuthorityError(`the certificate ${certificateFile} is missing; put it back, ${startAnew}`);
  }
  const privateKey = parsed(
    () => createPrivateKey(key),
    `${keyFile} holds no unencrypted private key as PEM`,
    startAnew,
  );
  const certificate = parsed(
    () => new X509Certificate(certificatePem),
    `${certificateFile} holds no certificate as PEM`,
    startAnew,
  );
  const problem = problemOf(certificate, privateKey, now);
  if (problem !== null)
    throw new AuthorityError(`the authority in ${home} cannot be used: ${problem}; mend it, ${startAnew}`);
  return { certificate, privateKey, certificateFile, keyFile };
}

function parsed<T>(parse: () => T, problem: string, startAnew: string): T {
  try {
    return parse();
  } catch {
    // What the parser says may quote what it read.
    throw new AuthorityError(`${problem}; put it back, ${startAnew}`);
  }
}

function problemOf(certificate: X509Certificate, privateKey: KeyObject, now: number): string | null {
  if (!certificate.checkPrivateKey(privateKey)) return 'key and certificate do not belong together';
  if (!certificate.ca) return 'the certificate is not one of an authority';
  if (privateKey.asymmetricKeyType !== 'rsa') return `the key is ${privateKey.asymmetricKeyType}, and must be rsa`;
  if (now >= Date.parse(certificate.validTo)) return `it expired on ${dayOf(certificate.validTo)}`;
  if (now < Date.parse(certificate.validFrom)) {
    return `it is valid from ${dayOf(certificate.validFrom)} on, and this computer's clock says ${dayOf(now)}`;
  }
  return null;
}

function dayOf(time: string | number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Refuses a key that others can read: whoever has it can pose as any server to those who trust the authority. */
async function readKey(file: string): Promise<string | null> {
  return readIfThere(file, async (handle) => {
    const stats = await handle.stat();
    if (!isOpenToOthers(stats)) return;
    const octal = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new AuthorityError(`the key ${file} is open to other users (mode ${octal}); say: chmod 600 '${file}'`);
  });
}

async function readIfThere(file: string, check?: (handle: FileHandle) => Promise<void>): Promise<string | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file);
    await check?.(handle);
    return await handle.readFile('utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error instanceof AuthorityError ? error : new AuthorityError(`cannot read ${file}: ${systemReason(error)}`);
  } finally {
    await handle?.close();
  }
}

/**
 * Whether it was us who made it. Key and certificate are written into a folder of another name, which is then renamed: so
 * they appear together, and when several processes do this at the same time, one of them wins and the others find that the
 * name is taken.
 */
async function make(folder: string, now: number): Promise<boolean> {
  const { home } = placesIn(folder);
  const pair = await newPair(now);
  let draft: string | null = null;
  try {
    await makeFolder(folder);
    draft = await mkdtemp(join(folder, '.ca-'));
    await writePair(draft, pair);
    return await renameUnlessTaken(draft, home);
  } catch (error) {
    throw new AuthorityError(`cannot make the authority ${home}: ${systemReason(error)}; choose another folder`);
  } finally {
    if (draft !== null) await rm(draft, { recursive: true, force: true });
  }
}

/** Not by Node's own recursion, which never returns where folders cannot be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent === folder || existsSync(folder)) return;
  await makeFolder(parent);
  try {
    await mkdir(folder, { mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

async function newPair(now: number): Promise<{ key: string; cert: string }> {
  const { makeAuthority } = await import('./certificate-minting.js');
  const notBefore = new Date(now - BACKDATED_DAYS * DAY_MS);
  const notAfter = new Date(now + VALID_DAYS * DAY_MS);
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, '')
    .slice(0, MAX_HOST_NAME);
  return makeAuthority(`ftpscope CA (${host})`, { notBefore, notAfter });
}

async function writePair(draft: string, { key, cert }: { key: string; cert: string }): Promise<void> {
  const keyFile = join(draft, KEY_FILE);
  await writeFile(keyFile, key, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  await writeFile(join(draft, CERTIFICATE_FILE), cert, { mode: 0o644, flag: 'wx', flush: true });
  if (isOpenToOthers(await stat(keyFile))) throw new Error('its file system lets other users read the key');
}

async function renameUnlessTaken(draft: string, home: string): Promise<boolean> {
  try {
    await rename(draft, home);
    return true;
  } catch (error) {
    // Each system has its own code for this.
    if (existsSync(home)) return false;
    throw error;
  }
}
