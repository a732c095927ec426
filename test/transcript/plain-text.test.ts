// The plain transcript as people see it: whole sessions, line for line.
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { PlainText } from '../../src/transcript/plain-text.js';
import { localTime, utcTime } from '../../src/words/times.js';
import { command, endpoint, NOON, ONE_OF_EACH, observed, reply } from './observations.js';

interface Asked {
  readonly verbose?: boolean;
  readonly colour?: boolean;
}

function printed(observations: readonly Observation[], { verbose = false, colour = false }: Asked = {}): string[] {
  const plain = new PlainText({ colour, verbose, clock: utcTime });
  return [...observations.flatMap((observation) => plain.lines(observation)), ...plain.rest()];
}

/** Lines without time and session. */
function told(observations: readonly Observation[], asked: Asked = {}): string[] {
  return printed(observations, asked).map((line) => line.slice('12:00:00.000  #1  '.length));
}

const leg = { mode: 'passive', local: endpoint('127.0.0.1', 40000), remote: null } as const;
const passive = { client: leg, server: leg };

test('a whole session reads like a conversation', () => {
  const session: readonly Observation[] = [
    observed('session-opened', { at: NOON + 207 }),
    observed('server-connected', { at: NOON + 240 }),
    { ...reply('220 ProFTPD Server ready', null), at: NOON + 259, latencyMs: 52 } as Observation,
    { ...command('USER anna', 1), at: NOON + 261 },
    { ...reply('331 Password required for anna', 1), at: NOON + 262 },
    { ...command('PASS ****', 2), at: NOON + 263 },
    { ...reply('230 Welcome', 2), at: NOON + 290 },
    { ...command('PASV', 3), at: NOON + 301 },
    { ...reply('227 Entering Passive Mode (10,0,0,7,195,81).', 3), at: NOON + 303 },
    observed('link-opened', { at: NOON + 303, ...passive }),
    observed('rewrite', { at: NOON + 303 }),
    { ...command('RETR report.pdf', 4), at: NOON + 304 },
    { ...reply('150 Opening BINARY mode data connection', 4), at: NOON + 305 },
    observed('link-progress', { at: NOON + 306, ...passive }),
    observed('link-closed', {
      at: NOON + 390,
      ...passive,
      verb: 'RETR',
      path: 'report.pdf',
      direction: 'download',
      bytes: 1_234_567,
      durationMs: 84,
    }),
    { ...reply('226 Transfer complete', 4), at: NOON + 391 },
    { ...command('QUIT', 5), at: NOON + 400 },
    { ...reply('221 Goodbye', 5), at: NOON + 401 },
    observed('session-closed', { at: NOON + 402, durationMs: 195, commands: 5, links: 1, bytesDown: 1_234_567 }),
  ];
  expect(printed(session)).toEqual([
    '12:00:00.207  #1  127.0.0.1:51514 -> ftp.example.com:21   session opened',
    '12:00:00.259  #1  <- 220 ProFTPD Server ready                                 52 ms',
    '12:00:00.261  #1  -> USER anna',
    '12:00:00.262  #1  <- 331 Password required for anna                            1 ms',
    '12:00:00.263  #1  -> PASS ****',
    '12:00:00.290  #1  <- 230 Welcome                                               1 ms',
    '12:00:00.301  #1  -> PASV                                                    client asks the server to listen',
    '12:00:00.303  #1  <- 227 Entering Passive Mode (10,0,0,7,195,81).              1 ms   server listens at 10.0.0.7:50001, given to the client as 127.0.0.1:40000',
    '12:00:00.304  #1  -> RETR report.pdf',
    '12:00:00.305  #1  <- 150 Opening BINARY mode data connection                   1 ms',
    '12:00:00.390  #1  == RETR report.pdf   passive/passive   1.2 MiB in 84 ms, 14 MiB/s   complete',
    '12:00:00.391  #1  <- 226 Transfer complete                                     1 ms',
    '12:00:00.400  #1  -> QUIT',
    '12:00:00.401  #1  <- 221 Goodbye                                               1 ms',
    '12:00:00.402  #1  session closed by the client: QUIT   195 ms, 5 commands, 1 data link, 1.2 MiB down, 0 B up',
  ]);
});

test('a server that was never reached has closed nothing', () => {
  const reason = 'cannot reach the server ftp.example.com:21: connection refused';
  const [line] = printed([observed('session-closed', { by: 'server', cause: 'unreachable', reason })]);
  expect(line).toContain(`#1  session ended: ${reason}   `);
});

