// Recordings as conversations in packets: who says what to whom, seen from each side.
import { describe, expect, test } from 'vitest';
import { exportPackets, type Vantage } from '../../../src/capture/export/export-packets.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { command, endpoint, NOON, observed, reply } from '../../transcript/observations.js';
import { type DecodedRecord, decodeFile } from './decoded.js';

const CLIENT = endpoint('198.51.100.9', 40_001);
const LISTENER = endpoint('192.0.2.1', 2121);
const OUTSIDE = endpoint('192.0.2.2', 50_001);
const SERVER = endpoint('203.0.113.7', 21);
const opened = observed('session-opened', { client: CLIENT, listener: LISTENER });
const connected = observed('server-connected', { local: OUTSIDE, remote: SERVER });
const closed = observed('session-closed');
const START = [opened, connected, reply('220 Hello', null)];

interface Exported {
  readonly records: readonly DecodedRecord[];
  readonly summary: unknown;
  /** `C: NOOP`, `S: 200 OK`; data connections by their ends: `198.51.100.9:40002 > 203.0.113.7:1025: bytes`. */
  readonly said: readonly string[];
}

const PAYLOADS: Readonly<Record<string, string>> = { kept: 'the very bytes', empty: '' };

async function exported(observations: readonly Observation[], vantage: Vantage = 'end-to-end'): Promise<Exported> {
  const batches = async function* () {
    for (const observation of observations) yield [observation];
  };
  const payload = (name: string) => {
    const text = PAYLOADS[name];
    return text === undefined ? null : bytesOf(text);
  };
  const options = { vantage, application: 'ftpscope 1.2.3' };
  const source = exportPackets({ observations: batches(), payload }, options);
  const parts: Buffer[] = [];
  let next = await source.next();
  for (; !next.done; next = await source.next()) parts.push(next.value);
  const records = decodeFile(Buffer.concat(parts));
  expect(records.every(({ checksumsHold }) => checksumsHold)).toBe(true);
  return { records, summary: next.value, said: records.flatMap(inShort) };
}

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

function inShort({ from, to, flags, payload }: DecodedRecord): string[] {
  const text = payload.toString('latin1').replace(/\r\n$/, '');
  const toServer = /:(21|2121)$/.test(to);
  if (toServer || /:(21|2121)$/.test(from)) return text === '' ? [] : [`${toServer ? 'C' : 'S'}: ${text}`];
  if (flags === 'S' || flags.includes('R')) return [`${from} > ${to} ${flags === 'S' ? 'opens' : 'resets'}`];
  return text === '' ? [] : [`${from} > ${to}: ${text}`];
}

const started = (answers: number): Observation => ({ ...reply('150 Here', answers), preliminary: true }) as Observation;

const ends = ({ records }: Exported) => [records[0]?.from, records[0]?.to];

describe('a plain session', () => {
  const session = [
    ...START,
    command('USER anna'),
    reply('331 Password?'),
    command('PASS ****', 2),
    reply(['230-Welcome', ' to all', '230 Go on'], 2),
    observed('command', { number: 3, verb: 'NOOP', line: 'NOOP', end: '\n' }),
    closed,
  ];
  const lines = [
    'S: 220 Hello',
    'C: USER anna',
    'S: 331 Password?',
    'C: PASS ****',
    'S: 230-Welcome\r\n to all\r\n230 Go on',
  ];

  test.each<[Vantage, string, string]>([
    ['end-to-end', '198.51.100.9:40001', '203.0.113.7:21'],
    ['client', '198.51.100.9:40001', '192.0.2.1:2121'],
    ['server', '192.0.2.2:50001', '203.0.113.7:21'],
  ])('%s: between the ends there', async (vantage, from, to) => {
    const all = await exported(session, vantage);
    expect(ends(all)).toEqual([from, to]);
    expect(all.said).toEqual([...lines, 'C: NOOP\n']);
    expect(all.records.map(({ flags }) => flags).join(' ')).toBe('S SA A PA PA PA PA PA PA FA FA A');
    expect(all.records.at(-1)?.from).toBe(from);
    expect(all.records.at(-3)?.comment).toBe('session closed by the client: QUIT');
    expect(all.summary).toMatchObject({ sessions: 1, sessionsWithoutAddresses: 0 });
  });

  test('the file says who wrote it, and when things were', async () => {
    const { records } = await exported([opened, connected, { ...reply('220 Hi', null), at: NOON + 0.25 }]);
    expect(records.map(({ at }) => at - NOON * 1000)).toEqual([0, 0, 0, 250]);
  });

  test('that the recording does not end goes on in silence; one that it does not begin is counted', async () => {
    const { said, records, summary } = await exported([...START, { ...command('NOOP'), session: 9 }, command('PWD')]);
    expect(said).toEqual(['S: 220 Hello', 'C: PWD']);
    expect(records.at(-1)?.flags).toBe('PA');
    expect(summary).toMatchObject({ sessionsWithoutBeginning: 1 });
  });

  test('several at once, and a number that comes again', async () => {
    const other = START.map((one) => ({ ...one, session: 2 }));
    const { summary, said } = await exported([...START, ...other, closed, ...START]);
    expect(said).toHaveLength(3);
    expect(summary).toMatchObject({ sessions: 3 });
  });
});

