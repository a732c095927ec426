// Control conversations as a capture shows them: paired, timed and masked as the live relay does it, with what the capture lacks.
import { describe, expect, test } from 'vitest';
import type { SessionCause, SessionEnd } from '../../../src/dialogue/observation.js';
import { inShort, of, PlayedCapture } from './played-capture.js';

const greeted = (capture: PlayedCapture) => capture.control().server('220 FTP');

async function short(capture: PlayedCapture): Promise<string[]> {
  return (await capture.ends()).map(inShort);
}

describe('a conversation', () => {
  test('is told from its opening to its end', async () => {
    const capture = new PlayedCapture({ showSecrets: false });
    const control = capture.control().server('220-hello', '220 ready').client('USER ann').server('331 password?');
    control.client('PASS secret').server('230 in').client('QUIT').server('221 bye').closes('responder');
    const told = await capture.ends();
    expect(told.map(inShort)).toEqual([
      'session-opened',
      'S 220-hello / 220 ready',
      'C USER ann',
      'S 331 password? (1)',
      'C PASS ****',
      'S 230 in (2)',
      'C QUIT',
      'S 221 bye (3)',
      'closed by client: QUIT',
    ]);
    expect(of(told, 'session-opened')).toMatchObject([
      {
        session: 1,
        client: { address: '10.1.0.2', port: 40_000 },
        server: { address: '10.2.0.7', port: 21 },
        how: 'capture',
        listener: null,
      },
    ]);
    expect(of(told, 'reply').map(({ latencyMs }) => latencyMs)).toEqual([1, 1, 1, 1]);
  });

  test('may end without QUIT, and with a goodbye of the server all the same', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 ready').client('NOOP').server('200 ok').ends('initiator');
    control.server('221 You could at least say goodbye.').ends('responder').happens({ kind: 'closed', why: 'ended' });
    expect(await short(capture)).toEqual([
      'session-opened',
      'S 220 ready',
      'C NOOP',
      'S 200 ok (1)',
      'S 221 You could at least say goodbye.',
      'closed by client: the client closed the connection',
    ]);
  });

  test('keeps strange lines to the byte', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().sends('responder', '220 ready\n').sends('initiator', 'USER \xe4\r\r\n');
    control
      .sends('responder', '99 what\r\n230_ok\n')
      .sends('initiator', '\xff\xf4NOOP\n')
      .ends('initiator')
      .falls('capture-end');
    const told = await capture.ends();
    expect(of(told, 'reply').map(({ lines, ends }) => [lines, ends])).toEqual([
      [['220 ready'], ['\n']],
      [['230_ok'], ['\n']],
    ]);
    expect(of(told, 'noise').map(({ line, end, what }) => [line, end, what])).toEqual([
      ['99 what', undefined, 'line'],
      ['\xff\xf4', undefined, 'telnet'],
    ]);
    expect(of(told, 'command').map(({ line, end }) => [line, end])).toEqual([
      ['USER \xe4\r', undefined],
      ['NOOP', '\n'],
    ]);
  });

  test('whose last line has no end says so', async () => {
    const capture = new PlayedCapture();
    capture.control().server('220 FTP').sends('initiator', 'QUIT').closes();
    expect(await short(capture)).toEqual([
      'session-opened',
      'S 220 FTP',
      '! no-line-end',
      'C QUIT',
      'closed by client: QUIT',
    ]);
  });

  test("whose last word is Telnet's interrupt, as lftp gives up", async () => {
    const capture = new PlayedCapture();
    capture.control().server('220 FTP').sends('initiator', '\xff\xf4\xff').closes();
    expect((await short(capture)).filter((line) => line.startsWith('!'))).toEqual([]);
  });

  test.each<readonly [string, SessionEnd['by'], SessionCause, (capture: PlayedCapture) => void]>([
    ['the client closed the connection', 'client', 'closed', (capture) => greeted(capture).closes()],
    ['the server closed the connection', 'server', 'closed', (capture) => greeted(capture).closes('responder')],
    [
      'the server reset the connection',
      'server',
      'lost',
      (capture) => greeted(capture).ends('responder', 'reset').falls('capture-end'),
    ],
    ['QUIT', 'client', 'quit', (capture) => greeted(capture).client('QUIT').closes('responder')],
    ['QUIT', 'client', 'quit', (capture) => greeted(capture).client('QUIT').ends('responder', 'reset')],
    [
      'the server closed the connection without a greeting',
      'server',
      'no-greeting',
      (capture) => capture.control().client('USER a', 'SYST').closes('responder'),
    ],
    [
      'the server closed the connection',
      'server',
      'closed',
      (capture) => capture.control().loses('responder', 10).client('USER a', 'SYST').closes('responder'),
    ],
    [
      'the server closed the connection',
      'server',
      'closed',
      (capture) => capture.underWay('10.1.0.2:40000', '10.2.0.7:21').client('USER a', 'SYST').closes('responder'),
    ],
    ['the capture ends here', 'capture', 'capture-end', (capture) => greeted(capture).falls('capture-end')],
    ['the capture ends here', 'capture', 'capture-end', (capture) => greeted(capture)],
    ['nothing more was heard of it', 'capture', 'silent', (capture) => greeted(capture).falls('silent')],
    [
      'there were too many connections at once to follow it on',
      'capture',
      'not-followed',
      (capture) => greeted(capture).falls('limit'),
    ],
  ])('ends because %s (%s, %s)', async (reason, by, cause, play) => {
    const capture = new PlayedCapture();
    play(capture);
    expect(of(await capture.ends(), 'session-closed')).toMatchObject([{ by, cause, reason }]);
  });

  test('that was under way begins with what there is', async () => {
    const capture = new PlayedCapture();
    const control = capture.underWay('10.2.0.7:21', '10.1.0.2:40000');
    control
      .sends('initiator', 'tail of a line\r\n226 done\r\n')
      .sends('responder', 'PASV\r\n')
      .sends('initiator', '227 (10,2,0,7,4,1)\r\n');
    expect(await short(capture)).toEqual([
      'session-opened',
      'S? tail of a line',
      'S 226 done',
      'C PASV',
      'S 227 (10,2,0,7,4,1) (1)',
      'link 1 passive',
      'link 1 unused: the capture ends here',
      'closed by capture: the capture ends here',
    ]);
  });

  test('of which one direction alone was captured is told all the same', async () => {
    const capture = new PlayedCapture();
    capture.control().client('USER a', 'PASS b', 'PORT 10,1,0,2,4,1', 'RETR x', 'QUIT').closes();
    expect(await short(capture)).toContain('C RETR x');
  });

  test('on a named port is FTP whatever it looks like', async () => {
    const capture = new PlayedCapture({ ports: [4711] });
    capture.control(40_000, 4711).server('hello there').closes();
    expect(await short(capture)).toEqual([
      'session-opened',
      'S? hello there',
      'closed by client: the client closed the connection',
    ]);
  });
});

