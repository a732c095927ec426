// What was read from a capture, exported, and read again is the same: lines to the byte, transfers to their sums.
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exportPackets } from '../../../src/capture/export/export-packets.js';
import { readCapture } from '../../../src/capture/read-capture.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { openPayloadFolder } from '../../../src/transcript/payload-files.js';
import { openCapture, readTruth, truthNames } from '../../support/corpus.js';

async function observe(file: AsyncIterable<Buffer>, folder: string): Promise<Observation[]> {
  const observations: Observation[] = [];
  const options = { showSecrets: true, notice: () => {}, payloads: openPayloadFolder(folder) };
  for await (const batch of readCapture(file, options)) observations.push(...batch);
  return observations;
}

async function exported(observations: readonly Observation[], folder: string): Promise<Buffer> {
  const payload = (name: string) => (existsSync(join(folder, name)) ? createReadStream(join(folder, name)) : null);
  const recorded = { observations: Readable.from([observations]), payload };
  const parts: Buffer[] = [];
  for await (const part of exportPackets(recorded, { vantage: 'end-to-end', application: 'a test' })) parts.push(part);
  return Buffer.concat(parts);
}

/** What has to be the same, session by session. */
function gist(observations: readonly Observation[]): string[][] {
  const sessions = new Map<number, string[]>();
  for (const one of observations) {
    const lines = sessions.get(one.session) ?? [];
    sessions.set(one.session, lines);
    if (one.kind === 'session-opened') lines.push(JSON.stringify([one.client, one.server]));
    if (one.kind === 'command') lines.push(`C ${one.line}${one.end ?? ''}`);
    if (one.kind === 'reply') lines.push(...one.lines.map((line, index) => `S ${line}${one.ends?.[index] ?? ''}`));
    if (one.kind === 'noise') lines.push(`${one.from} ${one.line}${one.end ?? ''}`);
    if (one.kind === 'link-closed' && one.sha256 !== undefined) {
      lines.push(`= ${one.verb} ${one.path} ${one.direction} ${one.bytes} ${one.sha256}`);
    }
    if (one.kind === 'gap' && one.link === null) lines.push(`gap ${one.side} ${one.bytes}`);
  }
  // Replies and transfers overtake each other.
  return [...sessions.values()].map((lines) => lines.sort()).sort();
}

describe('captures of the corpus, exported', () => {
  test.each(truthNames())('%s', async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'ftpscope-read-back-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const read = await observe(openCapture(readTruth(name)), join(folder, 'first'));
    const again = await observe(Readable.from([await exported(read, join(folder, 'first'))]), join(folder, 'again'));
    expect(gist(again)).toEqual(gist(read));
  });
});
