// A recorded session, sent to servers that do as recorded, or do not. What the server hears is the test.
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSampleServer } from '../../../src/demo/sample-server.js';
import type { Endpoint } from '../../../src/protocol/endpoint.js';
import type { PlayedSession } from '../../../src/replay/client/played-session.js';
import type { RecordedSession } from '../../../src/replay/session/recorded-session.js';
import { hasFamily } from '../../e2e/servers/server.js';
import { type ReplayManner, replayTo } from '../../support/replaying.js';
import { listenForPeers, type Peer, type Script, startScriptedServer } from '../../support/scripted-server.js';
import { recordedSession, recordingOf, sha256 } from '../recorded-dialogue.js';

interface Manner extends ReplayManner {
  /** Without a proxy in between. */
  readonly captured?: boolean;
}

function playTo(
  server: Endpoint,
  lines: readonly string[],
  { captured, ...manner }: Manner = {},
): Promise<PlayedSession> {
  const session = recordedSession(lines);
  return playRecorded(captured ? { ...session, relayed: false } : session, server, lines, manner);
}

function playRecorded(
  session: RecordedSession,
  server: Endpoint,
  lines: readonly string[],
  manner: ReplayManner,
): Promise<PlayedSession> {
  return replayTo(server, session, recordingOf(lines), manner);
}

/** Plays to a scripted server; what it heard, and what came of it. */
async function play(lines: readonly string[], script: Script = {}, manner: Manner = {}) {
  const server = await startScriptedServer(script);
  const played = await playTo(server.endpoint, lines, manner);
  return { played, heard: server.lines, server };
}

const codes = ({ session }: PlayedSession) =>
  session.exchanges.map(({ verb, replies }) => [verb, ...replies.map(({ code }) => code)].join(' '));

const LOGIN = ['< 220 Ready', '> USER me', '< 331 P', '> PASS x', '< 230 W'];

test('commands and replies, in turn', async () => {
  const { played, heard } = await play([...LOGIN, '> NOOP', '< 200 Ok', '> QUIT', '< 221 Bye']);
  expect(heard).toEqual(['USER me', 'PASS x', 'NOOP', 'QUIT']);
  expect(codes(played)).toEqual(['USER 331', 'PASS 230', 'NOOP 200', 'QUIT 221']);
  expect(played).toMatchObject({ stopped: null, connected: true });
});

test('a session that ends without QUIT ends with one here', async () => {
  const { played, heard } = await play(LOGIN);
  expect(heard).toEqual(['USER me', 'PASS x', 'QUIT']);
  expect(codes(played)).toEqual(['USER 331', 'PASS 230']);
});

describe('when a command goes out', () => {
  const wait = (peer: Peer) => setImmediate(() => setImmediate(() => peer.say('200 Ok\r\n')));

  test('behind the reply that was waited for', async () => {
    const order: string[] = [];
    const slow = (name: string) => (peer: Peer) => {
      order.push(name);
      setImmediate(() => {
        order.push(`${name} answered`);
        wait(peer);
      });
    };
    const answers = { SYST: slow('SYST'), FEAT: slow('FEAT') };
    await play(['< 220 R', '> SYST', '< 215 U', '> FEAT', '< 211 F'], { answers });
    expect(order).toEqual(['SYST', 'SYST answered', 'FEAT', 'FEAT answered']);
  });

  test('pipelined where it was: no reply comes before the last command', async () => {
    const answers = {
      SYST: () => {},
      FEAT: () => {},
      PWD: (peer: Peer) => peer.say('215 U\r\n211 F\r\n257 "/"\r\n'),
    };
    const { played } = await play(['< 220 R', '> SYST', '> FEAT', '> PWD', '< 215 U', '< 211 F', '< 257 "/"'], {
      answers,
    });
    expect(codes(played)).toEqual(['SYST 215', 'FEAT 211', 'PWD 257']);
  });

  test('before the greeting, where the recorded client did not wait for it', async () => {
    const lines = ['> USER me', '> PASS x', '<0 220 R', '<1 331 P', '<2 230 W'];
    const answers = { USER: () => {}, PASS: (peer: Peer) => peer.say('220 R\r\n331 P\r\n230 W\r\n') };
    const { played } = await play(lines, { greeting: null, answers });
    expect(codes(played)).toEqual(['USER 331', 'PASS 230']);
    expect(played.stopped).toBeNull();
  });

  test('with the pauses of the recording, when that is asked for', async () => {
    const started = performance.now();
    await play(['< 220 R', '> NOOP', '< 200 Ok', '> NOOP', '< 200 Ok'], {}, { speed: 0.1 });
    // Two pauses of 10 ms, ten times as slow; timers may be a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(190);
  });
});