describe('lost bytes', () => {
  test('end a line that is not joined with what follows', async () => {
    const capture = new PlayedCapture();
    const control = capture
      .control()
      .server('220 FTP')
      .sends('initiator', 'CWD ab')
      .loses('initiator', 9)
      .sends('initiator', 'cd\r\nPWD\r\n');
    control.server('257 "/"');
    const told = await short(capture);
    expect(told).toEqual(expect.arrayContaining(['C CWD ab', 'client gap 9', 'C PWD']));
    expect(told).not.toContain('C CWD abcd');
  });

  test.each([
    ['PASS ses', 4, 'same!7\r\n'],
    ['PASS ses', 4, 'retr\r\n'],
    ['', 8, 'sesame\r\n'],
    ['PA', 6, 'ame with more\r\n'],
    ['PASS ', 2, 'sesa'],
  ])('may be the beginning of a password, so the rest of it is masked (%j, %i, %j)', async (head, lost, tail) => {
    const capture = new PlayedCapture({ showSecrets: false });
    const control = capture.control().server('220 FTP').client('USER a').server('331 password');
    if (head !== '') control.sends('initiator', head);
    control.loses('initiator', lost).sends('initiator', tail);
    control.loses('initiator', 2).sends('initiator', '\r\nPWD\r\n');
    const told = JSON.stringify(await capture.ends());
    expect(told).not.toContain(tail.trim());
    expect(told).toContain('PWD');
  });

  test('of the server do not shift the replies behind them', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('USER a').server('230 in').client('CWD x').client('PWD');
    control.loses('responder', 20).server('257 "/x"').client('SYST').server('215 UNIX');
    expect((await short(capture)).slice(-5)).toEqual([
      'server gap 20',
      'S 257 "/x" (3)',
      'C SYST',
      'S 215 UNIX (4)',
      'closed by capture: the capture ends here',
    ]);
  });

  test('of both sides do not pair what is left', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('TYPE I');
    control.loses('initiator', 6).loses('responder', 19).server('227 (10,2,0,7,4,1)').client('RETR a').server('150 ok');
    expect((await short(capture)).slice(3, -2)).toEqual([
      'client gap 6',
      'server gap 19',
      'S 227 (10,2,0,7,4,1)',
      'link 1 passive',
      'C RETR a',
      'S 150 ok (2)',
    ]);
  });

  test("with a command among them: its replies are nobody's fault", async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('PASV').server('227 (10,2,0,7,4,1)');
    control.loses('initiator', 27).server('150 ok', '226 done').client('NOOP').server('200 ok');
    const told = await capture.ends();
    expect(of(told, 'violation')).toEqual([]);
    expect(told.map(inShort)).toEqual(expect.arrayContaining(['S 150 ok', 'S 226 done', 'S 200 ok (2)']));
  });

  test('with a transfer command among them: its replies answer no other', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('USER a').server('230 in').client('PORT 10,1,0,2,4,1');
    control.loses('responder', 20).loses('initiator', 6).server('150 here', '226 done').client('NOOP').server('200 ok');
    expect((await short(capture)).slice(-7, -2)).toEqual([
      'client gap 6',
      'S 150 here',
      'S 226 done',
      'C NOOP',
      'S 200 ok (3)',
    ]);
  });

  test('with a PASV among them: its reply answers no other', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('USER a').server('230 in').client('TYPE I');
    control.loses('responder', 8).loses('initiator', 6).server('227 (10,2,0,7,4,1)').client('RETR a').server('150 ok');
    expect(await short(capture)).toEqual(expect.arrayContaining(['S 227 (10,2,0,7,4,1)', 'S 150 ok (3)']));
  });

  test('do not shift the transfers of a client that asks in pairs', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('USER a').server('230 in');
    const names = ['a', 'b', 'c', 'd'];
    for (const [index, name] of names.entries()) {
      control.client('EPSV', `RETR ${name}`);
      if (name === 'b') control.loses('responder', 60);
      else control.server(`229 (|||${50_000 + index}|)`, '150 ok');
      capture
        .opens(`10.1.0.2:${41_000 + index}`, `10.2.0.7:${50_000 + index}`)
        .sends('responder', name.repeat(9))
        .closes('responder');
      if (name === 'c') control.loses('responder', 9);
      else control.server('226 ok');
    }
    const told = await capture.ends();
    expect(of(told, 'link-closed').map(({ path, bytes, outcome, reason }) => [path, bytes, outcome, reason])).toEqual([
      ['a', 9, 'complete', null],
      ['b', 9, 'complete', null],
      ['c', 9, 'complete', 'its final reply is missing from the capture'],
      ['d', 9, 'complete', null],
    ]);
    expect(of(told, 'link-closed').map(({ content }) => content?.examinedBytes)).toEqual([9, 9, 9, 9]);
    expect(of(told, 'violation')).toEqual([]);
  });

  test('that held the end of a long reply do not swallow the next', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('FEAT').server('211-Features', ' SIZE').client('PWD');
    control.loses('responder', 8).server('257 "/"');
    expect(await short(capture)).toEqual(expect.arrayContaining(['S 211-Features /  SIZE (1)', 'S 257 "/" (2)']));
  });

  test('within a long reply do not end it', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('FEAT').server('211-Features');
    control.loses('responder', 8).server(' SIZE', '211 End');
    expect(await short(capture)).toContain('S 211-Features /  SIZE / 211 End (1)');
  });

  test('with a final reply among them leave the transfer to its data', async () => {
    const capture = new PlayedCapture();
    const control = capture
      .control()
      .server('220 FTP')
      .client('EPSV')
      .server('229 (|||50000|)')
      .client('RETR a')
      .server('150 ok');
    capture.opens('10.1.0.2:41000', '10.2.0.7:50000').sends('responder', 'hello').closes('responder');
    control.client('NOOP').loses('responder', 9).server('200 ok');
    expect(await short(capture)).toContain('link 1 RETR a 5 complete: its final reply is missing from the capture');
  });

  test('that contradict each other are told', async () => {
    const capture = new PlayedCapture();
    capture.control().server('220 FTP').happens({ kind: 'conflict', from: 'responder', bytes: 4 });
    expect(await short(capture)).toContain('! conflicting-segments');
  });
});

