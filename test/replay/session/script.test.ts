// What a replay sends: as recorded, in another form, or not at all.
import { describe, expect, test } from 'vitest';
import { lacksPassword, type ScriptOptions, type Step, scriptOf } from '../../../src/replay/session/script.js';
import { AS_RECORDED } from '../../support/replaying.js';
import { recordedSession } from '../recorded-dialogue.js';

/** A command and its reply. */
const did = (line: string, reply = '250 Ok') => [`> ${line}`, `< ${reply}`];
const moved = (line: string, bytes = 'x') => [`> ${line}`, '< 150 Here', `== ${bytes}`, '< 226 Done'];
const port = did('EPSV', '229 (|||5|)');

function told(step: Step): string {
  switch (step.kind) {
    case 'skip':
      return `(${step.exchange.line})`;
    case 'send':
      return step.line;
    case 'announce':
      return `${step.mode}${step.extended ? ' extended' : ''}`;
    case 'transfer':
      return step.unlike ? `${step.line} unlike` : step.line;
    case 'misname':
      return `${step.line}!`;
    case 'encrypt':
      return 'TLS';
  }
}

function stepsOf(lines: readonly (readonly string[])[], options: Partial<ScriptOptions> = {}): string[] {
  return scriptOf(recordedSession(lines.flat()), { ...AS_RECORDED, ...options }).steps.map(told);
}

test('commands go out as they were', () => {
  expect(stepsOf([did('USER me', '331 P'), did('CWD a  b'), port, moved('RETR x')])).toEqual([
    'USER me',
    'CWD a  b',
    'passive extended',
    'RETR x',
  ]);
});

describe('logins', () => {
  const login = [did('USER me', '331 P'), did('PASS ****', '230 W')];

  test('others in place of the recorded', () => {
    expect(stepsOf(login, { user: 'you', password: 'p' })).toEqual(['USER you', 'PASS p']);
  });

  test('a password that was masked is lacking', () => {
    const session = recordedSession(login.flat());
    expect(lacksPassword(session, AS_RECORDED)).toBe(true);
    expect(lacksPassword(session, { ...AS_RECORDED, password: '' })).toBe(false);
    expect(lacksPassword(recordedSession(['> PASS me@']), AS_RECORDED)).toBe(false);
  });

  test('passwords are sent, and not shown', () => {
    const [step] = scriptOf(recordedSession(did('PASS secret')), AS_RECORDED).steps;
    expect(step).toMatchObject({ line: 'PASS secret', shown: 'PASS ****' });
  });

  test('other secrets that were masked cannot be sent', () => {
    expect(stepsOf([did('ACCT ****'), did('SITE PSWD ****')])).toEqual(['(ACCT ****)', '(SITE PSWD ****)']);
  });
});

test('a server that was named to the proxy is not named to the server', () => {
  const lines = [
    did('USER me@home@ftp.example.com', '331 P'),
    did('OPEN ftp.example.com', '220 R'),
    did('SITE HELP', '214 H'),
  ];
  const session = recordedSession(lines.flat());
  const exchanges = session.exchanges.map((exchange) =>
    exchange.verb === 'OPEN'
      ? { ...exchange, replies: exchange.replies.map((one) => ({ ...one, byProxy: true })) }
      : exchange,
  );
  const { steps } = scriptOf({ ...session, exchanges, forwarded: true }, AS_RECORDED);
  expect(steps.map(told)).toEqual(['USER me@home', '(OPEN ftp.example.com)', 'SITE HELP']);
  expect(stepsOf(lines.slice(0, 1))).toEqual(['USER me@home@ftp.example.com']);
});

describe('data connections', () => {
  const all = [did('PASV', '227 (1,2,3,4,5,6)'), did('PORT 1,2,3,4,5,6'), port, did('EPRT |1|1.2.3.4|5|')];

  test('in the recorded mode', () => {
    expect(stepsOf(all)).toEqual(['passive', 'active', 'passive extended', 'active extended']);
  });

  test('in another', () => {
    expect(stepsOf(all, { mode: 'active' })).toEqual(['active', 'active', 'active extended', 'active extended']);
    const steps = scriptOf(recordedSession(all.flat()), { ...AS_RECORDED, mode: 'active' }).steps;
    expect(steps.map((step) => step.kind === 'announce' && step.translated)).toEqual([true, false, true, false]);
  });

  test('EPSV ALL is a promise, and no data port', () => {
    expect(stepsOf([did('EPSV ALL', '200 Ok')])).toEqual(['EPSV ALL']);
    expect(stepsOf([did('EPSV ALL', '200 Ok')], { mode: 'active' })).toEqual(['(EPSV ALL)']);
  });

  test('forms that nobody speaks are left out', () => {
    expect(stepsOf([did('SPSV', '502 No')])).toEqual(['(SPSV)']);
  });
});

