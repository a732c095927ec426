// Data connections are tied to the command that announced them and to the transfer that they carried.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../src/dialogue/observation.js';
import { CLIENT, inShort, of, PlayedCapture, type PlayedConnection, SERVER } from './played-capture.js';

const HELLO = createHash('sha256').update('hello').digest('hex');

function greeted(capture: PlayedCapture, port?: number): PlayedConnection {
  return capture.control(port).server('220 ready').client('USER ann').server('230 in');
}

/** A session in which one transfer was asked for; `data` plays its connection. */
async function passive(
  play: (control: PlayedConnection, capture: PlayedCapture) => void,
): Promise<{ short: string[]; told: Observation[] }> {
  const capture = new PlayedCapture();
  const control = greeted(capture);
  control.client('PASV').server('227 Entering Passive Mode (10,2,0,7,195,80).');
  play(control, capture);
  control.client('QUIT').server('221 bye').closes('responder');
  const told = await capture.ends();
  const short = told.map(inShort);
  return { told, short: short.slice(short.indexOf('C PASV') + 2, short.indexOf('C QUIT')) };
}

describe('a passive transfer', () => {
  test('is told with both ends, size, time and sum', async () => {
    const { told } = await passive((control, capture) => {
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a.txt').server('150 here it comes');
      data.sends('responder', 'hel').sends('responder', 'lo').closes('responder');
      control.server('226 done');
    });
    expect(of(told, 'link-closed')).toMatchObject([
      {
        link: 1,
        client: { mode: 'passive', local: null, remote: { address: CLIENT, port: 41_000 } },
        server: { mode: 'passive', local: null, remote: { address: SERVER, port: 50_000 } },
        verb: 'RETR',
        path: 'a.txt',
        direction: 'download',
        bytes: 5,
        durationMs: 4,
        outcome: 'complete',
        reason: null,
        sha256: HELLO,
      },
    ]);
    expect(of(told, 'session-closed')).toMatchObject([
      { by: 'client', reason: 'QUIT', bytesDown: 5, bytesUp: 0, links: 1 },
    ]);
  });

  test('that a 3yz declines is refused, and its port serves the next', async () => {
    const { short } = await passive((control, capture) => {
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a.txt').server('314 say more').client('RETR b.txt').server('150 here it comes');
      data.sends('responder', 'hello').closes('responder');
      control.server('226 done');
    });
    expect(short.filter((line) => line.startsWith('link 1 R'))).toEqual(['link 1 RETR b.txt 5 complete']);
  });

  test('whose last reply is a 1yz behind the end of its data: the next keeps its replies', async () => {
    const { told } = await passive((control, capture) => {
      const first = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a.txt').server('150 here it comes');
      first.sends('responder', 'he').ends('initiator', 'reset');
      control.server('150 The data connection was broken');
      control.client('PASV').server('227 Entering Passive Mode (10,2,0,7,195,81).');
      const second = capture.opens(`${CLIENT}:41001`, `${SERVER}:50001`);
      control.client('RETR b.txt').server('150 here it comes');
      second.sends('responder', 'hello').closes('responder');
      control.server('226 done');
    });
    const links = of(told, 'link-closed').map(({ link, path, outcome }) => `${link} ${path} ${outcome}`);
    expect(links).toEqual(['1 a.txt failed', '2 b.txt complete']);
    expect(of(told, 'reply').at(-2)).toMatchObject({ code: 226, answers: 5 });
  });

  test('whose last reply is a 1yz, where no data was captured: the next keeps its replies', async () => {
    const { told } = await passive((control) => {
      control.client('RETR a.txt').server('150 here it comes', '150 The data connection was broken');
      control.client('PASV').server('227 Entering Passive Mode (10,2,0,7,195,81).');
      control.client('RETR b.txt').server('150 here it comes', '226 done');
    });
    expect(of(told, 'reply').at(-2)).toMatchObject({ code: 226, answers: 5 });
    expect(of(told, 'link-closed').map(({ path, cause }) => [path, cause])).toEqual([
      ['a.txt', 'no-final-reply'],
      ['b.txt', 'missing-from-capture'],
    ]);
  });

  test('whose 226 was captured before the end of its data waits for that', async () => {
    const { short } = await passive((control, capture) => {
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a.txt').server('150 here it comes', '226 done');
      data.sends('responder', 'hello').closes('responder');
    });
    expect(short).toEqual([
      'link 1 passive',
      'C RETR a.txt',
      'link 1 transferring',
      'S 150 here it comes (3)',
      'S 226 done (3)',
      'link 1 RETR a.txt 5 complete',
    ]);
  });

  test('may have its connection after the 150', async () => {
    const { short } = await passive((control, capture) => {
      control.client('STOR b').server('150 send it');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('initiator', 'hello').closes();
      control.server('226 done');
    });
    expect(short.slice(-2)).toEqual(['S 226 done (3)', 'link 1 STOR b 5 complete']);
  });

  test('may have its connection captured before the 227', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PASV');
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
    control.server('227 Entering Passive Mode (10,2,0,7,195,80).').client('RETR a').server('150 ok');
    data.sends('responder', 'hello').closes('responder');
    control.server('226 done');
    expect(of(await capture.ends(), 'link-closed')).toMatchObject([{ outcome: 'complete', bytes: 5, sha256: HELLO }]);
  });

  test('is found where NAT changed the host in the 227', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PASV').server('227 Entering Passive Mode (192,168,1,1,195,80).');
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
    control.client('LIST').server('150 ok');
    data.sends('responder', 'hello').closes('responder');
    control.server('226 done');
    const told = await capture.ends();
    expect(of(told, 'link-closed')).toMatchObject([{ outcome: 'complete', bytes: 5, verb: 'LIST', path: '' }]);
    expect(of(told, 'violation')).toMatchObject([{ side: 'server', code: 'foreign-address' }]);
  });

  test('is found by time and peers where NAT changed the port, too', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PASV').server('227 Entering Passive Mode (192,168,1,1,195,80).');
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:33333`);
    control.client('RETR a').server('150 ok');
    data.sends('responder', 'hello').closes('responder');
    control.server('226 done');
    expect(of(await capture.ends(), 'link-closed')).toMatchObject([{ outcome: 'complete', bytes: 5, sha256: HELLO }]);
  });

  test('is said to be missing where the capture has no data connection', async () => {
    const { short } = await passive((control) => {
      control.client('RETR a').server('150 ok').server('226 done');
    });
    expect(short.at(-1)).toBe('link 1 RETR a 0 unseen: its data connection is not in the capture');
  });

  test('of which bytes are missing has no sum', async () => {
    const { told, short } = await passive((control, capture) => {
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a').server('150 ok');
      data.sends('responder', 'hel').loses('responder', 1000).sends('responder', 'lo').closes('responder');
      control.server('226 done');
    });
    expect(short).toContain('server gap 1000 link 1');
    expect(short.at(-1)).toBe('link 1 RETR a 5 complete: 1000 bytes are missing from the capture');
    expect(of(told, 'link-closed')[0]).not.toHaveProperty('sha256');
  });

  test('of a file that begins like TLS has one: its command was in the clear', async () => {
    const file = '\x16\x03\x01 of a file';
    const { told } = await passive((control, capture) => {
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a').server('150 ok');
      data.sends('responder', file).closes('responder');
      control.server('226 done');
    });
    const sha256 = createHash('sha256').update(file, 'latin1').digest('hex');
    expect(of(told, 'link-closed')).toMatchObject([{ outcome: 'complete', bytes: file.length, sha256 }]);
  });

  test('that was refused leaves its port for the next', async () => {
    const { short } = await passive((control, capture) => {
      control.client('RETR nothing').server('550 no such file').client('RETR a').server('150 ok');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'hello').closes('responder');
      control.server('226 done');
    });
    expect(short.at(-1)).toBe('link 1 RETR a 5 complete');
  });

  test('that failed after its 150 says what the server said', async () => {
    const { short } = await passive((control, capture) => {
      control.client('RETR a').server('150 ok');
      capture
        .opens(`${CLIENT}:41000`, `${SERVER}:50000`)
        .sends('responder', 'hello')
        .ends('initiator', 'reset')
        .falls('capture-end');
      control.server('426 broken pipe');
    });
    expect(short.at(-1)).toBe('link 1 RETR a 5 failed: 426 broken pipe');
  });

  test('may dial twice', async () => {
    const { short } = await passive((control, capture) => {
      control.client('RETR a');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).ends('responder', 'reset').falls('capture-end');
      capture.opens(`${CLIENT}:41001`, `${SERVER}:50000`).sends('responder', 'hello').closes('responder');
      control.server('150 ok', '226 done');
    });
    expect(short.at(-1)).toBe('link 1 RETR a 5 complete');
  });

  test('whose port is closed says so beside the 425', async () => {
    const { told } = await passive((control, capture) => {
      capture.dials(`${CLIENT}:41000`, `${SERVER}:50000`).ends('responder', 'reset').falls('capture-end');
      control.client('RETR a').server('425 No connection');
    });
    expect(of(told, 'link-closed').map(inShort)).toEqual([
      'link 1 RETR a 0 failed: 10.2.0.7:50000 refused the data connection; the server said 425 No connection',
    ]);
  });

  test.each([
    ['is closed', 'dials', 'reset', 'refused', '10.2.0.7:50000 refused the data connection'],
    ['does not answer', 'dials', null, 'timed-out', '10.2.0.7:50000 did not answer the data connection'],
    ['hangs up', 'opens', 'reset', 'reset', 'the data connection to 10.2.0.7:50000 was reset before its first byte'],
  ] as const)('whose port %s is not asked for, and that is told', async (_what, how, end, failure, reason) => {
    const { told } = await passive((_control, capture) => {
      const data = capture[how](`${CLIENT}:41000`, `${SERVER}:50000`);
      if (end !== null) data.ends('responder', end).falls('capture-end');
    });
    expect(of(told, 'link-closed').map(inShort)).toEqual([`link 1 unused: QUIT; ${reason}`]);
    expect(of(told, 'link-closed')).toMatchObject([{ failure }]);
  });

  test('whose connection stands unused is told as before', async () => {
    const { told } = await passive((_control, capture) => capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`));
    expect(of(told, 'link-closed').map(inShort)).toEqual(['link 1 unused: QUIT']);
  });

  test('that nobody could dial says what the server said', async () => {
    const { short } = await passive((control, capture) => {
      control.client('RETR a');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).ends('responder', 'reset').falls('capture-end');
      control.server('150 ok', '425 no connection');
    });
    expect(short.at(-1)).toBe('link 1 RETR a 0 failed: 425 no connection');
  });

  test('that the client aborted says so', async () => {
    const { short } = await passive((control, capture) => {
      control.client('RETR a').server('150 ok');
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'hello');
      control.sends('initiator', '\xff\xf4\xff\xf2ABOR\r\n');
      data.closes('responder');
      control.server('426 aborted', '226 ABOR done');
    });
    expect(short).toContain('link 1 RETR a 5 aborted: aborted by the client');
    expect(short).toContain('S 226 ABOR done (4)');
  });
});