describe('addresses', () => {
  test('a server that was never reached: the client spoke to the proxy', async () => {
    const refused = { ...reply('421 Cannot reach it', null), by: 'proxy' } as Observation;
    const all = await exported([{ ...opened, server: SERVER }, refused, closed]);
    expect(ends(all)).toEqual(['198.51.100.9:40001', '192.0.2.1:2121']);
    expect(all.said).toEqual(['S: 421 Cannot reach it']);
    expect((await exported([opened, closed], 'server')).records).toEqual([]);
  });

  test('client and server of different families: the client spoke to the proxy', async () => {
    const remote = endpoint('2001:db8::7', 21);
    expect(ends(await exported([opened, { ...connected, remote }]))[1]).toBe('192.0.2.1:2121');
  });

  test('a load balancer stands for a client of another family', async () => {
    const brought = { ...opened, client: endpoint('2001:db8::9', 4), via: endpoint('10.0.0.5', 5) };
    expect(ends(await exported([brought, connected]))[0]).toBe('10.0.0.5:5');
  });

  test('none: left out, and counted', async () => {
    const nowhere = { ...opened, client: endpoint('localhost', 1), listener: null };
    const { records, summary } = await exported([nowhere, command('NOOP'), closed]);
    expect(records).toEqual([]);
    expect(summary).toMatchObject({ sessionsWithoutAddresses: 1 });
  });
});

const leg = (mode: 'active' | 'passive', local: string | null, remote: string | null) => ({
  mode,
  local: local === null ? null : at(local),
  remote: remote === null ? null : at(remote),
});
const at = (text: string) => endpoint(text.replace(/:\d+$/, ''), Number(/\d+$/.exec(text)?.[0]));

/** A data link from its port to its end; `announced` and then `used` are the client's leg and the server's. */
function link(announced: readonly unknown[], used: readonly unknown[], body: Partial<Observation> = {}) {
  const transfer = { verb: 'RETR', path: 'file', direction: 'download', bytes: 14 } as const;
  const legs = ([client, server]: readonly unknown[]) => ({ client, server }) as object;
  const flowing = { ...transfer, ...legs(used) };
  return {
    opened: observed('link-opened', legs(announced)),
    flows: observed('link-progress', { ...flowing, state: 'transferring', at: NOON + 1 }),
    closed: observed('link-closed', { ...flowing, at: NOON + 3, durationMs: 1, payload: 'kept', ...(body as object) }),
  };
}

const passive = link(
  [leg('passive', '192.0.2.1:6000', null), leg('passive', null, '203.0.113.7:1025')],
  [leg('passive', '192.0.2.1:6000', '198.51.100.9:40002'), leg('passive', '192.0.2.2:50002', '203.0.113.7:1025')],
);
const active = link(
  [leg('active', null, '198.51.100.9:5001'), leg('active', '192.0.2.2:6001', null)],
  [leg('active', '192.0.2.1:20', '198.51.100.9:5001'), leg('active', '192.0.2.2:6001', '203.0.113.7:20')],
);

