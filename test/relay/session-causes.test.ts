// Why sessions end, as the word that programs go by, and who ended them. The text is the business of other tests.
import { describe, expect, test } from 'vitest';
import type { SessionCause, SessionEnd } from '../../src/dialogue/observation.js';
import { MAX_ATTEMPTS } from '../../src/relay/server-choice.js';
import { Playbook, type Stage, TLS } from '../support/playbook.js';

const FORWARD: Stage = { policy: { forward: { proxyUsers: [] } } };
const NO_TLS_FACTS = { ...TLS, protocol: null, cipher: null };

type Case = readonly [
  what: string,
  by: SessionEnd['by'],
  cause: SessionCause,
  play: (p: Playbook) => Playbook,
  stage?: Stage,
];

const CAME_BACK = '421 Too many sessions (ftpscope 0123456789ab)';
const serverEnds = (p: Playbook) => p.happens({ kind: 'control-ended', from: 'server' });
const clientEnds = (p: Playbook) => p.happens({ kind: 'control-ended', from: 'client' });
const breaks = (p: Playbook, from: 'client' | 'server') => p.happens({ kind: 'control-lost', from, reason: 'reset' });
const told = (p: Playbook) => p.hearsAnything('client');
const quits = (p: Playbook) => p.greets().exchanges('QUIT', '221 bye');

const CASES: readonly Case[] = [
  ['QUIT, and the server closes', 'client', 'quit', (p) => serverEnds(quits(p))],
  ['QUIT, and the server breaks off', 'client', 'quit', (p) => breaks(quits(p), 'server')],
  ['QUIT, and the client breaks off', 'client', 'quit', (p) => breaks(quits(p), 'client')],
  [
    'QUIT, and the client closes first',
    'client',
    'quit',
    (p) => serverEnds(clientEnds(quits(p)).wants({ kind: 'end-control', side: 'server' })),
  ],
  [
    'QUIT before there is a server',
    'client',
    'quit',
    (p) => p.isAsked().says('client', 'QUIT').hears('client', '221 Goodbye'),
    FORWARD,
  ],
  ['the client goes before the server is connected', 'client', 'closed', clientEnds],
  [
    'the client goes without QUIT',
    'client',
    'closed',
    (p) => serverEnds(clientEnds(p.greets()).wants({ kind: 'end-control', side: 'server' })),
  ],
  [
    'the server does not answer the end of the client',
    'client',
    'closed',
    (p) => clientEnds(p.greets()).wants({ kind: 'end-control', side: 'server' }).passes(10_000),
  ],
  ['the client breaks off', 'client', 'lost', (p) => breaks(p.greets(), 'client')],
  ['the server closes', 'server', 'closed', (p) => serverEnds(p.greets())],
  ['the server breaks off', 'server', 'lost', (p) => told(breaks(p.greets(), 'server'))],
  ['the server is silent', 'server', 'no-greeting', (p) => told(p.serverConnects().passes(30_000))],
  ['the server closes without a word', 'server', 'no-greeting', (p) => told(serverEnds(p.serverConnects()))],
  [
    'the server cannot be reached',
    'server',
    'unreachable',
    (p) => told(p.happens({ kind: 'server-unreachable', reason: 'connection refused' })),
  ],
  [
    'the server does not answer',
    'server',
    'no-reply',
    (p) => told(p.greets().says('client', 'HASH f').hears('server', 'HASH f').passes(7_200_000)),
  ],
  ['nothing is said', 'proxy', 'idle', (p) => told(p.greets().passes(900_000))],
  [
    'the server sends a line without end',
    'server',
    'line-too-long',
    (p) => told(p.greets().saysBytes('server', `220 ${'x'.repeat(64 * 1024)}`)),
  ],
  ['the server speaks SSH', 'server', 'not-ftp', (p) => told(p.serverConnects().says('server', 'SSH-2.0-x'))],
  ['the client speaks HTTP', 'client', 'not-ftp', (p) => told(p.greets().says('client', 'GET / HTTP/1.1'))],
  ...(['bad-proxy-header', 'proxy-loop', 'too-many-sessions'] as const).map(
    (code): Case => [
      `the client is refused: ${code}`,
      'client',
      code,
      (p) => told(p.happens({ kind: 'client-refused', code, detail: 'no' })),
    ],
  ),
  [
    'the server leads back to the proxy',
    'proxy',
    'proxy-loop',
    (p) => serverEnds(p.serverConnects().says('server', CAME_BACK).hears('client', CAME_BACK)),
  ],
  ...(['shutdown', 'stopped', 'recording-failed', 'internal-fault'] as const).map(
    (cause): Case => [
      `the proxy ends it: ${cause}`,
      'proxy',
      cause,
      (p) => told(p.greets().happens({ kind: 'shutdown', cause, reason: 'enough' })),
    ],
  ),
  [
    'the server refuses TLS',
    'server',
    'tls-refused',
    (p) => told(p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '502 no')),
    { tls: { server: 'require' } },
  ],
  [
    'the handshake with the server fails',
    'server',
    'tls-failed',
    (p) =>
      told(
        p
          .serverConnects()
          .says('server', '220 ready')
          .hears('server', 'AUTH TLS')
          .says('server', '234 go')
          .wants({ kind: 'secure-control', side: 'server' })
          .happens({ kind: 'control-insecure', side: 'server', reason: 'expired', tls: NO_TLS_FACTS }),
      ),
    { tls: { server: 'require' } },
  ],
  [
    'the handshake with the client fails',
    'client',
    'tls-failed',
    (p) =>
      p
        .greets()
        .says('client', 'AUTH TLS')
        .hears('client', '234 Proceed with the TLS handshake')
        .wants({ kind: 'secure-control', side: 'client' })
        .happens({ kind: 'control-insecure', side: 'client', reason: 'no common cipher', tls: NO_TLS_FACTS }),
    { tls: { client: 'offer', server: 'off' } },
  ],
  [
    'the server that the client named turns it away',
    'server',
    'turned-away',
    (p) => told(p.isAsked().chooses('OPEN ftp.example.com', undefined, '421 full')),
    FORWARD,
  ],
  [
    'the client names no server that can be used',
    'client',
    'no-server',
    (p) => {
      p.isAsked();
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) told(p.says('client', 'OPEN'));
      return p;
    },
    FORWARD,
  ],
];

describe('the cause of a session that ends', () => {
  for (const [what, by, cause, play, stage] of CASES) {
    test(`${what}: ${cause}, by the ${by}`, () => {
      const p = new Playbook(stage);
      play(p).isOver();
      p.sees({ kind: 'session-closed', by, cause });
    });
  }
});

test('the first cause stays', () => {
  const p = new Playbook();
  clientEnds(p.greets()).wants({ kind: 'end-control', side: 'server' });
  p.happens({ kind: 'shutdown', cause: 'shutdown', reason: 'enough' }).isOver();
  expect(p.observations.at(-1)).toMatchObject({ by: 'client', cause: 'closed' });
});
