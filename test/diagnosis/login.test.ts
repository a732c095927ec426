// Logins and connections that servers refuse.
import { describe, expect, test } from 'vitest';
import { type Trace, trace } from './trace.js';
import { loggedIn, refused, transfer } from './transfers.js';

const greeted = (greeting = '220 ready') => trace().opened().connected().server(greeting);
const asUser = (user: string) => greeted().client(`USER ${user}`);
const withPassword = (user: string) => asUser(user).server('331 go on').client('PASS ****');

describe('login', () => {
  test.each([
    ['530 Login incorrect.', 'error server login-failed'],
    ['530 User cannot log in, home directory inaccessible.', 'error server login-home-missing'],
    ['530 Home directory not available - aborting', 'error server login-home-missing'],
    ['500 OOPS: cannot change directory:/home/anna', 'error server login-home-missing'],
    ['500 OOPS: vsftpd: refusing to run with writable root inside chroot()', 'error server login-chroot-refused'],
    ['500 OOPS: unrecognised variable in config file: x', 'error server server-configuration-broken'],
    ["530 Sorry, but I can't trust you", 'error server login-user-too-low'],
    ['530 Valid hostname is expected.', 'error server login-host-expected'],
    ['421 Too many failed login attempts', 'error server login-attempts-exhausted'],
    [
      '530 Sorry, the maximum number of clients (2) from your host are already connected.',
      'error server too-many-connections',
    ],
    ['230 welcome', null],
    ['503 Login with USER first.', 'error server bad-sequence'],
  ])('PASS, %s', (reply, found) => {
    expect(withPassword('anna').server(reply).found).toEqual(found === null ? [] : [found]);
  });

  test('what only USER is answered with', () => {
    expect(asUser('anna').server('530 Permission denied.').found).toEqual(['error server login-user-denied']);
    expect(asUser('anna').server('530 This FTP server is anonymous only.').found).toEqual([
      'error server login-anonymous-only',
    ]);
  });

  test('anonymous users', () => {
    const said = '530 Anonymous access not allowed.';
    expect(asUser('anonymous').server(said).findings[0]).toMatchObject({
      diagnosis: 'login-anonymous-refused',
      confidence: 'certain',
    });
    expect(withPassword('ftp').server('530 Login incorrect.').findings[0]).toMatchObject({
      diagnosis: 'login-anonymous-refused',
      confidence: 'likely',
    });
    expect(withPassword('ftpuser').server('530 Login incorrect.').found).toEqual(['error server login-failed']);
  });

  test('account-required: and never named', () => {
    expect(withPassword('anna').server('332 Need account').closed().found).toEqual(['error server account-required']);
    expect(withPassword('anna').server('332 Need account').client('ACCT ****').server('230 ok').closed().found).toEqual(
      [],
    );
    expect(refused(loggedIn(), 'STOR a', '532 Need account for storing files').found).toEqual([
      'error server account-required',
    ]);
  });

  test('not-logged-in: once, and not for what is asked in advance', () => {
    const goesOn = greeted().client('PWD').server('530 Please login').client('CWD a').server('530 Please login');
    expect(goesOn.found).toEqual(['error server not-logged-in']);
    expect(
      greeted().client('FEAT').server('530 Please login').client('AUTH TLS').server('530 Please login').found,
    ).toEqual([]);
    expect(loggedIn().client('CWD a').server('530 Permission denied.').found).toEqual([]);
  });

  test('a second OOPS is the end of the first', () => {
    const died = withPassword('anna').server('500 OOPS: vsftpd: refusing to run with writable root inside chroot()');
    expect(died.server('500 OOPS: child died').found).toEqual(['error server login-chroot-refused']);
  });
});

describe('too-many-connections', () => {
  test.each([
    ['421 There are too many connections from your internet address.', 'proxy'],
    ['421 Too many connections (8) from this IP', 'proxy'],
    ['421 Too many connections from the same IP address.', 'proxy'],
    ['421 There are too many connected users, please try later.', 'client'],
    ['421 50 users (the maximum) are already logged in, sorry', 'client'],
  ])('%s', (greeting, fault) => {
    const [finding] = greeted(greeting).findings;
    expect(finding).toMatchObject({ diagnosis: 'too-many-connections', leg: 'server', fault });
    expect(finding?.fix.proxy).toMatch(/--send-proxy-protocol v1/);
  });

  test('without a proxy, the client itself has too many', () => {
    const captured = trace().opened('192.0.2.10', '198.51.100.7', 'capture');
    expect(captured.server('421 Too many connections (8) from this IP').findings[0]?.fault).toBe('client');
  });

  test('silent: other words, another code, the proxy', () => {
    for (const greeting of ['421 Service not available', '220 Too many connections are slow'])
      expect(greeted(greeting).found).not.toContain('error server too-many-connections');
    expect(trace().opened().proxy('421 Too many sessions').found).toEqual([]);
  });
});

describe('optional commands', () => {
  const notes = (line: string, reply: string) => loggedIn().client(line).server(reply).found;

  test('refusals that are worth a word', () => {
    expect(notes('HOST ftp.example.com', '504 Unknown hostname')).toEqual(['warning server host-command']);
    expect(notes('HOST ftp.example.com', '500 Unknown command')).toEqual([]);
    expect(notes('ALLO 10', '504 no')).toEqual(['note server allo-required-or-refused']);
    expect(notes('ALLO 10', '202 ignored')).toEqual([]);
    expect(notes('ALLO 10', '552 no space')).toEqual(['error server disk-or-quota']);
    expect(notes('SITE CHMOD 644 a', '500 no')).toEqual(['note server site-unsupported']);
    expect(notes('SITE CHMOD 644 a', '200 ok')).toEqual([]);
    expect(notes('OPTS UTF8 ON', '501 no')).toEqual(['note server utf8-opts-refused']);
    expect(notes('OPTS MLST size;', '501 no')).toEqual([]);
    expect(notes('MDTM 20200101000000 a', '550 no')).toEqual(['warning server mdtm-set-misuse']);
    expect(notes('MDTM a', '550 no')).toEqual([]);
  });

  test('optional-command-fatal: the last that is said', () => {
    const ends = (session: Trace) => session.closed({ by: 'client', cause: 'quit' }).found;
    expect(ends(loggedIn().client('SYST').server('502 no').client('QUIT').server('221 bye'))).toEqual([
      'warning client optional-command-fatal',
    ]);
    expect(ends(loggedIn().client('SYST').server('502 no').client('PWD').server('257 "/"'))).toEqual([]);
    expect(
      ends(transfer(loggedIn().client('TYPE I').server('200 ok'), 'RETR a').client('SYST').server('502 no')),
    ).toEqual([]);
    expect(ends(loggedIn().client('SYST').server('215 UNIX'))).toEqual([]);
  });
});