describe('a data connection has the ends that the lines name', () => {
  const download = [command('RETR file', 2), started(2), passive.flows, reply('226 Done', 2), passive.closed, closed];
  const transfer = ['C: RETR file', 'S: 150 Here'];

  test.each<[Vantage, string, string, string]>([
    ['end-to-end', '203,0,113,7,4,1', '198.51.100.9:40002', '203.0.113.7:1025'],
    ['client', '192,0,2,1,23,112', '198.51.100.9:40002', '192.0.2.1:6000'],
    ['server', '203,0,113,7,4,1', '192.0.2.2:50002', '203.0.113.7:1025'],
  ])('%s, passive', async (vantage, named, from, to) => {
    const said227 = reply('227 Passive (203,0,113,7,4,1).');
    const { said } = await exported([...START, command('PASV'), said227, passive.opened, ...download], vantage);
    expect(said).toEqual([
      'S: 220 Hello',
      'C: PASV',
      `S: 227 Passive (${named}).`,
      ...transfer,
      `${from} > ${to} opens`,
      `${to} > ${from}: the very bytes`,
      'S: 226 Done',
    ]);
  });

  test('a server that named another host than its own, and what it said as a comment', async () => {
    const said227 = reply('227 Passive (10,0,0,5,4,1)');
    const { said, records } = await exported([...START, command('PASV'), said227, passive.opened, ...download]);
    expect(said[2]).toBe('S: 227 Passive (203,0,113,7,4,1)');
    expect(records.find(({ comment }) => comment)?.comment).toBe('recorded as: 227 Passive (10,0,0,5,4,1)');
  });

  test('229 names a port', async () => {
    const { said } = await exported([...START, command('EPSV'), reply('229 Go (|||1025|)'), passive.opened], 'client');
    expect(said[2]).toBe('S: 229 Go (|||6000|)');
  });

  test.each<[Vantage, string, string, string]>([
    ['end-to-end', 'PORT 198,51,100,9,19,137', '203.0.113.7:20', '198.51.100.9:5001'],
    ['client', 'PORT 198,51,100,9,19,137', '192.0.2.1:20', '198.51.100.9:5001'],
    ['server', 'PORT 192,0,2,2,23,113', '203.0.113.7:20', '192.0.2.2:6001'],
  ])('%s, active', async (vantage, named, from, to) => {
    const port = command('PORT 198,51,100,9,19,137');
    const rest = [active.opened, reply('200 Taken'), command('RETR file', 2), active.flows, active.closed, closed];
    const { said } = await exported([...START, port, ...rest], vantage);
    expect(said.slice(1)).toEqual([
      `C: ${named}`,
      'S: 200 Taken',
      'C: RETR file',
      `${from} > ${to} opens`,
      `${from} > ${to}: the very bytes`,
    ]);
  });

  test('a client that is served in another mode than it asked for', async () => {
    const mixed = link(
      [leg('active', null, '198.51.100.9:5001'), leg('passive', null, '203.0.113.7:1025')],
      [leg('active', '192.0.2.1:7000', '198.51.100.9:5001'), leg('passive', '192.0.2.2:50002', '203.0.113.7:1025')],
    );
    const asked = { ...observed('command', { number: 2, verb: 'EPSV', line: 'EPSV', by: 'proxy' }) };
    const own = { ...reply('200 PORT taken'), by: 'proxy' } as Observation;
    const port = command('PORT 198,51,100,9,19,137');
    const all = [...START, port, asked, reply('229 Go (|||1025|)', 2), mixed.opened, own, mixed.flows, mixed.closed];
    expect((await exported(all)).said.slice(1)).toEqual([
      'C: PORT 198,51,100,9,19,137',
      'S: 200 PORT taken',
      '203.0.113.7:7000 > 198.51.100.9:5001 opens',
      '203.0.113.7:7000 > 198.51.100.9:5001: the very bytes',
    ]);
    expect((await exported(all, 'server')).said.slice(1)).toEqual([
      'C: EPSV',
      'S: 229 Go (|||1025|)',
      '192.0.2.2:50002 > 203.0.113.7:1025 opens',
      '203.0.113.7:1025 > 192.0.2.2:50002: the very bytes',
    ]);
  });
});