describe('commands', () => {
  test('of the proxy itself say so', () => {
    const asked = (line: string, number: number) => ({ ...command(line, number), by: 'proxy' as const });
    expect(told([asked('AUTH TLS', 1), asked('PBSZ 0', 2), asked('NOOP', 3)])).toEqual([
      '-> AUTH TLS                                                proxy asks for encryption',
      '-> PBSZ 0                                                  protection buffer size, asked by the proxy',
      '-> NOOP                                                    asked by the proxy',
    ]);
  });
});

describe('replies', () => {
  test('of several lines stand below each other, as they came', () => {
    expect(told([command('FEAT'), reply(['211-Features:', ' UTF8', '', '211', '211 End'])])).toEqual([
      '-> FEAT',
      '<- 211-Features:                                             1 ms',
      '    UTF8',
      '',
      '   211',
      '   211 End',
    ]);
  });

  test('that were cut say by how much', () => {
    const cut = observed('reply', { code: 213, lines: ['213-Status', '213 End'], omittedLines: 1200 });
    expect(told([command('STAT'), cut]).at(-1)).toBe('   [and 1200 more lines]');
  });

  test('that answer none bear no latency', () => {
    const unasked = observed('reply', { code: 421, lines: ['421 Timeout.'], answers: null, latencyMs: null });
    expect(told([unasked])).toEqual(['<- 421 Timeout.']);
  });

  test('from the proxy say so', () => {
    const own = observed('reply', { code: 502, lines: ['502 Not here'], by: 'proxy' });
    expect(told([command('AUTH TLS'), own])).toEqual([
      '-> AUTH TLS                                                client asks for encryption',
      '<- 502 Not here                                              1 ms   from the proxy itself',
    ]);
  });

  test('in words that are often misread say what is meant', () => {
    expect(told([command('AUTH TLS', 1), reply('530 Please login with USER and PASS.', 1)]).at(-1)).toBe(
      '<- 530 Please login with USER and PASS.                      1 ms   not about the login: vsftpd with no TLS answers AUTH so',
    );
  });

  test('in words that are often misread say what is meant', () => {
    expect(told([command('AUTH TLS', 1), reply('530 Please login with USER and PASS.', 1)]).at(-1)).toBe(
      '<- 530 Please login with USER and PASS.                      1 ms   not about the login: vsftpd with no TLS answers AUTH so',
    );
  });

  test('out of turn say what they answer', () => {
    const pipelined = [command('RETR a', 1), command('NOOP', 2), reply('226 Done', 1), reply('200 OK', 2)];
    expect(told(pipelined).slice(2)).toEqual([
      '<- 226 Done                                                  1 ms   answers RETR',
      '<- 200 OK                                                    1 ms',
    ]);
  });

  test('to commands long ago give the number', () => {
    const many = Array.from({ length: 100 }, (_, index) => command('NOOP', index + 1));
    expect(told([...many, reply('200 OK', 1)]).at(-1)).toContain('answers command 1');
  });
});

describe('what verbs mean', () => {
  test.each([
    ['EPSV', '-> EPSV', 'client asks the server to listen'],
    ['EPSV ALL', '-> EPSV ALL', 'client will use EPSV and nothing else'],
    ['REST 100', '-> REST 100', 'next transfer starts in the middle'],
    ['lprt 6,16', '-> lprt 6,16', 'client listens (long address)'],
  ])('%s is explained', (line, start, meaning) => {
    expect(told([command(line)])).toEqual([`${start.padEnd(59)}${meaning}`]);
  });

  test.each(['USER anna', 'CWD /pub', 'LIST', 'XYZZY'])('%s speaks for itself', (line) => {
    expect(told([command(line)])).toEqual([`-> ${line}`]);
  });

  test('all are explained when verbose', () => {
    expect(told([command('CWD /pub'), command('XYZZY')], { verbose: true })).toEqual([
      '-> CWD /pub                                                change directory',
      '-> XYZZY                                                   not in the table of verbs',
    ]);
  });
});

