// Every recording of fixtures/, anonymised: nothing that names somebody is left, and the dialogue is still the same.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exportPackets } from '../../../src/capture/export/export-packets.js';
import { namedPort } from '../../../src/dialogue/announced-port.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { canonicalAddress } from '../../../src/protocol/endpoint.js';
import { verbFacts } from '../../../src/protocol/verbs.js';
import { anonymisedRecording } from '../../../src/recordings/anonymise/anonymised-recording.js';
import { isPlainWord, KEPT_EXTENSIONS, KEPT_NAMES } from '../../../src/recordings/anonymise/ftp-vocabulary.js';
import { Pseudonyms } from '../../../src/recordings/anonymise/pseudonyms.js';
import { openRecorded } from '../../../src/recordings/open-recording.js';
import type { RecordedFile } from '../../../src/recordings/recorded-file.js';
import { openTranscript } from '../../../src/transcript/transcript-file.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const ONE = new Pseudonyms('one secret');
const OTHER = new Pseudonyms('another secret');
const PATH_VERBS = /^X?(?:RETR|STOR|STOU|APPE|LIST|NLST|MLSD|CWD|MKD|RMD|DELE|RNFR|RNTO|SIZE|MDTM|MLST|STAT)$/;

const recordings = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(?:ndjson|pcap|pcapng)$/.test(file) && !file.includes('header-only'))
  .sort();

async function opened(file: string): Promise<RecordedFile> {
  const keys = file.replace(/\.pcap$/, '.keys');
  const keyLog = keys !== file && existsSync(keys) ? { keyLog: readFileSync(keys) } : {};
  const recorded = await openRecorded(file, { showSecrets: true, rereadable: true, ...keyLog });
  onTestFinished(() => recorded.close());
  return recorded;
}

async function all(recorded: RecordedFile): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  try {
    for await (const batch of recorded.observations()) observations.push(...batch);
  } catch {
    // Some fixtures are cut: what is whole was given.
  }
  return observations;
}

/** Every text in it, whatever field it is in. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function addressesIn(observations: readonly Observation[]): ReadonlySet<string> {
  const announced = observations.flatMap((one) => {
    const said =
      one.kind === 'command' && /^(?:PORT|EPRT)$/.test(one.verb) ? namedPort(one.verb, one.argument, '') : null;
    return said?.endpoint ? [said.endpoint.address] : [];
  });
  const texts = [...observations.flatMap(textsIn), ...announced];
  const whole = texts.map(canonicalAddress).filter((address) => address !== null);
  const within = texts
    .flatMap((text) => text.match(/(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])/g) ?? [])
    .map(canonicalAddress);
  const commas = texts.flatMap((text) =>
    [...text.matchAll(/(?<!\d)(\d+),(\d+),(\d+),(\d+),\d+,\d+/g)].map((row) => row.slice(1, 5).join('.')),
  );
  return new Set(
    [...whole, ...within, ...commas]
      .filter((address) => address !== null && !/^(?:127\.|0\.0\.0\.0|::)/.test(address))
      .map(String),
  );
}

/** Words of users, passwords, paths and hosts that are none of FTP. */
function namesIn(observations: readonly Observation[]): ReadonlySet<string> {
  const names = observations.flatMap((one) => {
    if (one.kind === 'command' && (/^(?:USER|PASS|ACCT)$/.test(one.verb) || PATH_VERBS.test(one.verb)))
      return [one.argument];
    if (one.kind === 'session-opened' && one.server !== null) return [one.server.address];
    if (one.kind === 'tls') return [one.serverName ?? '', ...(one.certificate?.names ?? [])];
    if (one.kind === 'link-closed') return [one.path ?? '', one.payload ?? '', one.sha256 ?? ''];
    return one.kind === 'reply' && one.code === 257 ? [/"(.*)"/.exec(one.lines[0] ?? '')?.[1] ?? ''] : [];
  });
  const words = names.flatMap((name) => name.match(/[A-Za-z0-9\x80-\uffff]{3,}/g) ?? []);
  return new Set(words.filter((word) => !isPlainWord(word) && !isKept(word)));
}

