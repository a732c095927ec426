// Whatever a capture holds, it is told without a fault, in an order that holds, and within bounds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectionEnd } from '../../../src/capture/connection-event.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { inShort, of, PlayedCapture, type PlayedConnection } from './played-capture.js';

const WORDS = [
  '220 FTP\r\n',
  'USER a\r\n',
  '331 x\r\n',
  'PASS b\r\n',
  '230-long\r\n',
  '230 in\r\n',
  'PASV\r\n',
  'EPSV\r\n',
  '227 (10,2,0,7,195,80)\r\n',
  '229 (|||50000|)\r\n',
  'PORT 10,1,0,2,195,80\r\n',
  'RETR a\r\n',
  'STOR b\r\n',
  'LIST\r\n',
  '150 ok\r\n',
  '226 ok\r\n',
  '426 no\r\n',
  '550 no\r\n',
  'ABOR\r\n',
  '\xff\xf4\xff\xf2',
  'AUTH TLS\r\n',
  '234 go\r\n',
  '\x16\x03\x01\x00\x05hello',
  'QUIT\r\n',
  '221 bye\r\n',
  'half a l',
  '\r\n',
  '\n',
  '\0\x01\x02',
  'ENC x\r\n',
  '99 odd\r\n',
];

const end = fc.constantFrom<ConnectionEnd>('initiator', 'responder');
const happening = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('bytes' as const), from: end, text: fc.constantFrom(...WORDS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lost' as const), from: end, bytes: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('ended' as const),
      from: end,
      how: fc.constantFrom('fin' as const, 'reset' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('closed' as const) }) },
);
/** Control connections, data connections in both modes, and one that has nothing to do with them. */
const PEERS: readonly [string, string][] = [
  ['10.1.0.2:40000', '10.2.0.7:21'],
  ['10.1.0.2:40001', '10.2.0.7:21'],
  ['10.1.0.2:41000', '10.2.0.7:50000'],
  ['10.2.0.7:20', '10.1.0.2:50000'],
  ['10.9.0.1:1', '10.9.0.2:80'],
];
const steps = fc.array(fc.record({ peers: fc.nat(PEERS.length - 1), handshake: fc.boolean(), what: happening }), {
  maxLength: 60,
});

async function play(
  script: readonly (typeof steps extends fc.Arbitrary<(infer Step)[]> ? Step : never)[],
): Promise<Observation[]> {
  const capture = new PlayedCapture();
  const open = new Map<number, PlayedConnection>();
  for (const { peers, handshake, what } of script) {
    const [from, to] = PEERS[peers] ?? ['', ''];
    const known = open.get(peers);
    const connection = known ?? (handshake ? capture.opens(from, to) : capture.underWay(from, to));
    open.set(peers, connection);
    if (what.kind === 'bytes') connection.sends(what.from, what.text);
    else if (what.kind === 'lost') connection.loses(what.from, what.bytes);
    else if (what.kind === 'ended') connection.ends(what.from, what.how);
    else {
      connection.falls('capture-end');
      open.delete(peers);
    }
  }
  return capture.ends();
}

/** What holds of every session, whatever happened. */
function expectSound(told: readonly Observation[]): void {
  for (const session of new Set(told.map((one) => one.session))) {
    const own = told.filter((one) => one.session === session);
    expect(own[0]?.kind).toBe('session-opened');
    expect(own.at(-1)?.kind).toBe('session-closed');
    expect(of(own, 'session-opened')).toHaveLength(1);
    expect(of(own, 'session-closed')).toHaveLength(1);
    const opened = of(own, 'link-opened').map(({ link }) => link);
    expect(opened).toEqual(opened.map((_link, index) => index + 1));
    expect(
      of(own, 'link-closed')
        .map(({ link }) => link)
        .toSorted((one, other) => one - other),
    ).toEqual(opened);
    const times = own.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    for (const { durationMs } of of(own, 'link-closed')) expect(durationMs ?? 0).toBeGreaterThanOrEqual(0);
  }
}

test('any mixture of events is told as sound sessions', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => expectSound(await play(script))),
    { numRuns: 400 },
  );
});