describe('rewrites', () => {
  const rewrite = observed('rewrite', { why: 'the server named another host than its own; 192.0.2.7 is used' });
  const elsewhere = { ...rewrite, used: endpoint('192.0.2.7', 50001) };
  const active = observed('rewrite', {
    what: 'PORT',
    announced: endpoint('127.0.0.1', 51221),
    used: endpoint('127.0.0.1', 51221),
    given: endpoint('10.0.0.2', 40001),
  });
  const pasv = reply('227 (10,0,0,7,195,81)');

  test('stand on the line of their reply', () => {
    expect(told([pasv, rewrite])).toEqual([
      '<- 227 (10,0,0,7,195,81)                                     1 ms   server listens at 10.0.0.7:50001, given to the client as 127.0.0.1:40000',
    ]);
  });

  test('say why another host is used', () => {
    expect(told([pasv, elsewhere])[0]).toMatch(
      /as 127\.0\.0\.1:40000 \(the server named another host .*192\.0\.2\.7 is used\)$/,
    );
  });

  test('stand on the line of their command', () => {
    expect(told([command('PORT 127,0,0,1,200,21'), active])).toEqual([
      '-> PORT 127,0,0,1,200,21                                   client listens at 127.0.0.1:51221, given to the server as 10.0.0.2:40001',
    ]);
  });

  test('that turn PORT into EPRT stand there too, with IPv6 in brackets', () => {
    const extended = { ...active, what: 'EPRT' as const, given: endpoint('2001:db8::2', 40001) };
    const [line] = told([command('PORT 127,0,0,1,200,21'), extended]);
    expect(line).toContain('given to the server as [2001:db8::2]:40001');
  });

  test('find their line behind the news of links that come in between', () => {
    const unused = observed('link-closed', { ...passive, outcome: 'unused', reason: 'replaced by the next one' });
    const opened = observed('link-opened', { link: 2 });
    const lines = told([pasv, unused, opened, rewrite], { verbose: true });
    expect(lines[0]).toMatch(/^<- 227 .* given to the client as/);
    expect(lines[1]).toBe('== no transfer   passive/passive   unused: replaced by the next one');
    expect(lines[2]).toMatch(/^-- link 2 opened/);
  });

  test('that come late have a line of their own', () => {
    const lines = told([pasv, command('LIST', 2), rewrite]);
    expect(lines.map((line) => line.slice(0, 7))).toEqual(['<- 227 ', '-> LIST', '-- 227:']);
    expect(lines[2]).toBe('-- 227: server listens at 10.0.0.7:50001, given to the client as 127.0.0.1:40000');
  });

  test('that never come hold nothing back', () => {
    const refused = observed('violation', { code: 'foreign-address', detail: 'foreign', action: 'answered 500' });
    expect(told([command('PORT 9,9,9,9,0,80'), refused])).toHaveLength(2);
    expect(told([command('PORT 9,9,9,9,0,80')])).toHaveLength(1);
    expect(told([pasv, observed('session-closed')])).toHaveLength(2);
  });

  test('are not waited for in a capture: there is no proxy in it', () => {
    const plain = new PlainText({ colour: false, verbose: false, clock: utcTime });
    plain.lines(observed('session-opened', { how: 'capture' }));
    expect(plain.lines(pasv)).toHaveLength(1);
    expect(plain.lines(command('PORT 127,0,0,1,200,10', 2))).toHaveLength(1);
  });

  test('a flood of news of links frees the held line', () => {
    const plain = new PlainText({ colour: false, verbose: true, clock: utcTime });
    const news = [1, 2, 3, 4, 5].map((link) => observed('link-progress', { link }));
    const lines = [pasv, ...news].flatMap((observation) => plain.lines(observation));
    expect(lines).toHaveLength(6);
  });

  test('of one session leave the lines of another alone', () => {
    const other = { ...command('NOOP'), session: 2 };
    const lines = printed([pasv, other, rewrite]);
    expect(lines[0]).toContain('#2  -> NOOP');
    expect(lines[1]).toMatch(/#1 {2}<- 227 .*given to the client as/);
  });
});

describe('links', () => {
  const closed = { ...passive, verb: 'STOR', path: 'b\xc3\xbccher.txt', bytes: 0 } as const;

  test.each([
    [{ durationMs: 2 }, '== STOR bücher.txt   passive/passive   0 B in 2 ms   complete'],
    [
      { outcome: 'failed', reason: 'connection reset', durationMs: 1000, bytes: 2048 },
      '== STOR bücher.txt   passive/passive   2 KiB in 1 s, 2 KiB/s   failed: connection reset',
    ],
    [
      { durationMs: 2, payload: '0001-0001-STOR-b_cher.txt', sha256: 'abc' },
      '== STOR bücher.txt   passive/passive   0 B in 2 ms   complete   kept as 0001-0001-STOR-b_cher.txt',
    ],
    [{ verb: 'LIST', path: '', durationMs: 2 }, '== LIST   passive/passive   0 B in 2 ms   complete'],
  ] as const)('%j', (body, line) => {
    expect(told([observed('link-closed', { ...closed, ...body })])).toEqual([line]);
  });

  test('that were refused are told when verbose: their reply has said it already', () => {
    const refused = observed('link-closed', { ...closed, outcome: 'refused', reason: '550 No such file' });
    expect(told([refused])).toEqual([]);
    expect(told([refused], { verbose: true })).toEqual([
      '== STOR bücher.txt   passive/passive   refused: 550 No such file',
    ]);
  });

  test('a transfer that stands still is shown once, when verbose', () => {
    const progress = (bytes: number) => observed('link-progress', { ...passive, bytes, state: 'transferring' });
    const lines = told([0, 0, 0, 2048, 2048, 4096].map(progress), { verbose: true });
    expect(lines.map((line) => line.split('   ').slice(0, 2))).toEqual([
      ['-- link 1 transferring', 'client leg passive, proxy 127.0.0.1:40000, client not yet'],
      ['-- link 1 transferring', '2 KiB so far'],
      ['-- link 1 transferring', '4 KiB so far'],
    ]);
  });

  test('are told in more detail when verbose', () => {
    const remote = endpoint('127.0.0.1', 51600);
    const connected = { ...leg, remote };
    expect(
      told(
        [
          observed('link-opened', { ...passive }),
          observed('link-progress', { ...passive, client: connected, state: 'connecting' }),
          observed('link-progress', { ...passive, bytes: 2048, state: 'transferring' }),
          observed('link-closed', { ...passive, sha256: 'abc' }),
        ],
        { verbose: true },
      ),
    ).toEqual([
      '-- link 1 opened   client leg passive, proxy 127.0.0.1:40000, client not yet   server leg passive, proxy 127.0.0.1:40000, server not yet',
      '-- link 1 connecting   client leg passive, proxy 127.0.0.1:40000, client 127.0.0.1:51600   server leg passive, proxy 127.0.0.1:40000, server not yet',
      '-- link 1 transferring   2 KiB so far',
      '== no transfer   passive/passive   complete   sha256 abc',
    ]);
  });

  test('of a capture tells of no proxy', () => {
    const client = { mode: 'passive', local: null, remote: null } as const;
    const server = { ...client, remote: endpoint('10.0.0.7', 50_001) };
    expect(told([observed('link-opened', { client, server })], { verbose: true })).toEqual([
      '-- link 1 opened   passive, client not yet, server 10.0.0.7:50001',
    ]);
  });
});

describe('trouble', () => {
  test('what a capture lacks is told with whose it is and where', () => {
    expect(told([observed('gap'), observed('gap', { side: 'client', link: 2, bytes: 4096 })])).toEqual([
      '!! 100 B from the server on the control connection are missing from the capture',
      '!! 4 KiB from the client on data link 2 are missing from the capture',
    ]);
  });

  test('a server that the client names itself', () => {
    expect(told([observed('session-opened', { server: null, how: 'forward' }), observed('server-chosen')])).toEqual([
      '127.0.0.1:51514   session opened (forward)',
      'client asks for the server ftp.example.com:21',
    ]);
  });

  test('violations say what happened, what was done, and whose they are', () => {
    expect(told([observed('violation')])).toEqual([
      '!! what happened; what was done                            client, not-ftp',
    ]);
  });

  test('noise is shown as what it is', () => {
    const noise = [
      observed('noise', { from: 'client', what: 'telnet', line: '\xff\xf4\xff' }),
      observed('noise', { from: 'server', what: 'line', line: 'SSH-2.0-OpenSSH_9.2' }),
    ];
    expect(told(noise)).toEqual([
      '?? Telnet interrupt from the client: \\xff\\xf4\\xff',
      '?? from the server, no FTP: SSH-2.0-OpenSSH_9.2',
    ]);
  });
});

test('a client that a load balancer brought', () => {
  expect(told([observed('session-opened', { via: endpoint('10.0.0.9', 4000) })])).toEqual([
    '127.0.0.1:51514 -> ftp.example.com:21   session opened, brought by 10.0.0.9:4000',
  ]);
});

describe('text from the wire', () => {
  const nasty = 'x\x1b[2J\x1b]0;owned\x07\r\n\0\x9b31m\u202e';

  test('never steers the terminal, wherever it stands', () => {
    const everywhere: readonly Observation[] = [
      command(`RETR ${nasty}`),
      reply([`220-${nasty}`, `220 ${nasty}`]),
      observed('noise', { line: nasty }),
      observed('rewrite', { why: nasty, used: endpoint(nasty, 1) }),
      observed('session-opened', { server: endpoint(nasty, 21) }),
      observed('link-closed', { verb: nasty, path: nasty, reason: nasty, payload: nasty, sha256: nasty }),
      observed('violation', { detail: nasty, action: nasty }),
      observed('session-closed', { reason: nasty }),
    ];
    for (const line of printed(everywhere, { verbose: true })) expect(line).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
  });

  test('is read as UTF-8 where it is that, and byte by byte where it is not', () => {
    expect(told([command('RETR b\xc3\xbccher'), command('RETR b\xfccher', 2)])).toEqual([
      '-> RETR bücher',
      '-> RETR b\\xfccher',
    ]);
  });

  test('is cut when it is very long, and says by how much', () => {
    const [line = ''] = told([command(`RETR ${'x'.repeat(16_000)}`)]);
    expect(line).toMatch(/^-> RETR x{395} \[and 15605 more characters\]$/);
  });

  test('is not cut in the middle of a character', () => {
    const smile = '\xf0\x9f\x98\x80';
    const [line = ''] = told([command(`RETR ${'x'.repeat(394)}${smile.repeat(10)}`)]);
    expect(line).toMatch(/x \[and 20 more characters\]$/);
  });
});

describe('columns', () => {
  test('widen for sessions of more digits, and stay wide', () => {
    const lines = [9, 1234, 9].map((session) => ({ ...command('NOOP'), session }));
    expect(printed(lines).map((line) => line.slice(14))).toEqual(['#9  -> NOOP', '#1234 -> NOOP', '#9    -> NOOP']);
  });

  test('a new day is told once', () => {
    const days = [0, 1000, 43_200_000, 43_201_000].map((ms) => ({ ...command('NOOP'), at: NOON + ms }));
    expect(printed(days).map((line) => line.slice(0, 13))).toEqual([
      '12:00:00.000 ',
      '12:00:01.000 ',
      '-- 2025-11-23',
      '00:00:00.000 ',
      '00:00:01.000 ',
    ]);
  });

  test('times are those of the place', () => {
    const parts = new Date(NOON);
    const hours = String(parts.getHours()).padStart(2, '0');
    expect(localTime(NOON + 7.9)).toContain(`T${hours}:`);
    expect(utcTime(NOON + 7.9)).toBe('2025-11-22T12:00:00.007');
  });
});

describe('colours', () => {
  test.each([
    ['150 Here it comes', '2'],
    ['226 Done', '32'],
    ['331 Password', '36'],
    ['450 Later', '33'],
    ['550 No', '31'],
  ])('%s', (line, parameters) => {
    expect(printed([reply(line)], { colour: true })[0]).toContain(`\x1b[${parameters}m<- ${line}\x1b[0m`);
  });

  test('set off links that went well from those that did not', () => {
    const links = (['complete', 'refused', 'aborted', 'failed', 'unused'] as const).map((outcome) =>
      observed('link-closed', { outcome }),
    );
    const inks = printed(links, { colour: true, verbose: true }).map((line) => /([\d;]+)m==/.exec(line)?.[1]);
    expect(inks).toEqual(['1;32', '1;33', '1;33', '1;33', '2']);
  });

  test('change nothing but the colours', () => {
    const coloured = printed(ONE_OF_EACH, { colour: true, verbose: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken away.
    expect(coloured.map((line) => line.replace(/\x1b\[[\d;]*m/g, ''))).toEqual(printed(ONE_OF_EACH, { verbose: true }));
  });

  test('are absent when not asked for', () => {
    expect(printed(ONE_OF_EACH, { verbose: true }).join('')).not.toContain('\x1b');
  });
});

describe('what a recording says, whoever made it', () => {
  const HOSTILE = 'x\x1b[2J\x9b2J\u202e';

  /** The same, with hostile text wherever text may stand that is no word of ours. */
  function hostile(value: unknown, key = ''): unknown {
    const isFixed = ['kind', 'how', 'what', 'by', 'from', 'side', 'mode', 'state', 'outcome', 'direction', 'leg'];
    if (typeof value === 'string') return isFixed.includes(key) ? value : HOSTILE;
    if (Array.isArray(value)) return value.map((one) => hostile(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, hostile(field, name)]));
  }

  const certificate = { subject: '', issuer: '', names: [''], validFrom: '', validTo: '', fingerprint256: '' };
  const all = [
    ...ONE_OF_EACH,
    observed('session-opened', { via: endpoint('10.0.0.1', 1) }),
    observed('tls', { certificate }),
    observed('tls', { certificate, failure: '' }),
    observed('link-closed', { verb: '', path: '', reason: '', sha256: '', payload: '' }),
    observed('reply', { answers: 1 }),
  ];

  test.each(all.map((observation) => [observation.kind, observation] as const))(
    'a %s cannot steer a terminal',
    (_kind, observation) => {
      const plain = new PlainText({ colour: false, verbose: true, clock: utcTime });
      const read = hostile(observation) as Observation;
      const text = [...plain.lines(read), ...plain.rest()].join('\n');
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );
});

describe('a reply that the proxy holds', () => {
  const retr = command('RETR a', 1);
  const held = observed('reply', { code: 226, lines: ['226 Done'], held: 'data' });
  const became = (state: 'waiting' | 'delivered' | 'replaced' | 'dropped', heldMs: number) =>
    observed('held-reply', { state, code: 226, answers: 1, held: 'data', heldMs });
  const ended = observed('link-closed', { ...passive, verb: 'RETR', path: 'a', direction: 'download', durationMs: 84 });
  const own = observed('reply', { code: 426, lines: ['426 Data lost'], by: 'proxy', replaces: 226 });

  test('for a moment is a reply like others', () => {
    expect(told([retr, held, ended, became('delivered', 0.4)])).toEqual([
      '-> RETR a',
      '<- 226 Done                                                  1 ms',
      '== RETR a   passive/passive   0 B in 84 ms   complete',
    ]);
  });

  test('for longer is shown as held, then as delivered', () => {
    expect(told([retr, held, became('waiting', 200), ended, became('delivered', 5200)])).toEqual([
      '-> RETR a',
      '<- 226 Done                                                  1 ms   held until the data has ended',
      '== RETR a   passive/passive   0 B in 84 ms   complete',
      '-- 226 delivered after 5.2 s',
    ]);
  });

  test('and replaces is shown beside the one in its place', () => {
    const replaced = '<- 426 Data lost                                             1 ms   ';
    expect(told([retr, held, became('waiting', 200), became('replaced', 30_000), own])).toEqual([
      '-> RETR a',
      '<- 226 Done                                                  1 ms   held until the data has ended',
      `${replaced}from the proxy itself in place of the server's 226`,
    ]);
    expect(told([retr, held, became('replaced', 1), own])).toEqual([
      '-> RETR a',
      '<- 226 Done                                                  1 ms   not delivered: the proxy answered in its place',
      `${replaced}from the proxy itself in place of the server's 226`,
    ]);
  });

  test('and drops is shown as not delivered', () => {
    expect(told([retr, held, became('waiting', 200), became('dropped', 900)]).at(-1)).toBe(
      '-- 226 not delivered: the session ended',
    );
  });

  test('is shown as held when something else happens meanwhile', () => {
    expect(told([retr, held, command('NOOP', 2), became('delivered', 40)])).toEqual([
      '-> RETR a',
      '<- 226 Done                                                  1 ms   held until the data has ended',
      '-> NOOP',
      '-- 226 delivered after 40 ms',
    ]);
  });

  test('and rewrites has its address beside it', () => {
    const announced = observed('reply', { code: 227, lines: ['227 (10,0,0,7,195,81)'], held: 'data-port' });
    const delivered = observed('held-reply', { code: 227, held: 'data-port', heldMs: 0.3 });
    expect(told([command('PASV', 1), announced, observed('rewrite'), delivered]).slice(1)).toEqual([
      '<- 227 (10,0,0,7,195,81)                                     1 ms   server listens at 10.0.0.7:50001, given to the client as 127.0.0.1:40000',
    ]);
  });
});

test('a reply that the client does not get is marked, unless the proxy asked for it', () => {
  const late = observed('reply', { code: 426, lines: ['426 Broken'], unheard: true });
  const asked = observed('command', { number: 2, verb: 'ABOR', line: 'ABOR', by: 'proxy' });
  const answer = observed('reply', { code: 226, lines: ['226 Aborted'], answers: 2, unheard: true });
  expect(told([command('RETR a', 1), late, asked, answer])).toEqual([
    '-> RETR a',
    '<- 426 Broken                                                1 ms   not relayed',
    '-> ABOR                                                    proxy aborts the transfer',
    '<- 226 Aborted                                               1 ms',
  ]);
});