describe('transfers', () => {
  const upload = ['< 220 R', '> PASV', '< 227 (1,2,3,4,5,6)', '> STOR a', '< 150 Go', '== what was sent', '< 226 Done'];

  test('an upload is the recorded payload', async () => {
    const data = await listenForPeers();
    const answers = {
      PASV: `227 Entering Passive Mode (${data.hostPort})`,
      STOR: (peer: Peer) => {
        peer.say('150 Go\r\n');
        void data
          .accept()
          .then(async (leg) => ({ fate: await leg.over(), leg }))
          .then(({ leg }) => peer.say(`226 Got ${leg.received}\r\n`));
      },
    };
    const { played } = await play(upload, { answers });
    expect(played.session.exchanges[1]?.replies.at(-1)?.lines).toEqual(['226 Got what was sent']);
    expect(played.session.exchanges[1]?.transfer).toMatchObject({
      outcome: 'complete',
      sha256: sha256('what was sent'),
    });
  });

  test('an upload that the server turned down in its midst is broken off, not ended', async () => {
    const data = await listenForPeers();
    let fate: Promise<string> | null = null;
    const answers = {
      PASV: `227 Entering Passive Mode (${data.hostPort})`,
      STOR: (peer: Peer) => {
        peer.say('150 Go\r\n');
        fate = data.accept().then(async (leg) => {
          await leg.readBytes('half of it'.length);
          peer.say('552 Full\r\n');
          return leg.over();
        });
      },
    };
    const lines = ['< 220 R', '> PASV', '< 227 (1,2,3,4,5,6)', '> STOR up', '< 150 Go', '=~ half of it', '< 552 Full'];
    const { played } = await play(lines, { answers });
    expect(codes(played)).toEqual(['PASV 227', 'STOR 150 552']);
    expect(await fate).toBe('broken');
  });

  test('a 227 that names another host: the port is used, the host is the server', async () => {
    const data = await listenForPeers();
    const [, , , , high, low] = data.hostPort.split(',');
    const answers = {
      PASV: `227 Entering Passive Mode (192,0,2,1,${high},${low})`,
      RETR: (peer: Peer) => {
        peer.say('150 Here\r\n');
        void data.accept().then((leg) => {
          leg.socket.end('it');
          peer.say('226 Done\r\n');
        });
      },
    };
    const lines = ['< 220 R', '> PASV', '< 227 (1,2,3,4,5,6)', '> RETR a', '< 150 H', '== it', '< 226 D'];
    const { played } = await play(lines, { answers });
    expect(played.session.exchanges[1]?.transfer).toMatchObject({ bytes: 2, sha256: sha256('it') });
  });

  test('a transfer that the server breaks off has failed', async () => {
    const data = await listenForPeers();
    const answers = {
      PASV: `227 (${data.hostPort})`,
      RETR: (peer: Peer) => {
        peer.say('150 Here\r\n');
        void data.accept().then((leg) => {
          leg.reset();
          peer.say('426 Broken\r\n');
        });
      },
    };
    const { played } = await play(
      ['< 220 R', '> PASV', '< 227 (1,2,3,4,5,6)', '> RETR a', '< 150 H', '== it', '< 226 D'],
      {
        answers,
      },
    );
    expect(played).toMatchObject({ stopped: null });
    expect(played.session.exchanges[1]?.transfer).toMatchObject({ outcome: 'failed' });
  });

  test('a refused transfer leaves its port to the next', async () => {
    const data = await listenForPeers();
    const answers = {
      PASV: `227 (${data.hostPort})`,
      RETR: (peer: Peer, line: string) => {
        if (line === 'RETR no') return peer.say('550 No\r\n');
        peer.say('150 Here\r\n');
        void data.accept().then((leg) => {
          leg.socket.end('it');
          peer.say('226 Done\r\n');
        });
      },
    };
    const lines = [
      '< 220 R',
      '> PASV',
      '< 227 (1,2,3,4,5,6)',
      '> RETR no',
      '< 550 N',
      '> RETR a',
      '< 150 H',
      '== it',
      '< 226 D',
    ];
    const { played } = await play(lines, { answers });
    expect(codes(played)).toEqual(['PASV 227', 'RETR 550', 'RETR 150 226']);
    expect(played.session.exchanges[2]?.transfer).toMatchObject({ outcome: 'complete', bytes: 2 });
  });
});