test('however the segments are cut, the same is told', async () => {
  const said: readonly [ConnectionEnd, string][] = [
    ['responder', '220-hello\r\n220 FTP\r\n'],
    ['initiator', 'USER \xe4\r\nPASS x\n'],
    ['responder', '331 x\r\nodd line\r\n230 in\r\n'],
    ['initiator', '\xff\xf4\xff\xf2ABOR\r\nEPSV\r\nRETR a b\r\n'],
    ['responder', '225 ok\r\n229 (|||50000|)\r\n550 no\r\n'],
    ['initiator', 'AUTH TLS\r\n'],
    ['responder', '234 go\r\n'],
    ['initiator', '\x16\x03\x01\x00\x02hi'],
    ['responder', '\x16\x03\x03\x00\x02\r\n'],
  ];
  const tell = async (cut: (bytes: string) => readonly string[]) => {
    const capture = new PlayedCapture();
    const control = capture.control();
    for (const [from, bytes] of said) for (const piece of cut(bytes)) control.sends(from, piece);
    control.closes();
    return (await capture.ends()).map(inShort);
  };
  const whole = await tell((bytes) => [bytes]);
  expect(await tell((bytes) => [...bytes])).toEqual(whole);
  for (let at = 1; at < 30; at += 1)
    expect(await tell((bytes) => [bytes.slice(0, at), bytes.slice(at)])).toEqual(whole);
});

describe('bounds', () => {
  test('a line without end is told by its beginning', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP');
    for (let sent = 0; sent < 300; sent += 1) control.sends('initiator', 'x'.repeat(1024));
    control.sends('initiator', '\r\n').client('NOOP');
    const short = (await capture.ends()).map(inShort);
    expect(short).toEqual(expect.arrayContaining(['! line-too-long', 'C NOOP']));
  });

  test('commands without replies do not pile up', async () => {
    const capture = new PlayedCapture();
    const control = capture.control();
    for (let sent = 0; sent < 3000; sent += 1) control.client('PORT 10,1,0,2,4,1', 'RETR x');
    const told = await capture.ends();
    expect(of(told, 'command')).toHaveLength(6000);
    expectSound(told);
  });

  test('gaps without end of one link are summed up', async () => {
    const capture = new PlayedCapture();
    const control = capture
      .control()
      .server('220 FTP')
      .client('EPSV')
      .server('229 (|||50000|)')
      .client('RETR a')
      .server('150 ok');
    const data = capture.opens('10.1.0.2:41000', '10.2.0.7:50000');
    for (let lost = 0; lost < 500; lost += 1) data.sends('responder', 'x').loses('responder', 2);
    data.closes('responder');
    control.server('226 ok');
    const gaps = of(await capture.ends(), 'gap');
    expect(gaps.length).toBeLessThan(30);
    expect(gaps.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1000);
  });

  test('unfinished lines of many sessions are told in pieces, and that is said', async () => {
    const capture = new PlayedCapture();
    const line = 'x'.repeat(200 * 1024);
    for (let port = 0; port < 200; port += 1)
      capture
        .control(10_000 + port)
        .server('220 FTP')
        .sends('initiator', line);
    const told = await capture.ends();
    expect(of(told, 'noise').reduce((sum, noise) => sum + noise.line.length, 0)).toBe(200 * line.length);
    expect(capture.notices).toEqual(['too many unfinished lines and replies at once: some are shown in pieces']);
  });

  test('thousands of sessions at once, none of which has said anything yet', async () => {
    const capture = new PlayedCapture();
    const controls = Array.from({ length: 3000 }, (_none, index) => capture.control(10_000 + index));
    for (const control of controls) control.server('220 hello').client('USER a').server('230 in').closes('responder');
    const told = await capture.ends();
    expect(of(told, 'session-opened').map(({ session, client }) => client.port - session)).toEqual(
      controls.map(() => 9999),
    );
    expect(of(told, 'command')).toHaveLength(3000);
    expect(of(told, 'reply')).toHaveLength(6000);
  });

  test('what is held back for a silent connection is let go when it is too much', async () => {
    const capture = new PlayedCapture();
    capture.control(40_000);
    const talker = capture.control(40_001).server('220 FTP');
    const line = 'x'.repeat(100_000);
    for (let said = 0; said < 200; said += 1) talker.client(`STAT ${line}`).server(`211 ${line}`);
    expect((await capture.told()).length).toBeGreaterThan(400);
  });
});
