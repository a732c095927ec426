// Forward mode, whatever a client says and however it is cut: each line gets one final reply, and the same is said to the server.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import type { SessionInput } from '../../src/relay/input.js';
import { Relay } from '../../src/relay/relay.js';
import { CLIENT_HOST, POLICY, SERVER_HOST } from '../support/playbook.js';

const LINES: readonly string[] = [
  'USER pu',
  'PASS proxypw',
  'USER anna@host',
  'USER anna@pu@host',
  'USER anna@host pu',
  'USER pu@host',
  'USER anna@nowhere',
  'USER anna@forbidden',
  'USER anna',
  'USER @:x',
  'PASS sesame@proxypw',
  'ACCT proxypw',
  'OPEN host 2121',
  'SITE host',
  'OPEN nowhere',
  'OPTS UTF8 ON',
  'FEAT',
  'NOOP',
  'REIN',
  'LIST',
  '\xe9\0 odd',
];

/** Plays the chunks; the server answers every line at once, and `nowhere` and `forbidden` cannot be had. */
function play(chunks: readonly Buffer[]) {
  const local = { address: '10.1.0.1', port: 2121 };
  const remote = { address: CLIENT_HOST, port: 40_000 };
  const server = { local: { address: '10.2.0.1', port: 50_000 }, remote: { address: SERVER_HOST, port: 21 } };
  const identity = { session: 1, client: remote, server: null, how: 'forward', listener: local, openedAt: 0 } as const;
  const relay = new Relay(identity, { local, remote }, { ...POLICY, forward: { proxyUsers: ['pu'] } });
  const heard = { client: '', server: '' };
  const observations: Observation[] = [];
  const inputs: SessionInput[] = chunks.map((bytes) => ({ kind: 'control-bytes', at: 0, from: 'client', bytes }));
  const says = (text: string): SessionInput => ({
    kind: 'control-bytes',
    at: 0,
    from: 'server',
    bytes: Buffer.from(text),
  });
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    const brought: SessionInput[] = [];
    for (const effect of relay.handle(input)) {
      if (effect.kind === 'observe') observations.push(effect.observation);
      if (effect.kind === 'send') heard[effect.to] += effect.bytes.toString('latin1');
      if (effect.kind === 'send' && effect.to === 'server') {
        const lines = effect.bytes.toString('latin1').split('\r\n').slice(0, -1);
        for (const line of lines) brought.push(says(/^[A-Z]/.test(line) ? '200 ok\r\n' : '500 what\r\n'));
      }
      if (effect.kind !== 'connect-server') continue;
      const { address } = effect.server;
      if (address === 'nowhere') brought.push({ kind: 'server-unreachable', at: 0, reason: 'nobody' });
      else if (address === 'forbidden') brought.push({ kind: 'server-refused', at: 0, reason: 'it may not be had' });
      else brought.push({ kind: 'server-connected', at: 0, ...server }, says('220 ready\r\n'));
    }
    inputs.unshift(...brought);
  }
  return { heard, observations };
}

const finals = (text: string) => text.split('\r\n').filter((line) => /^\d{3} /.test(line)).length;

test('each line has one reply, up to the end, and no password is observed', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...LINES), { maxLength: 14 }), (lines) => {
      const { heard, observations } = play([Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1')]);
      const replies = finals(heard.client) - 1;
      const turnedAway = heard.client.includes('\r\n421 ');
      if (turnedAway) expect(replies).toBeLessThanOrEqual(lines.length);
      else expect(replies).toBe(lines.length);
      expect(JSON.stringify(observations)).not.toMatch(/proxypw|sesame/);
    }),
    { numRuns: 500 },
  );
});

test('however the bytes are cut, the same is said to both', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...LINES), { maxLength: 10 }), fc.array(fc.nat(200)), (lines, cuts) => {
      const whole = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
      const places = [
        0,
        ...cuts.map((cut) => cut % (whole.length + 1)).sort((left, right) => left - right),
        whole.length,
      ];
      const chunks = places.slice(1).map((place, index) => whole.subarray(places[index], place));
      expect(play(chunks).heard).toEqual(play([whole]).heard);
    }),
    { numRuns: 500 },
  );
});