describe('every mode, with a real server', () => {
  const modes = [
    ['PASV', '227 (1,2,3,4,5,6)'],
    ['EPSV', '229 (|||5|)'],
    ['PORT 1,2,3,4,5,6', '200 Ok'],
    ['EPRT |1|1.2.3.4|5|', '200 Ok'],
  ] as const;

  test.each(
    modes.flatMap(([asks, reply]) =>
      ([null, 'passive', 'active'] as const).map((mode) => [asks, mode, reply] as const),
    ),
  )('%s, asked to be %s', async (asks, mode, reply) => {
    const server = await startSampleServer({ files: { '/a': Buffer.from('content') } });
    onTestFinished(() => server.close());
    const login = ['< 220 R', '> USER demo', '< 331 P', '> PASS sesame', '< 230 W', '> TYPE I', '< 200 I'];
    const lines = [...login, `> ${asks}`, `< ${reply}`, '> RETR a', '< 150 H', '== content', '< 226 D'];
    const { address, port } = server.address;
    const played = await playTo({ address, port }, lines, { mode });
    expect(played.stopped).toBeNull();
    expect(played.session.exchanges.at(-1)?.transfer).toMatchObject({ sha256: sha256('content'), outcome: 'complete' });
  });
});

test('pipelined transfers, each over its own port', async () => {
  const server = await startSampleServer({ files: { '/a': Buffer.from('first'), '/b': Buffer.from('second') } });
  onTestFinished(() => server.close());
  const login = ['< 220 R', '> USER demo', '< 331 P', '> PASS sesame', '< 230 W', '> TYPE I', '< 200 I'];
  const asked = ['> PASV', '> RETR a', '> PASV', '> RETR b'];
  const heard = ['<4 227 (1,2,3,4,5,6)', '<5 150 H', '<5 226 D', '<6 227 (1,2,3,4,5,6)', '<7 150 H', '<7 226 D'];
  const { address, port } = server.address;
  const played = await playTo({ address, port }, [...login, ...asked, ...heard]);
  expect(played.stopped).toBeNull();
  expect(played.session.exchanges.map(({ transfer }) => transfer?.sha256 ?? null).slice(3)).toEqual([
    null,
    sha256('first'),
    null,
    sha256('second'),
  ]);
});

test.skipIf(!(await hasFamily(6)))('over IPv6, PASV and PORT are asked for in the form that it has', async () => {
  const server = await startSampleServer({ host: '::1', files: { '/a': Buffer.from('content') } });
  onTestFinished(() => server.close());
  const get = ['> RETR a', '< 150 H', '== content', '< 226 D'];
  const passive = ['> PASV', '< 227 (1,2,3,4,5,6)', ...get];
  const active = ['> PORT 1,2,3,4,5,6', '< 200 Ok', ...get];
  const login = ['< 220 R', '> USER demo', '< 331 P', '> PASS sesame', '< 230 W', '> TYPE I', '< 200 I'];
  const played = await playTo({ address: '::1', port: server.address.port }, [...login, ...passive, ...active]);
  expect(played.stopped).toBeNull();
  expect(played.session.exchanges.filter(({ transfer }) => transfer?.outcome === 'complete')).toHaveLength(2);
  expect([...played.translated]).toEqual([4, 6]);
});

