// Wireshark reassembles TCP with code of its own: what it finds on each control connection, ftpscope reads, to the byte.
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';
import { linesOf } from '../support/control-lines.js';

const TSHARK = 'tshark';
const hasTshark = spawnSync(TSHARK, ['--version']).status === 0;
const FOLDERS = ['fixtures/corpus/captures', 'fixtures/ftps', '../shared/faults/captures'];
const CAPTURES = FOLDERS.map((folder) => fileURLToPath(new URL(`../../${folder}/`, import.meta.url)))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => folder + name))
  .filter((file) => /\.(?:pcap|pcapng|cap)$/.test(file));

/** Of one capture: tshark reads it again for each. */
const MAX_COMPARED = 10;

/** The connections that tshark counts, by their ends; an encapsulation's inner addresses come last. */
function streamsOf(file: string): Map<string, string> {
  const fields = ['tcp.stream', 'ip.src', 'ipv6.src', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport'];
  const named = fields.flatMap((field) => ['-e', field]);
  const said = tshark('-r', file, '-Y', 'tcp', '-T', 'fields', '-E', 'occurrence=l', ...named);
  const streams = new Map<string, string>();
  for (const line of said.trim().split('\n')) {
    const [stream = '', ip, ipv6, port, toIp, toIpv6, toPort] = line.split('\t');
    const key = `${formatEndpoint({ address: ip || ipv6 || '', port: Number(port) })} ${formatEndpoint({ address: toIp || toIpv6 || '', port: Number(toPort) })}`;
    if (!streams.has(key)) streams.set(key, stream);
  }
  return streams;
}

/** What tshark finds that each end said: of the one that spoke first, then of the other. */
function followed(file: string, stream: string): string[] {
  const said = ['', ''];
  for (const line of tshark('-r', file, '-q', '-z', `follow,tcp,raw,${stream}`).split('\n')) {
    const [, tab, hex] = /^(\t?)((?:[0-9a-f]{2})+)$/.exec(line) ?? [];
    if (hex !== undefined) said[tab === '' ? 0 : 1] += Buffer.from(hex, 'hex').toString('latin1');
  }
  return said;
}

function tshark(...words: readonly string[]): string {
  return execFileSync(TSHARK, words, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 }).toString('latin1');
}

async function sessionsOf(file: string): Promise<Observation[][]> {
  const sessions = new Map<number, Observation[]>();
  const options = { showSecrets: true, notice: () => {} };
  for await (const batch of readCapture(createReadStream(file), options))
    for (const one of batch) sessions.set(one.session, [...(sessions.get(one.session) ?? []), one]);
  return [...sessions.values()];
}

/** Where bytes are missing or were encrypted, there is no word for word. */
function isReadWhole(session: readonly Observation[]): boolean {
  return !session.some(
    (one) =>
      one.kind === 'gap' || one.kind === 'tls' || (one.kind === 'violation' && one.code === 'encrypted-passthrough'),
  );
}

describe.skipIf(!hasTshark)('as tshark reads it (skipped without tshark)', () => {
  let compared = 0;

  test.each(CAPTURES.map((file) => [basename(file), file]))('%s', { timeout: 30_000 }, async (_name, file) => {
    const sessions = (await sessionsOf(file)).filter(isReadWhole);
    const streams = sessions.length === 0 ? new Map<string, string>() : streamsOf(file);
    for (const session of sessions.slice(0, MAX_COMPARED)) {
      const [opened] = session;
      if (opened?.kind !== 'session-opened' || opened.server === null) continue;
      const ends = [formatEndpoint(opened.client), formatEndpoint(opened.server)];
      const stream = streams.get(ends.join(' ')) ?? streams.get(ends.toReversed().join(' ')) ?? '';
      const read = (['C', 'S'] as const).map((side) => linesOf(session, side).join(''));
      expect(followed(file, stream).toSorted()).toEqual(read.toSorted());
      compared += 1;
    }
  });

  test('and many are', () => {
    expect(compared).toBeGreaterThan(15);
  });
});
