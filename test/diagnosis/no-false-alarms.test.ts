// Real sessions, and what diagnosis says of them: no error and no warning but those that somebody who knows FTP would sign. Each stands
// here with the reason.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import { openRecorded } from '../../src/recordings/open-recording.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const CAPTURES = join(FIXTURES, 'corpus/captures');
/** Long captures take their time on a busy machine. */
const LONGEST_MS = 60_000;

const SIGNED: Readonly<Record<string, readonly string[]>> = {
  // The scripted client asks for a file that is not there, on purpose.
  'demo-session.ndjson': ['warning no-such-path'],
  // Servers made up for tests of parsers: their 227 names no address.
  'fake-long-commands.pcap': ['error pasv-reply-malformed'],
  'fake-server-delays-all.pcap': ['error pasv-reply-malformed'],
  // They say lines without a code, or with two digits.
  'ftp-invalid-reply-code.pcap': ['warning reply-line-malformed'],
  'ftp-missing-reply-code.pcap': ['warning reply-line-malformed'],
  // 530 Login incorrect.
  'ftp-password-pass-command.pcap': ['error login-failed'],
  // 550 to RETR of a file that is not there.
  'ipv6-multiline-reply.pcap': ['warning no-such-path'],
  // An SSH banner in an FTP session, and a greeting after 3.4 s.
  'ipv6-violation.pcap': ['warning greeting-delayed', 'warning reply-line-malformed'],
  // A greeting after 5 s.
  'var-services-std-ports.pcap': ['warning greeting-delayed'],
};

const FILES = [
  join(FIXTURES, 'demo-session.ndjson'),
  ...readdirSync(CAPTURES)
    .filter((name) => /\.pcap/.test(name))
    .sort()
    .map((name) => join(CAPTURES, name)),
];

async function graveIn(file: string): Promise<string[]> {
  const recorded = await openRecorded(file);
  const diagnosed = new Diagnosed();
  const found = new Set<string>();
  try {
    for await (const batch of recorded.observations()) {
      for (const one of batch.flatMap((observation) => diagnosed.of(observation))) {
        if (one.kind === 'finding' && one.severity !== 'note') found.add(`${one.severity} ${one.diagnosis}`);
      }
    }
  } finally {
    await recorded.close();
  }
  return [...found].sort();
}

test('there are sessions to look at, and all that are named are there', () => {
  const names = FILES.map((file) => basename(file));
  expect(names.length).toBeGreaterThan(15);
  expect(Object.keys(SIGNED).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(FILES.map((file) => [basename(file), file] as const))(
  '%s',
  async (name, file) => {
    expect(await graveIn(file)).toEqual(SIGNED[name] ?? []);
  },
  LONGEST_MS,
);