describe('a server out of step', () => {
  test.each([
    ['refuses the login', { PASS: '530 No' }, 2, ['USER me', 'PASS x', 'QUIT']],
    ['begins what it refused', { SIZE: '150 Here' }, 3, ['USER me', 'PASS x', 'SIZE a', 'QUIT']],
    ['goes away', { PASS: (peer: Peer) => void peer.socket.end() }, 2, ['USER me', 'PASS x']],
    ['says what nobody asked', { PASS: '230 W\r\n200 What?\r\n' }, null, ['USER me', 'PASS x', 'QUIT']],
    ['ends the session', { SIZE: '421 Too long' }, 3, ['USER me', 'PASS x', 'SIZE a', 'QUIT']],
  ] as const)('%s: nothing more is sent', async (_what, answers, exchange, heard) => {
    const result = await play([...LOGIN, '> SIZE a', '< 550 No', '> DELE a', '< 250 Ok'], { answers });
    expect(result.played.stopped?.exchange ?? null).toBe(exchange);
    expect(result.played.stopped).not.toBeNull();
    expect(result.heard).toEqual(heard);
  });

  test.each(['200 Ok', '227 Somewhere'])('names no data port (%s): no transfer is asked for', async (answer) => {
    const lines = [...LOGIN, '> PASV', '< 227 (1,2,3,4,5,6)', '> STOR u', '< 150 Ok', '== x', '< 226 Ok'];
    const { played, heard } = await play(lines, { answers: { PASV: answer } });
    expect(played.stopped).toEqual({ exchange: 3, why: 'the server names no data port' });
    expect(heard).not.toContain('STOR u');
  });

  test('is silent', async () => {
    const { played } = await play(LOGIN, { answers: { PASS: () => {} } }, { patienceMs: 50 });
    expect(played.stopped).toEqual({ exchange: 2, why: 'the server has said nothing for 0.05 s' });
  });

  test('names no data port, and did not when it was recorded: that is no difference', async () => {
    const lines = [...LOGIN, '> PASV', '< 227 Somewhere', '> QUIT', '< 221 Bye'];
    const { played } = await play(lines, { answers: { PASV: '227 Somewhere', QUIT: '221 Bye' } });
    expect(played.stopped).toBeNull();
  });

  test('speaks another protocol, or none', async () => {
    const ssh = await play(LOGIN, { greeting: 'SSH-2.0-OpenSSH_9.2' });
    expect(ssh.played.stopped).toEqual({ exchange: null, why: 'the server speaks SSH, not FTP' });
    expect(ssh.heard).toEqual([]);
    const { played } = await play(LOGIN, { answers: { PASS: '999 What?' } }, { patienceMs: 50 });
    expect(played.stopped?.why).toBe('the server has said only "999 What?", which is no reply, for 0.05 s');
  });

  test('is silent, and what it says to our QUIT answers nothing else', async () => {
    const { played, heard } = await play(
      [...LOGIN, '> PWD', '< 257 "/"'],
      { answers: { PWD: '' } },
      { patienceMs: 50 },
    );
    expect(heard.at(-1)).toBe('QUIT');
    expect(played.stopped?.exchange).toBe(3);
    expect(codes(played)).toEqual(['USER 331', 'PASS 230']);
    const silent = await play(LOGIN, { greeting: null }, { patienceMs: 50 });
    expect(silent.played.session.greeting).toBeNull();
  });

  test('is left alone when the user has had enough', async () => {
    const enough = new AbortController();
    const answers = { PASS: () => enough.abort() };
    const { played, heard } = await play([...LOGIN, '> DELE a', '< 250 Ok'], { answers }, { stop: enough.signal });
    expect(played.stopped).toEqual({ exchange: null, why: 'interrupted' });
    expect(heard).not.toContain('DELE a');
  });

  test('does not greet, or not kindly', async () => {
    expect((await play(LOGIN, { greeting: null }, { patienceMs: 50 })).heard).toEqual(['QUIT']);
    const { played, heard } = await play(LOGIN, { greeting: '421 Full' });
    expect(played.stopped?.why).toBe('the server does not take us: 421 Full');
    expect(heard).not.toContain('USER me');
  });

  test('is not there', async () => {
    const nobody = await listenForPeers();
    nobody.close();
    const played = await playTo(nobody.endpoint, LOGIN);
    expect(played).toMatchObject({ connected: false, stopped: { exchange: null, why: 'connection refused' } });
  });

  test('refuses TLS that is asked for', async () => {
    const { played, heard } = await play(LOGIN, {}, { tls: 'require' });
    expect(played.stopped?.why).toBe('the server refuses AUTH TLS: 502 Not in the script');
    expect(heard).toEqual(['AUTH TLS', 'QUIT']);
  });

  test('says something in the clear behind its 234: it is not believed', async () => {
    const { played, heard } = await play(LOGIN, { answers: { AUTH: '234 Go\r\n230 Welcome\r\n' } }, { tls: 'require' });
    expect(played.stopped).not.toBeNull();
    expect(heard).not.toContain('USER me');
  });
});