function isKept(word: string): boolean {
  return /^\d+$/.test(word) || KEPT_NAMES.has(word) || KEPT_EXTENSIONS.has(word.toLowerCase());
}

function countsOf(observations: readonly Observation[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of observations) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Who said what when, but for the names in it. */
function shapeOf(observations: readonly Observation[]): readonly unknown[] {
  return observations.flatMap((one): unknown[] => {
    if (one.kind === 'command') return [[one.session, one.at, verbFacts(one.verb) ? one.verb : '?']];
    if (one.kind === 'reply') return [[one.session, one.at, one.code, one.answers, one.lines.length]];
    if (one.kind === 'link-closed') return [[one.session, one.verb, one.bytes, one.outcome, one.client.remote?.port]];
    return one.kind === 'session-closed' ? [[one.session, one.cause]] : [];
  });
}

async function exportedAndRead(recorded: RecordedFile): Promise<readonly Observation[]> {
  const observations = await all(recorded);
  async function* once() {
    yield observations;
  }
  const file = join(temporaryFolder(), 'session.pcapng');
  const parts: Buffer[] = [];
  const packets = { observations: once(), payload: () => null };
  for await (const part of exportPackets(packets, { vantage: 'end-to-end', application: 'a test' })) parts.push(part);
  writeFileSync(file, Buffer.concat(parts));
  return all(await opened(file));
}

test('there are fixtures to try it with', () => expect(recordings.length).toBeGreaterThan(35));

test.each(recordings)('%s', async (name) => {
  const recorded = await opened(join(FIXTURES, name));
  const original = await all(recorded);
  const anonymised = await all(anonymisedRecording(recorded, ONE));

  const texts = anonymised.flatMap(textsIn);
  const words = new Set(texts.flatMap((text) => text.match(/[A-Za-z0-9\x80-\uffff]+/g) ?? []));
  expect([...namesIn(original)].filter((word) => words.has(word))).toEqual([]);
  const addresses = addressesIn(anonymised);
  expect([...addressesIn(original)].filter((address) => addresses.has(address))).toEqual([]);
  expect(texts.filter((text) => /[^ -\xef]/.test(text) === false && /[\x80-\uffff]/.test(text))).toEqual([]);

  expect(shapeOf(anonymised)).toEqual(shapeOf(original));
  const file = join(temporaryFolder(), 'session.ndjson');
  const transcript = openTranscript(file, { version: '0', at: 0 });
  for (const observation of anonymised) transcript.write(observation);
  transcript.close();
  expect(countsOf(await all(await opened(file)))).toEqual(countsOf(original));

  expect(await all(anonymisedRecording(recorded, new Pseudonyms('one secret')))).toStrictEqual(anonymised);
  if (namesIn(original).size > 0) expect(await all(anonymisedRecording(recorded, OTHER))).not.toEqual(anonymised);
});

test.each(recordings)('%s, exported', async (name) => {
  const recorded = await opened(join(FIXTURES, name));
  const read = await exportedAndRead(anonymisedRecording(recorded, ONE));
  expect(shapeOf(read)).toEqual(shapeOf(await exportedAndRead(recorded)));
});

test('two files of one secret correspond', async () => {
  const files = ['corpus/captures/ipv4.pcap', 'corpus/variants/zeek-ipv4.rawip.pcap'];
  const [one, other] = await Promise.all(
    files.map(async (name) =>
      all(anonymisedRecording(await opened(join(FIXTURES, name)), new Pseudonyms('one secret'))),
    ),
  );
  expect(other?.filter(({ kind }) => kind === 'command').length).toBeGreaterThan(5);
  expect(other).toEqual(one);
});