describe('encryption', () => {
  const asked = [did('AUTH TLS', '234 Go'), did('PBSZ 0', '200 Ok'), did('PROT P', '200 Ok'), did('NOOP', '200 Ok')];
  const encrypted = { ...recordedSession(asked.flat()), encrypted: true };
  const plain = recordedSession(did('NOOP', '200 Ok'));
  const script = (session: typeof plain, options: Partial<ScriptOptions>) => {
    const { steps, encrypts, protectsData } = scriptOf(session, { ...AS_RECORDED, ...options });
    return { steps: steps.map(told), encrypts, protectsData };
  };

  test.each([
    ['as recorded', encrypted, {}, ['TLS', 'PBSZ 0', 'PROT P', 'NOOP'], 'as-recorded', false],
    ['in the clear', encrypted, { tls: 'off' }, ['(AUTH TLS)', '(PBSZ 0)', '(PROT P)', 'NOOP'], 'never', false],
    [
      'by implicit TLS',
      encrypted,
      { implicitTls: true },
      ['(AUTH TLS)', 'PBSZ 0', 'PROT P', 'NOOP'],
      'implicit',
      false,
    ],
    ['plain as recorded', plain, {}, ['NOOP'], 'never', false],
    ['plain, now encrypted', plain, { tls: 'require' }, ['NOOP'], 'at-start', true],
    ['plain, now implicit', plain, { implicitTls: true }, ['NOOP'], 'implicit', true],
  ] as const)('%s', (_what, session, options, steps, encrypts, protectsData) => {
    expect(script(session, options)).toEqual({ steps, encrypts, protectsData });
  });
});

describe('transfers that were aborted', () => {
  const cut = (lines: readonly string[]) => {
    const session = recordedSession(lines);
    const exchanges = session.exchanges.map((exchange) => {
      const { transfer } = exchange;
      return transfer === null ? exchange : { ...exchange, transfer: { ...transfer, outcome: 'aborted' as const } };
    });
    const [step] = scriptOf({ ...session, exchanges }, AS_RECORDED).steps;
    return step?.kind === 'transfer' ? step.ends : null;
  };

  test('by ABOR', () => {
    expect(cut(['> RETR a', '< 150 Here', '> ABOR', '== part', '<1 426 Cut', '< 226 Ok'])).toBe('abor');
  });

  test('by closing the data connection', () => {
    expect(cut(['> RETR a', '< 150 Here', '== part', '< 426 Cut'])).toBe('client');
  });
});

describe('without --allow-writes', () => {
  const guarded = (...lines: readonly (readonly string[])[]) => stepsOf(lines, { allowWrites: false });

  test.each([
    'DELE a',
    'MKD a',
    'XMKD a',
    'RMD a',
    'RNFR a',
    'RNTO b',
    'SITE CHMOD 777 a',
    'MFMT 2026 a',
    'MDTM 20261122110425 a',
    'MDTM 20261122110425+60 a',
    'RMDA a',
  ])('%s is left out', (line) => {
    expect(guarded(did(line))).toEqual([`(${line})`]);
  });

  test.each(['MDTM a', 'SIZE a', 'CWD a', 'PWD', 'STAT a', 'NOOP', 'FEAT', 'OPTS UTF8 ON', 'ABOR'])(
    '%s is sent',
    (line) => {
      expect(guarded(did(line))).toEqual([line]);
    },
  );

  test('an upload is left out with its port and its REST', () => {
    expect(guarded(did('TYPE I'), port, did('REST 5', '350 Go'), moved('STOR a'), port, moved('RETR b'))).toEqual([
      'TYPE I',
      '(EPSV)',
      '(REST 5)',
      '(STOR a)',
      'passive extended',
      'RETR b',
    ]);
  });

  test('what was uploaded is not asked for, wherever it is named from', () => {
    expect(
      guarded(
        did('CWD in'),
        port,
        moved('STOR a'),
        did('SIZE a', '213 1'),
        did('CDUP'),
        did('SIZE in/a'),
        did('SIZE b'),
      ),
    ).toEqual(['CWD in', '(EPSV)', '(STOR a)', '(SIZE a)', 'CDUP', '(SIZE in/a)', 'SIZE b']);
  });

  test('nor is a folder that was not made gone into, and what is done there is left out, until we are back', () => {
    expect(
      guarded(
        did('MKD new'),
        did('CWD new'),
        did('PWD'),
        port,
        moved('LIST'),
        did('CWD sub'),
        did('CDUP'),
        did('CDUP'),
        did('PWD'),
      ),
    ).toEqual(['(MKD new)', '(CWD new)', '(PWD)', '(EPSV)', '(LIST)', '(CWD sub)', '(CDUP)', '(CDUP)', 'PWD']);
  });

  test('an absolute path leads back at once', () => {
    expect(guarded(did('MKD new'), did('CWD new'), did('SIZE /a'), did('CWD /pub'), did('SIZE a'))).toEqual([
      '(MKD new)',
      '(CWD new)',
      'SIZE /a',
      'CWD /pub',
      'SIZE a',
    ]);
  });

  test('a listing of where something would have been made is not compared', () => {
    expect(guarded(did('MKD new'), port, moved('LIST'), port, moved('LIST -la /else'))).toEqual([
      '(MKD new)',
      'passive extended',
      'LIST unlike',
      'passive extended',
      'LIST -la /else',
    ]);
  });

  test('what was refused when it was recorded has changed nothing', () => {
    expect(guarded(did('MKD a', '550 It is there'), did('CWD a'))).toEqual(['(MKD a)', 'CWD a']);
  });
});