describe('ABOR', () => {
  test('goes out when as much has come as in the recording', async () => {
    const data = await listenForPeers();
    const block = Buffer.alloc(100_000, 'x');
    let leg: Peer | null = null;
    const answers = {
      PASV: `227 (${data.hostPort})`,
      RETR: (peer: Peer) => {
        peer.say('150 Here\r\n');
        void data.accept().then((accepted) => {
          leg = accepted;
          accepted.say(block);
        });
      },
      ABOR: (peer: Peer) => {
        leg?.socket.destroy();
        peer.say('426 Cut\r\n226 Aborted\r\n');
      },
    };
    const lines = [
      '< 220 R',
      '> PASV',
      '< 227 (1,2,3,4,5,6)',
      '> RETR a',
      '< 150 H',
      '> ABOR',
      '== part',
      '<2 426 C',
      '< 226 A',
    ];
    const session = recordedSession(lines);
    const exchanges = session.exchanges.map((one) =>
      one.transfer === null ? one : { ...one, transfer: { ...one.transfer, outcome: 'aborted' as const } },
    );
    const server = await startScriptedServer({ answers });
    const played = await playRecorded({ ...session, exchanges }, server.endpoint, lines, {});
    expect(played.stopped).toBeNull();
    expect(codes(played)).toEqual(['PASV 227', 'RETR 150 426', 'ABOR 226']);
  });
});

describe("a port that is not the client's own", () => {
  const lines = (reply: string) => [...LOGIN, '> EPRT |1|192.0.2.9|5000|', `< ${reply}`, '> PWD', '< 257 "/"'];
  const names = { EPRT: '500 Illegal EPRT command', PORT: '500 No', PWD: '257 "/"' };

  test('is named as it was, to a server that refuses it', async () => {
    const { played, heard } = await play(lines('500 Illegal EPRT command'), { answers: names }, { captured: true });
    expect(heard).toEqual(['USER me', 'PASS x', 'EPRT |1|192.0.2.9|5000|', 'PWD', 'QUIT']);
    expect(played.notes).toEqual([
      {
        exchange: 3,
        text: 'sent as recorded, although it names a foreign address: --mend names a port of our own',
        substitutes: false,
      },
    ]);
  });

  test('and is our own here, is said to be that', async () => {
    const asRecorded = lines('500 No').map((line) => line.replace('192.0.2.9', '127.0.0.1'));
    const session = { ...recordedSession(asRecorded), relayed: false };
    const elsewhere = { ...session, client: { address: '192.0.2.1', port: 5000 } };
    const server = await startScriptedServer({ answers: names });
    const { notes } = await playRecorded(elsewhere, server.endpoint, asRecorded, {});
    expect(notes.map(({ text }) => text)).toEqual([
      'sent as recorded, although it names a foreign address: here it is our own, so reach the server by another address to reproduce it',
    ]);
  });

  test('leads no data elsewhere, where the server would take it', async () => {
    const moved = ['> LIST', '< 425 No connection', '> PASV', '< 502 No', '> LIST', '< 425 None', '> SYST', '< 215 U'];
    const answers = { EPRT: '200 Ok', PASV: '502 No', LIST: '150 Here', SYST: '215 U', PWD: '257 "/"' };
    const { played, heard } = await play([...lines('200 Ok'), ...moved], { answers }, { captured: true });
    expect(heard).toEqual(['USER me', 'PASS x', 'EPRT |1|192.0.2.9|5000|', 'PWD', 'PASV', 'SYST', 'QUIT']);
    expect(played.skipped.map(({ exchange, why }) => `${exchange.line}: ${why}`)).toEqual(
      Array(2).fill('LIST: the server would connect elsewhere for it, not to us'),
    );
  });

  test.each([
    ['mended', { captured: true, mend: true }],
    ['in another mode', { captured: true, mode: 'active' }],
    ['relayed by a proxy, which named another', {}],
  ] as const)('%s', async (_how, manner) => {
    const { heard } = await play(lines('200 Ok'), { answers: { ...names, EPRT: '200 Ok' } }, manner);
    expect(heard[2]).toMatch(/^EPRT \|1\|127\.0\.0\.1\|/);
  });
});

