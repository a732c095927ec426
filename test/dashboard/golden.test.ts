// Golden screens: what the dashboard shows of real recordings, in four sizes of terminal. Made anew by `vitest run -u`, after looking at
// the difference.
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { openRecorded } from '../../src/recordings/open-recording.js';
import { SessionNumbers } from '../../src/transcript/session-numbers.js';
import { capturePath } from '../support/corpus.js';
import { EVERYTHING, Looking } from './looking.js';
import { troubledSessions } from './troubled-sessions.js';

const DEMO = fileURLToPath(new URL('../../fixtures/demo-session.ndjson', import.meta.url));
const SIZES = [
  [60, 16],
  [80, 24],
  [120, 40],
  [200, 60],
] as const;
/** One beside the other: IPv4 and IPv6, active and passive, TLS, what is lost and what is no FTP. */
const CHOSEN = [
  'ipv4',
  'ipv6',
  'ipv6-violation',
  'ftp-auth-tls',
  'globus-url-copy',
  'ftp-missing-reply-code',
  'fake-long-commands',
  'fake-server-delays-all',
  'ipv6-multiline-reply',
  'bigtransfer',
  'retr',
];

async function observationsOf(files: readonly string[]): Promise<readonly Observation[]> {
  const numbers = new SessionNumbers();
  const all: Observation[] = [];
  for (const file of files) {
    const recorded = await openRecorded(file);
    for await (const batch of recorded.observations({ numbers })) all.push(...batch);
    await recorded.close();
  }
  return all;
}

/** With the keys pressed that lead to what is to be seen. */
function golden(name: string, observations: () => Promise<readonly Observation[]>, keys: readonly string[] = []): void {
  test.for(SIZES)(`${name}, %ix%i`, async ([columns, rows]) => {
    const abilities = { ...EVERYTHING, kill: false };
    const looking = new Looking([], { columns, rows, abilities, title: 'recording.pcap', playback: 'all read' });
    looking.happens(await observations());
    looking.screen();
    looking.press(...keys);
    const screen = `${looking.screen().join('\n')}\n`;
    await expect(screen).toMatchFileSnapshot(`golden/${name}-${columns}x${rows}.txt`);
  });
}

beforeEach(() => {
  vi.stubEnv('TZ', 'UTC');
});

describe('the demo', () => {
  const demo = () => observationsOf([DEMO]);
  const until = (isLast: (observation: Observation) => boolean) => async () => {
    const all = await demo();
    return all.slice(0, all.findIndex(isLast) + 1);
  };
  golden('demo-end', demo);
  const isDownload = (observation: Observation) => observation.kind === 'link-progress' && observation.verb === 'RETR';
  golden('demo-transfer', until(isDownload), ['tab', 'tab']);
  golden(
    'demo-rewrite',
    until((observation) => observation.kind === 'rewrite' && observation.what === 'PORT'),
    ['tab'],
  );
  golden('demo-help', demo, ['?']);
});

describe('troubles', () => {
  const sessions = async () => troubledSessions();
  golden('troubles', sessions);
  golden('troubles-sessions', sessions, ['2', ':', 'type:order trouble', 'enter']);
});

describe('captures', () => {
  const captures = () => observationsOf(CHOSEN.map(capturePath));
  golden('captures', captures);
  golden('captures-events', captures, ['E', 'g']);
  golden('captures-filtered', captures, ['f', 'type:~err | ~tls any', 'enter', 'g', 'enter', 'g']);
  golden('captures-multiline', captures, [':', 'type:session 9', 'enter', 'enter', 'g', 'j', 'enter']);
  golden('many-passives', () => observationsOf([capturePath('cwd-navigation')]), ['o', 'G']);
});
