// Observations for tests, with everything that a test does not care about filled in.

import type { Observation } from '../../src/dialogue/observation.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';

type Kind = Observation['kind'];
type Body<K extends Kind> = Omit<Extract<Observation, { kind: K }>, 'kind'>;

/** 22 November 2025, noon, UTC. */
export const NOON = Date.UTC(2025, 10, 22, 12);

export function endpoint(address: string, port: number): Endpoint {
  return { address, port };
}

const client = endpoint('127.0.0.1', 51514);
const server = endpoint('ftp.example.com', 21);
const common = { session: 1, at: NOON };
const leg = { mode: 'passive', local: null, remote: null } as const;
const link = { ...common, link: 1, client: leg, server: leg, verb: null, path: null, direction: null, bytes: 0 };

const DEFAULTS: { readonly [K in Kind]: Body<K> } = {
  'session-opened': { ...common, client, server, how: 'reverse', listener: endpoint('127.0.0.1', 2121) },
  tls: {
    ...common,
    side: 'server',
    leg: 'control',
    link: null,
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    serverName: 'ftp.example.com',
    resumed: false,
    certificate: null,
    failure: null,
  },
  'server-chosen': { ...common, server },
  'server-connected': {
    ...common,
    remote: endpoint('10.0.0.7', 21),
    local: endpoint('10.0.0.2', 41000),
    durationMs: 40,
  },
  command: { ...common, number: 1, verb: 'NOOP', argument: '', line: 'NOOP' },
  reply: { ...common, code: 200, lines: ['200 OK'], answers: 1, latencyMs: 1, preliminary: false, by: 'server' },
  'held-reply': { ...common, state: 'delivered', code: 226, answers: 1, held: 'data', heldMs: 5200 },
  noise: { ...common, from: 'server', what: 'line', line: '' },
  rewrite: {
    ...common,
    what: '227',
    link: 1,
    announced: endpoint('10.0.0.7', 50001),
    used: endpoint('10.0.0.7', 50001),
    given: endpoint('127.0.0.1', 40000),
    why: 'so that the data connection passes through the proxy',
  },
  'link-opened': link,
  'link-progress': { ...link, state: 'transferring' },
  'link-closed': { ...link, outcome: 'complete', cause: null, reason: null, durationMs: null },
  violation: { ...common, side: 'client', code: 'not-ftp', detail: 'what happened', action: 'what was done' },
  finding: {
    ...common,
    ...{
      diagnosis: 'login-failed',
      severity: 'error',
      confidence: 'certain',
      leg: 'server',
      fault: 'client',
      link: null,
    },
    ...{
      evidence: [],
      title: 'the server refuses the login',
      cause: 'The password is wrong.',
      fix: { client: 'Check it.' },
    },
  },
  note: { ...common, side: 'server', code: 'foreign-address', detail: 'what is worth knowing' },
  gap: { ...common, side: 'server', link: null, bytes: 100 },
  'session-closed': {
    ...common,
    by: 'client',
    cause: 'quit',
    reason: 'QUIT',
    durationMs: 1000,
    commands: 1,
    links: 0,
    bytesDown: 0,
    bytesUp: 0,
  },
};

export function observed<K extends Kind>(kind: K, body: Partial<Body<K>> = {}): Extract<Observation, { kind: K }> {
  // TypeScript cannot see that a kind's own body makes that kind; the defaults above are checked one by one.
  return { kind, ...DEFAULTS[kind], ...body } as unknown as Extract<Observation, { kind: K }>;
}

/** A command from its line. */
export function command(line: string, number = 1): Observation {
  const [verb = '', ...rest] = line.split(' ');
  return observed('command', { number, verb: verb.toUpperCase(), argument: rest.join(' '), line });
}

/** A reply from its lines, to the command of that number. */
export function reply(lines: string | readonly string[], answers: number | null = 1): Observation {
  const all = typeof lines === 'string' ? [lines] : lines;
  return observed('reply', { code: Number(all[0]?.slice(0, 3)), lines: all, answers });
}

/** One of each kind. */
export const ONE_OF_EACH: readonly Observation[] = [
  observed('session-opened'),
  observed('server-chosen'),
  observed('server-connected'),
  observed('command'),
  observed('reply'),
  observed('held-reply'),
  observed('noise'),
  observed('rewrite'),
  observed('link-opened'),
  observed('link-progress'),
  observed('link-closed'),
  observed('violation'),
  observed('note'),
  observed('gap'),
  observed('session-closed'),
];