describe('logins that the recording lacks', () => {
  const middle = ['> PWD', '< 257 "/"'];
  const answers = { PWD: '257 "/"' };

  test('a recording that begins in mid-session logs in first, behind the greeting', async () => {
    const { played, heard } = await play(middle, { answers }, { user: 'me', password: 'sesame' });
    expect(heard).toEqual(['USER me', 'PASS sesame', 'PWD', 'QUIT']);
    expect(played.notes.map(({ text }) => text)).toEqual(['the recording begins in mid-session: logged in first']);
  });

  test('without --user it says so', async () => {
    const { played, heard } = await play(middle, { answers });
    expect(heard).toEqual(['PWD', 'QUIT']);
    expect(played.notes[0]?.text).toBe('the recording begins in mid-session: --user logs in first');
  });

  test.each([
    ['331 P', null, 'the server asks for a password: give one with --password'],
    ['530 No', 'sesame', 'the server refuses USER me: 530 No'],
  ])('that do not succeed: %s', async (reply, password, why) => {
    const { played, heard } = await play(middle, { answers: { USER: reply } }, { user: 'me', password });
    expect([heard, played.stopped]).toEqual([['USER me', 'QUIT'], { exchange: null, why }]);
  });

  test('a password that is refused is not shown', async () => {
    const refusing = { PASS: '530 sesame is wrong' };
    const { played } = await play(middle, { answers: refusing }, { user: 'me', password: 'sesame' });
    expect(played.stopped?.why).toBe('the server refuses PASS: 530 **** is wrong');
  });

  test('a password that the recorded server did not ask for', async () => {
    const lines = ['< 220 R', '> USER ftp', '< 230 W', ...middle];
    const { played, heard } = await play(lines, { answers }, { password: 'sesame' });
    expect(heard).toEqual(['USER ftp', 'PASS sesame', 'PWD', 'QUIT']);
    expect(codes(played)).toEqual(['USER 331 230', 'PWD 257']);
    expect([...played.translated]).toEqual([1]);
    expect(played.notes).toMatchObject([{ exchange: 1, substitutes: true }]);
    const without = await play(lines, { answers });
    expect(without.played.stopped).toEqual({
      exchange: 1,
      why: 'the server asks for a password: give one with --password',
    });
  });
});

test('no recorded pause is longer than --max-pause', async () => {
  const session = recordedSession([...LOGIN, '> PWD', '< 257 "/"']);
  const [first, ...rest] = session.exchanges;
  if (first === undefined) throw new Error('no exchange');
  const waiting = { ...session, exchanges: [{ ...first, pauseMs: 3_600_000 }, ...rest] };
  const server = await startScriptedServer({ answers: { PWD: '257 "/"' } });
  const played = await playRecorded(waiting, server.endpoint, [], { speed: 1, maxPauseMs: 20 });
  expect(codes(played)).toEqual(['USER 331', 'PASS 230', 'PWD 257']);
});