describe('transfers', () => {
  const start = [...START, command('RETR file'), started(1), passive.opened, passive.flows];

  test('are spread over their time, and end in order', async () => {
    const { records } = await exported([...start, passive.closed, closed]);
    const data = records.filter(({ from, to }) => !`${from}${to}`.includes(':21'));
    expect(data.map(({ at: time, flags }) => `${time / 1000 - NOON} ${flags}`)).toEqual([
      ...['1 S', '1 SA', '1 A', '1 PA', '2 FA', '2 FA', '2 A'],
    ]);
  });

  test('that failed are reset, and say why', async () => {
    const broken = { ...passive.closed, outcome: 'failed', reason: 'the client went away' } as Observation;
    const { said, records } = await exported([...start, broken]);
    expect(said.at(-1)).toBe('203.0.113.7:1025 > 198.51.100.9:40002 resets');
    expect(records.at(-1)?.comment).toBe('transfer failed: the client went away');
  });

  test.each([['gone'], [undefined]])('whose bytes are not there (%s): the numbers tell how many', async (payload) => {
    const { payload: _, ...bare } = passive.closed;
    const { records, summary } = await exported([...start, { ...bare, ...(payload === undefined ? {} : { payload }) }]);
    const [opening, end] = [records.find(({ flags, from }) => flags === 'SA' && from.endsWith('1025')), records.at(-3)];
    expect((end?.sequence ?? 0) - (opening?.sequence ?? 0)).toBe(15);
    expect(summary).toMatchObject({ transfersWithoutPayload: 1 });
  });

  test('that the recording cuts off are opened, and no more', async () => {
    const { said, summary } = await exported(start);
    expect(said.at(-1)).toBe('198.51.100.9:40002 > 203.0.113.7:1025 opens');
    expect(summary).toMatchObject({ transfersWithoutPayload: 1 });
  });

  test('that never began are no connection', async () => {
    const refused = observed('link-closed', { outcome: 'refused', reason: '550 No' });
    expect((await exported([...START, passive.opened, refused, closed])).said).toEqual(['S: 220 Hello']);
  });

  test('a success that the proxy took back is not told of to the client, but was said by the server', async () => {
    const lost = { ...reply('426 Lost'), by: 'proxy' } as Observation;
    const failed = { ...passive.closed, outcome: 'failed', reason: 'lost' } as Observation;
    const all = [...start, reply('226 Done'), lost, failed, closed];
    expect((await exported(all)).said.filter((line) => line.startsWith('S'))).toEqual([
      'S: 220 Hello',
      'S: 150 Here',
      'S: 426 Lost',
    ]);
    expect((await exported(all, 'server')).said).toContain('S: 226 Done');
  });

  test('what the server says of a transfer that the proxy has answered was not heard by the client', async () => {
    const failed = { ...reply('425 Refused'), by: 'proxy' } as Observation;
    const all = [...START, command('RETR a'), failed, reply('150 Here'), reply('425 Nobody came'), closed];
    expect((await exported(all)).said.slice(1)).toEqual(['C: RETR a', 'S: 425 Refused']);
  });
});

describe('lines that one leg does not see', () => {
  const refused = [command('PORT 10,0,0,1,0,80'), observed('violation', { code: 'foreign-address' })];
  const own = { ...reply('500 Not to there'), by: 'proxy' } as Observation;

  test('a PORT that was refused', async () => {
    const all = [...START, ...refused, own, command('NOOP', 2), reply('200 OK', 2)];
    const { said, records } = await exported(all);
    expect(said.slice(1)).toEqual(['C: PORT 10,0,0,1,0,80', 'S: 500 Not to there', 'C: NOOP', 'S: 200 OK']);
    expect(records.find(({ comment }) => comment)).toMatchObject({
      comment: 'client: foreign-address: what happened (what was done)',
      payload: Buffer.from('500 Not to there\r\n'),
    });
    expect((await exported(all, 'server')).said.slice(1)).toEqual(['C: NOOP', 'S: 200 OK']);
  });

  test('encryption that was agreed on; what was refused is shown', async () => {
    const byProxy = { by: 'proxy' } as const;
    const all = [
      ...START,
      command('AUTH GSSAPI', 1),
      { ...reply('504 Only TLS', 1), ...byProxy } as Observation,
      command('AUTH TLS', 2),
      observed('command', { number: 3, verb: 'AUTH', line: 'AUTH TLS', ...byProxy }),
      reply('234 Proceed', 3),
      observed('tls', {}),
      { ...reply('234 Go on', 2), ...byProxy } as Observation,
      command('PBSZ 0', 4),
      reply('200 PBSZ=0', 4),
      command('PROT P', 5),
      reply('200 Private', 5),
      command('PWD', 6),
    ];
    for (const vantage of ['end-to-end', 'client'] as const) {
      const { said, records } = await exported(all, vantage);
      expect(said.slice(1)).toEqual(['C: AUTH GSSAPI', 'S: 504 Only TLS', 'C: PWD']);
      expect(records.at(-1)?.comment).toContain('left out: AUTH TLS, answered 234 Go on');
    }
    expect((await exported(all, 'server')).said.slice(1)).toEqual(['C: PWD']);
  });

  test('in a capture everything is as it was, and holes are holes', async () => {
    const captured = { ...opened, server: SERVER, listener: null, how: 'capture' } as Observation;
    const gap = observed('gap', { side: 'client', bytes: 100 });
    const { said, records } = await exported([captured, command('AUTH TLS'), reply('234 Go'), gap, command('NOOP', 2)]);
    expect(said).toEqual(['C: AUTH TLS', 'S: 234 Go', 'C: NOOP']);
    const [auth, , noop] = records.slice(3);
    expect((noop?.sequence ?? 0) - (auth?.sequence ?? 0)).toBe('AUTH TLS\r\n'.length + 100);
  });
});
