// Whatever the chunks in which bytes arrive, the same is relayed and the same is observed: whole sessions, cut at every byte.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observation, Side } from '../../src/dialogue/observation.js';
import { Relay } from '../../src/relay/relay.js';
import { CLIENT_HOST, POLICY, SERVER_HOST } from '../support/playbook.js';

type Step = readonly [Side, string];

interface Outcome {
  readonly client: string;
  readonly server: string;
  /** What was seen on the control connections. */
  readonly lines: readonly Observation[];
  /** What came of the links. A port opens, and data flows, between the lines of one chunk or after them. */
  readonly links: readonly Observation[];
}

/** Plays a session whose ports open, whose legs connect and whose data ends at once. */
function play(chunks: readonly Step[]): Outcome {
  const local = { address: '10.1.0.1', port: 2121 };
  const remote = { address: CLIENT_HOST, port: 40_000 };
  const server = { address: SERVER_HOST, port: 21 };
  const relay = new Relay(
    { session: 1, client: remote, server, how: 'reverse' as const, listener: local, openedAt: 0 },
    { local, remote },
    POLICY,
  );
  const heard = { client: '', server: '' };
  const observations: Observation[] = [];
  const inputs: Parameters<Relay['handle']>[0][] = [
    { kind: 'server-connected', at: 0, local: { address: '10.2.0.1', port: 50_000 }, remote: server },
    ...chunks.map(
      ([from, text]) => ({ kind: 'control-bytes', at: 0, from, bytes: Buffer.from(text, 'latin1') }) as const,
    ),
  ];
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    const brought: typeof inputs = [];
    for (const effect of relay.handle(input)) {
      if (effect.kind === 'observe') observations.push(effect.observation);
      if (effect.kind === 'send') heard[effect.to] += effect.bytes.toString('latin1');
      if (effect.kind === 'open-data-port') {
        const { link, facing } = effect;
        const address = facing === 'client' ? '10.1.0.1' : '10.2.0.1';
        const peer = { address: facing === 'client' ? CLIENT_HOST : SERVER_HOST, port: 6000 };
        brought.push({ kind: 'data-port-open', at: 0, link, side: facing, endpoint: { address, port: 40_960 } });
        brought.push({ kind: 'data-leg-connected', at: 0, link, side: facing, local, remote: peer });
      }
      if (effect.kind === 'dial') {
        brought.push({
          kind: 'data-leg-connected',
          at: 0,
          link: effect.link,
          side: effect.side,
          local,
          remote: effect.endpoint,
        });
      }
      if (effect.kind === 'start-flow') {
        brought.push({
          kind: 'data-ended',
          at: 0,
          link: effect.link,
          bytes: 7,
          end: { kind: 'drained' },
          payload: null,
        });
      }
    }
    inputs.unshift(...brought);
  }
  const ofLinks = observations.filter((one) => one.kind.startsWith('link-') || one.kind === 'rewrite');
  const lines = observations.filter((one) => !ofLinks.includes(one)).flatMap(withoutHolds);
  return { ...heard, lines, links: ofLinks.filter((one) => one.kind === 'link-closed' || one.kind === 'rewrite') };
}

/** Whether a reply must wait depends on what came with it. */
function withoutHolds(one: Observation): Observation[] {
  if (one.kind === 'held-reply') return [];
  if (one.kind !== 'reply') return [one];
  const { held, ...rest } = one;
  return [rest];
}

const SESSIONS: Readonly<Record<string, readonly Step[]>> = {
  'passive, active, an error and QUIT': [
    ['server', '220-hello\r\n there\r\n220 ready\r\n'],
    ['client', 'USER anna\r\n'],
    ['server', '331 ok\r\n'],
    ['client', 'PASS s3cret\r\n'],
    ['server', '230 in\r\n'],
    ['client', 'PASV\r\n'],
    ['server', '227 Entering Passive Mode (10,2,0,7,195,80).\r\n'],
    ['client', 'RETR gr\xfc\xdfe.txt\r\n'],
    ['server', '150 ok\r\n226 done\r\n'],
    ['client', 'PORT 10,1,0,2,195,80\r\nLIST\r\n'],
    ['server', '200 ok\r\n150 ok\r\n226 done\r\n'],
    ['client', 'EPSV\r\n'],
    ['server', '229 ok (|||50000|)\r\n'],
    ['client', 'RETR missing\r\nPORT 10,9,9,9,1,1\r\nAUTH TLS\r\n'],
    ['server', '550 no\r\n'],
    ['client', 'QUIT\r\n'],
    ['server', '221-bye\r\n\r\n221\r\n'],
  ],
  'odd line ends, Telnet bytes and noise': [
    ['server', '220 ready\n'],
    ['client', 'NOOP\n\xff\xf4\xff\xf2STAT\r\n\r\n!!\r\n'],
    ['server', '200 ok\n211-st\n211-\xff\n211 end\r\nwhat is this\r\n'],
    ['client', 'ABOR\r\n'],
    ['server', '225 ok\r\n'],
  ],
};

describe('cut at every byte', () => {
  for (const [name, steps] of Object.entries(SESSIONS)) {
    const whole = play(steps);

    test(`${name}: each message in two`, () => {
      for (const [index, [side, text]] of steps.entries()) {
        for (let cut = 1; cut < text.length; cut += 1) {
          const pieces: Step[] = [
            [side, text.slice(0, cut)],
            [side, text.slice(cut)],
          ];
          expect(play([...steps.slice(0, index), ...pieces, ...steps.slice(index + 1)])).toEqual(whole);
        }
      }
    });

    test(`${name}: byte by byte`, () => {
      const bytes = steps.flatMap(([side, text]) => [...text].map((byte): Step => [side, byte]));
      expect(play(bytes)).toEqual(whole);
    });
  }
});

describe('properties', () => {
  const bytes = fc.oneof(
    fc.constantFrom(
      'PASV',
      'PORT 10,1,0,2,195,80',
      'RETR a',
      'STOR a',
      'ABOR',
      'LIST',
      'QUIT',
      'USER a',
      'NOOP',
      'EPSV ALL',
    ),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 40 }),
  );
  const replies = fc.constantFrom(
    '220 hi',
    '150 ok',
    '226 ok',
    '227 (10,2,0,7,195,80)',
    '550 no',
    '426 x',
    '200 ok',
    '211-a',
    '421 x',
  );
  const end = fc.constantFrom('\r\n', '\n', '');
  const step = fc.oneof(
    fc.tuple(
      fc.constant<Side>('client'),
      fc.tuple(bytes, end).map((parts) => parts.join('')),
    ),
    fc.tuple(
      fc.constant<Side>('server'),
      fc.tuple(fc.oneof(replies, bytes), end).map((parts) => parts.join('')),
    ),
  );

  test('nothing that a peer says makes the session throw', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => void play(steps)),
      { numRuns: 500 },
    );
  });

  test('the address that the server announced never reaches the client', () => {
    const lines = fc.array(
      fc.tuple(
        fc.constant<Side>('server'),
        replies.map((line) => `${line}\r\n`),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(lines, (steps) => {
        const asked = steps.map((): Step => ['client', 'PASV\r\n']);
        expect(play([['server', '220 hi\r\n'], ...asked, ...steps]).client).not.toContain('10,2,0,7');
      }),
    );
  });
});
