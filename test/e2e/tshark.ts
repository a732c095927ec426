// tshark, as the judge of captures that we write: what it finds in them, without us.

import { execFile } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Peer } from './peers.js';

export const TSHARK: Peer = { file: 'tshark', from: 'tshark' };

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Checked, as is not its habit. */
const CHECKSUMS = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];

/** A capture, and the ports at which tshark is to look for FTP. */
export class Shark {
  private readonly args: readonly string[];

  constructor(file: string, ports: readonly number[]) {
    this.args = ['-r', file, ...ports.flatMap((port) => ['-d', `tcp.port==${port},ftp`])];
  }

  /** The fields of each packet that the filter lets through; a field that occurs several times has them joined by a tab. */
  async fields(filter: string, names: readonly string[]): Promise<string[][]> {
    const wanted = names.flatMap((name) => ['-e', name]);
    const form = ['-T', 'fields', '-E', 'separator=|', '-E', 'aggregator=/t', '-E', 'occurrence=a'];
    const said = await this.run('-Y', filter, ...form, ...wanted);
    return said.split('\n').flatMap((line) => (line === '' ? [] : [line.split('|')]));
  }

  /** What it finds amiss with the packets. */
  async complaints(): Promise<string[]> {
    const amiss = 'tcp.analysis.flags or tcp.checksum.status == 0 or ip.checksum.status == 0 or _ws.malformed';
    const said = await this.run(...CHECKSUMS, '-Y', amiss);
    return said.split('\n').filter((line) => line !== '');
  }

  /** The files that it puts together from data connections: name and sha256. */
  async objects(folder: string): Promise<Map<string, string>> {
    await this.run('-q', '--export-objects', `ftp-data,${folder}`);
    const names = await readdir(folder);
    const sums = await Promise.all(names.map(async (name) => sha256(await readFile(join(folder, name)))));
    return new Map(names.map((name, index) => [name, sums[index] ?? '']));
  }

  /** The sha256 of what went over each connection that is not FTP's control connection, sorted. */
  async payloads(): Promise<string[]> {
    const streams = new Map<string, Hash>();
    for (const [stream = '', payload = ''] of await this.fields('tcp.len > 0 and not ftp', [
      'tcp.stream',
      'tcp.payload',
    ])) {
      const hash = streams.get(stream) ?? createHash('sha256');
      streams.set(stream, hash.update(payload, 'hex'));
    }
    return [...streams.values()].map((hash) => hash.digest('hex')).sort();
  }

  private async run(...args: readonly string[]): Promise<string> {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES } as const;
    return (await promisify(execFile)(TSHARK.file, [...this.args, ...args], options)).stdout;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
