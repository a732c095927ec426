// The engine: when a finding comes, what it says, and what is not reported twice. The rows have tests of their own.
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/diagnosis/catalogue.js';
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import { trace } from './trace.js';

const refusedLogin = () =>
  trace().opened().connected().server('220 (vsFTPd 3.0.5)').client('USER anna').server('331 go on');

describe('findings', () => {
  test('a finding says what, where, whose fault, on which evidence, and what to do with this server', () => {
    const [finding] = refusedLogin().client('PASS ****').server('530 Login incorrect.').findings;
    expect(finding).toMatchObject({
      kind: 'finding',
      session: 1,
      diagnosis: 'login-failed',
      severity: 'error',
      confidence: 'certain',
      leg: 'server',
      fault: 'client',
      link: null,
      title: 'the server refuses the login of anna: 530 Login incorrect.',
    });
    expect(finding?.evidence.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['reply 530 Login incorrect.']);
    expect(finding?.fix.server).toMatch(/its log.* vsftpd: userlist_deny/);
  });

  test('a finding follows the observation that completes it', () => {
    const diagnosed = new Diagnosed();
    const kinds = refusedLogin()
      .client('PASS ****')
      .server('530 no')
      .observations.flatMap((one) => diagnosed.of(one))
      .map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['reply', 'finding']);
  });

  test('the settings of all servers are named where the server is not known', () => {
    const [finding] = trace().opened().client('PASS ****').server('530 no').findings;
    expect(finding?.fix.server).toMatch(/vsftpd: .*; ProFTPD: .*; Pure-FTPd: /);
  });

  test('a symptom is silent behind its cause', () => {
    const chroot = '500 OOPS: vsftpd: refusing to run with writable root inside chroot()';
    expect(refusedLogin().client('PASS ****').server(chroot).found).toEqual(['error server login-chroot-refused']);
  });

  test('an error is reported each time, a warning once a session', () => {
    const again = refusedLogin().client('PASS ****').server('530 no').client('USER x').server('331 go on');
    expect(again.client('PASS ****').server('530 no').found).toHaveLength(2);
    const twice = trace().opened().connected();
    for (const port of [1, 2])
      twice
        .client('PASV')
        .server('227 ok')
        .link('passive', '10.0.0.1', 50_000 + port, '198.51.100.7');
    expect(twice.found).toEqual(['warning server pasv-private-address']);
  });

  test('findings in a stream are replaced by those of the present rules', () => {
    const diagnosed = new Diagnosed();
    const { observations } = refusedLogin().client('PASS ****').server('530 no');
    const once = observations.flatMap((one) => diagnosed.of(one));
    const again = new Diagnosed();
    expect(once.flatMap((one) => again.of(one))).toEqual(once);
  });
});

describe('catalogue', () => {
  test('ids are unique, and each row says all that people need', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, title, cause, signs, fix, rules, unseen } of CATALOGUE) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      for (const text of [title, cause, signs]) expect(text.length, id).toBeGreaterThan(10);
      expect(Object.keys(fix).length, id).toBeGreaterThan(0);
      expect(rules.length > 0, id).toBe(unseen === undefined);
    }
  });
});
