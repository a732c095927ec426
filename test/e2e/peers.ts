// Which real peers are on this machine. Tests download nothing: .ci/install-peers puts the peers there. A test whose peer is
// missing says so and is skipped; with FTPSCOPE_REQUIRE_PEERS=1 it fails.
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** Something that is to be on the machine: a program by path or name, or any other file. */
export interface Peer {
  readonly file: string;
  /** The Debian package that has it. */
  readonly from: string;
}

const cacheFolder = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const peersFolder = process.env['FTPSCOPE_PEERS_DIR'] ?? join(cacheFolder, 'ftpscope-peers');

/** A file of a package that .ci/install-peers unpacked, because the servers conflict as installed packages. */
export const unpacked = (packageName: string, path: string) => join(peersFolder, packageName, path);

const peersRequired = process.env['FTPSCOPE_REQUIRE_PEERS'] === '1';

function isThere(file: string): boolean {
  const folders = file.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, file), constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What is missing and how to get it, in words; undefined when everything is there. */
export function missing(peers: readonly Peer[], howToGet = '.ci/install-peers gets it'): string | undefined {
  const absent = peers.filter((peer) => !isThere(peer.file)).map((peer) => `${peer.file} (package ${peer.from})`);
  return absent.length === 0 ? undefined : `not on this machine: ${absent.join(', ')}; ${howToGet}`;
}

/** Skips the test for the reason given, or fails it where every peer has to be there. */
export function cannotTest(context: TestContext, reason: string): void {
  if (peersRequired) throw new Error(reason);
  context.skip(reason);
}