describe('encryption', () => {
  test('turns the session dark, and its data is tied by time and size', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP').client('AUTH TLS').server('234 go');
    control.sends('initiator', '\x16\x03\x01\x00\x05hello').sends('responder', '\x16\x03\x03\x00\x02\r\n\x17\x03\x03');
    const data = capture.opens('10.1.0.2:41000', '10.2.0.7:50000');
    data.sends('initiator', '\x16\x03\x01\x00').sends('responder', '\x16\x03\x03\x00\x01\x02').closes('responder');
    control.closes();
    const told = await capture.ends();
    expect(told.map(inShort)).toEqual([
      'session-opened',
      'S 220 FTP',
      'C AUTH TLS',
      'S 234 go (1)',
      '! encrypted-passthrough',
      'link 1 passive',
      'link 1 transferring',
      'link 1 complete: it cannot be seen what the server said: its commands are encrypted',
      'closed by client: the client closed the connection; 10 bytes from the client and 10 from the server were encrypted',
    ]);
    expect(of(told, 'link-closed')).toMatchObject([{ bytes: 6, verb: null, direction: null }]);
    expect(of(told, 'link-closed')[0]).not.toHaveProperty('sha256');
  });

  test('that was refused leaves the session in the clear', async () => {
    const capture = new PlayedCapture();
    capture.control().server('220 FTP').client('AUTH TLS').server('502 no').client('USER a').server('230 in');
    expect(await short(capture)).toContain('C USER a');
  });

  test('without AUTH is told on a named port alone', async () => {
    const play = (options: { ports?: readonly number[] }) => {
      const capture = new PlayedCapture(options);
      capture.control(40_000, 990).sends('initiator', '\x16\x03\x01\x00\x05hello').closes();
      return short(capture);
    };
    expect(await play({})).toEqual([]);
    expect(await play({ ports: [990] })).toContain('! encrypted-passthrough');
  });
});