describe('uploads that the recording does not hold, with --allow-writes', () => {
  const absent = '=- its data connection is not in the capture';
  const upload = (...end: string[]) => [...port, '> STOR a', '< 150 Go', ...end];

  test.each([
    ['no data connection was captured', upload('< 226 Ok', absent)],
    ['no payload was kept', upload('< 226 Ok')],
    ['the capture ends within it', upload('=~ the first half')],
    ['the capture has lost its end', upload('=~ the first half', '< 226 Ok')],
  ])('are left out where %s', (_why, lines) => {
    expect(stepsOf([lines, did('PWD', '257 "/"')])).toEqual(['(EPSV)', '(STOR a)', 'PWD']);
  });

  test('what was broken off by the server goes as far as it went', () => {
    expect(stepsOf([upload('=~ the first half', '< 552 Full')])).toEqual(['passive extended', 'STOR a']);
    expect(stepsOf([did('STOR a', '553 No')])).toEqual(['STOR a']);
  });

  test('with all that is done to their files', () => {
    const others = [did('SIZE a', '213 1'), did('DELE a'), did('RNFR a', '350 To?'), did('RNTO b'), did('DELE b')];
    const times = [did('MFMT 20260101000000 a', '213 Ok'), did('SITE CHMOD 600 a', '200 Ok'), did('DELE c')];
    expect(stepsOf([upload('< 226 Ok', absent), ...others, ...times]).slice(2)).toEqual([
      ...['(SIZE a)', '(DELE a)', '(RNFR a)', '(RNTO b)', '(DELE b)'],
      ...['(MFMT 20260101000000 a)', '(SITE CHMOD 600 a)', 'DELE c'],
    ]);
  });

  test('a later upload of the same file that is held is sent, and what follows it', () => {
    const whole = [...port, ...moved('STOR a')];
    expect(stepsOf([upload('< 226 Ok', absent), whole, did('SIZE a', '213 1')]).slice(2)).toEqual([
      'passive extended',
      'STOR a',
      'SIZE a',
    ]);
  });
});

describe('data ports that were wrong when they were captured', () => {
  const captured = (line: string) => ({ ...recordedSession(did(line, '500 No')), relayed: false });
  const client = recordedSession([]).client.address;
  const portOf = (host: string, port: number) => `PORT ${host.replaceAll('.', ',')},${port >> 8},${port & 255}`;

  test.each([
    [portOf('192.0.2.1', 5000), 'it names a foreign address'],
    ['EPRT |1|192.0.2.1|5000|', 'it names a foreign address'],
    [portOf(client, 25), 'it names a port below 1024'],
    ['EPRT |7|192.0.2.1|5000|', 'it names an unknown address family'],
    ['PORT 1,2,3', 'it names no port'],
  ])('%s is sent as it was', (line, fault) => {
    const [step] = scriptOf(captured(line), AS_RECORDED).steps;
    expect(step).toMatchObject({ kind: 'misname', line, fault });
    expect(scriptOf(captured(line), { ...AS_RECORDED, mend: true }).steps[0]?.kind).toBe('announce');
  });

  test.each([portOf(client, 5000), 'PORT 0,0,0,0,19,136', 'EPSV'])('%s is one of our own', (line) => {
    expect(scriptOf(captured(line), AS_RECORDED).steps[0]?.kind).toBe('announce');
  });
});