describe('an active transfer', () => {
  test('is tied to its PORT', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PORT 10,1,0,2,195,80').server('200 ok').client('STOR up').server('150 ok');
    capture.opens(`${SERVER}:20`, `${CLIENT}:50000`).sends('responder', 'hello').closes('responder');
    control.server('226 done');
    expect(of(await capture.ends(), 'link-closed')).toMatchObject([
      {
        client: { mode: 'active', remote: { address: CLIENT, port: 50_000 } },
        server: { mode: 'active', remote: { address: SERVER, port: 20 } },
        verb: 'STOR',
        direction: 'upload',
        bytes: 5,
        outcome: 'complete',
      },
    ]);
  });

  test('is found where NAT changed the client behind it', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture)
      .client('PORT 192,168,0,9,195,80')
      .server('200 ok')
      .client('RETR a')
      .server('150 ok');
    capture.opens(`${SERVER}:20`, `${CLIENT}:50000`).sends('initiator', 'hello').closes();
    control.server('226 done');
    expect(of(await capture.ends(), 'link-closed')).toMatchObject([{ bytes: 5, outcome: 'complete' }]);
  });

  test('needs no port of its own where none was announced', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('RETR a').server('150 ok');
    capture.opens(`${SERVER}:20`, `${CLIENT}:40000`).sends('initiator', 'hello').closes();
    control.server('226 done');
    expect(of(await capture.ends(), 'link-closed')).toMatchObject([
      { client: { mode: 'active' }, bytes: 5, sha256: HELLO },
    ]);
  });

  test('is over with its PORT when the server refuses that', async () => {
    const capture = new PlayedCapture();
    greeted(capture).client('PORT 10,1,0,2,195,80').server('500 Illegal PORT');
    expect((await capture.ends()).map(inShort)).toContain('link 1 refused: 500 Illegal PORT');
  });
});