test('in envelopes, a transfer has two replies, and no reply is a wonder', async () => {
  const capture = new PlayedCapture();
  capture.control().server('220 FTP').client('ENC UkVUUg==').server('632 MTUw', '632 MjI2').closes();
  expect((await short(capture)).filter((line) => line.startsWith('!'))).toEqual(['! encrypted-passthrough']);
});

describe('several sessions', () => {
  test('are numbered as they opened, however late each is recognised', async () => {
    const capture = new PlayedCapture();
    const slow = capture.control(40_000);
    const quick = capture.control(40_001).server('220 FTP').client('USER quick');
    slow.server('220 hello').client('USER slow');
    quick.closes();
    slow.closes();
    const told = await capture.ends();
    expect(of(told, 'session-opened').map(({ session, client }) => [session, client.port])).toEqual([
      [1, 40_000],
      [2, 40_001],
    ]);
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((one, other) => one - other));
  });

  test('wait only so long for one that says nothing', async () => {
    const capture = new PlayedCapture();
    capture.control(40_000);
    capture.control(40_001).server('220 FTP');
    expect(await capture.told()).toEqual([]);
    capture.passes(11_000).control(40_002).server('220 FTP');
    expect((await capture.told()).map(inShort)).toContain('S 220 FTP');
  });
});