describe('several links', () => {
  test('announced one behind the other: the last counts', async () => {
    const { short } = await passive((control, capture) => {
      control.client('EPSV').server('229 ok (|||50001|)').client('RETR a').server('150 ok');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50001`).sends('responder', 'hello').closes('responder');
      control.server('226 done');
    });
    expect(short).toContain('link 1 unused: replaced by the next one');
    expect(short.at(-1)).toBe('link 2 RETR a 5 complete');
  });

  test('over one port again and again are told apart', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture);
    for (const name of ['a', 'b', 'c']) {
      control.client('EPSV').server('229 ok (|||50001|)').client(`RETR ${name}`).server('150 ok');
      capture.opens(`${CLIENT}:41000`, `${SERVER}:50001`).sends('responder', name.repeat(3)).closes('responder');
      control.server('226 done');
    }
    const closed = of(await capture.ends(), 'link-closed');
    expect(closed.map(({ link, path, bytes, outcome }) => `${link} ${path} ${bytes} ${outcome}`)).toEqual([
      '1 a 3 complete',
      '2 b 3 complete',
      '3 c 3 complete',
    ]);
  });

  test('asked for in one breath go to their transfers', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PASV', 'RETR a', 'PASV', 'RETR b');
    control.server('227 (10,2,0,7,195,80)').server('150 a');
    capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'aaa').closes('responder');
    control.server('226 a', '227 (10,2,0,7,195,81)', '150 b');
    capture.opens(`${CLIENT}:41001`, `${SERVER}:50001`).sends('responder', 'bb').closes('responder');
    control.server('226 b');
    const closed = of(await capture.ends(), 'link-closed');
    expect(closed.map(({ path, bytes, outcome }) => `${path} ${bytes} ${outcome}`)).toEqual([
      'a 3 complete',
      'b 2 complete',
    ]);
  });

  test('of two sessions between the same hosts go to the right one', async () => {
    const capture = new PlayedCapture();
    const one = greeted(capture, 40_000);
    const two = greeted(capture, 40_001);
    one.client('PASV').server('227 (10,2,0,7,195,80)').client('RETR one');
    two.client('PASV').server('227 (10,2,0,7,195,81)').client('RETR two');
    capture.opens(`${CLIENT}:41001`, `${SERVER}:50001`).sends('responder', '22').closes('responder');
    capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', '1').closes('responder');
    one.server('150 ok', '226 ok');
    two.server('150 ok', '226 ok');
    const closed = of(await capture.ends(), 'link-closed');
    expect(closed.map(({ session, path, bytes }) => `${session} ${path} ${bytes}`)).toEqual(['1 one 1', '2 two 2']);
  });
});

test('data that outlives the control connection keeps the session open', async () => {
  const capture = new PlayedCapture();
  const control = greeted(capture).client('PASV').server('227 (10,2,0,7,195,80)').client('RETR a').server('150 ok');
  const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'hel');
  control.closes();
  data.sends('responder', 'lo').closes('responder');
  const short = (await capture.ends()).map(inShort);
  expect(short.slice(-2)).toEqual([
    'link 1 RETR a 5 failed: no final reply to RETR; the client closed the connection',
    'closed by client: the client closed the connection',
  ]);
});

describe('what the capture lacks of a transfer', () => {
  test('its announcement and its replies: the data is tied by time', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().client('USER a', 'PASS b', 'EPSV');
    capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'hello').closes('responder');
    control.client('RETR a', 'QUIT').closes();
    expect((await capture.ends()).map(inShort)).toContain(
      'link 1 RETR a 5 complete: its final reply is missing from the capture',
    );
  });

  test('its command: the data is told all the same', async () => {
    const capture = new PlayedCapture();
    const control = capture.control().server('220 FTP', '331 x', '230 in', '229 ok (|||50000|)', '150 here');
    capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', 'hello').closes('responder');
    control.server('226 done', '229 ok (|||50001|)').closes('responder');
    const told = await capture.ends();
    expect(told.map(inShort)).toContain('link 1 complete: its command is missing from the capture');
    expect(of(told, 'link-closed')[0]).toMatchObject({ bytes: 5, sha256: HELLO, verb: null });
    expect(of(told, 'violation')).toEqual([]);
  });

  test('the reply to a PASV that was overtaken by a PORT', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('PASV').client('PORT 10,1,0,2,195,80').client('RETR a');
    capture.opens(`${SERVER}:20`, `${CLIENT}:50000`).sends('initiator', 'hello').closes();
    control.loses('responder', 80).server('226 done');
    expect((await capture.ends()).map(inShort)).toContain('link 1 RETR a 5 complete');
  });

  test('everything, on one host: nothing is guessed', async () => {
    const capture = new PlayedCapture();
    const control = capture
      .opens('127.0.0.1:40000', '127.0.0.1:21')
      .server('220 FTP')
      .client('USER a')
      .server('230 in');
    capture.opens('127.0.0.1:41000', '127.0.0.1:50000').sends('responder', 'hello').closes('responder');
    control.client('RETR a').server('150 ok', '226 done');
    expect(of(await capture.ends(), 'link-opened')).toEqual([]);
  });
});

describe('a data connection that does not come about', () => {
  const dialled = (port: number) => [`${CLIENT}:41000`, `${SERVER}:${port}`] as const;

  test('is told of where nobody answers, whoever gives up', async () => {
    const { told } = await passive((control, capture) => {
      control.client('RETR a');
      capture.dials(...dialled(50_000));
      control.closes();
    });
    expect(told.map(inShort)).toContain(
      'link 1 RETR a 0 failed: the client closed the connection; 10.2.0.7:50000 did not answer the data connection',
    );
  });

  test('does not hold up the end of its session', async () => {
    const capture = new PlayedCapture();
    const control = greeted(capture).client('EPSV').server('229 (|||50000|)').client('RETR a');
    capture.dials(...dialled(50_000));
    control.closes();
    expect((await capture.told()).map(inShort).at(-1)).toBe('closed by client: the client closed the connection');
  });

  test('is forgotten when the next attempt succeeds', async () => {
    const { told } = await passive((control, capture) => {
      control.client('RETR a');
      capture
        .dials(...dialled(50_000))
        .ends('responder', 'reset')
        .falls('capture-end');
      const data = capture.opens(...dialled(50_000));
      control.server('150 ok');
      data.sends('responder', 'hello').closes('responder');
      control.server('226 done');
    });
    expect(told.map(inShort)).toContain('link 1 RETR a 5 complete');
  });

  test('and one that came about and was not used', async () => {
    const { told } = await passive((_control, capture) => {
      capture.opens(...dialled(50_000));
    });
    expect(told.map(inShort)).toContain('link 1 unused: QUIT');
  });
});

describe('a size that the server names', () => {
  const download = async (asked: readonly string[], said: string, bytes: number) => {
    const { told } = await passive((control, capture) => {
      for (const command of asked) {
        control
          .client(command)
          .server(command.startsWith('SIZE') ? '213 2000' : command.startsWith('REST') ? '350 on' : '200 ok');
      }
      const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      control.client('RETR a.txt').server(said);
      data.sends('responder', 'x'.repeat(bytes)).closes('responder');
      control.server('226 done');
    });
    return of(told, 'link-closed').map(({ reason }) => reason);
  };

  test.each([
    ['in its 150', [], '150 Opening BINARY mode data connection for a.txt (2000 bytes).', 560],
    ['as the SIZE of the file', ['SIZE a.txt'], '150 ok', 560],
  ])('%s, and that did not come, is missed', async (_, asked, said, bytes) => {
    expect(await download(asked, said, bytes)).toEqual(['1,440 bytes fewer than announced']);
  });

  test.each([
    ['came', ['SIZE a.txt'], 2000],
    ['is that of another file', ['SIZE b.txt'], 5],
    ['is that of the whole file, of which a part is asked for', ['SIZE a.txt', 'REST 1000'], 1000],
    ['is that of what is compressed on its way', ['SIZE a.txt', 'MODE Z'], 100],
  ])('and that %s is no fault', async (_, asked, bytes) => {
    expect(await download(asked, '150 ok', bytes)).toEqual([null]);
  });
});

test('thousands of links that wait for one port are found as fast as few', async () => {
  const cost = async (sessions: number) => {
    const capture = new PlayedCapture();
    const controls = Array.from({ length: sessions }, (_, index) => {
      const client = `10.9.${index >> 8}.${index & 255}`;
      return { client, control: capture.opens(`${client}:40000`, `${SERVER}:21`) };
    });
    for (const { control } of controls) control.server('220 FTP').client('EPSV').server('229 (|||50000|)');
    for (const { control } of controls) control.client('RETR a').server('150 ok');
    const data = controls.map(({ client }) => capture.opens(`${client}:41000`, `${SERVER}:50000`));
    for (const one of data) one.sends('responder', 'hello').closes('responder');
    for (const { control } of controls) control.server('226 done').closes();
    const before = process.cpuUsage();
    const told = await capture.ends();
    const { user } = process.cpuUsage(before);
    expect(of(told, 'link-closed').filter(({ bytes }) => bytes === 5)).toHaveLength(sessions);
    return user;
  };
  await cost(300);
  const few = Math.min(await cost(300), await cost(300));
  // Eight times as many take eight times as long; each compared with each took 64 times.
  expect(await cost(2400)).toBeLessThan(few * 32);
}, 60_000);
