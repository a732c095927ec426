// Forward mode through the session core: the proxy answers for itself until the client has named a server; what was said before
// is told to the server; servers that cannot be had leave the choice open.
import { describe, expect, test } from 'vitest';
import { MAX_REMEMBERED_CHARACTERS } from '../../src/relay/proxy-answers.js';
import { MAX_ATTEMPTS } from '../../src/relay/server-choice.js';
import { scene as anyScene, Playbook } from '../support/playbook.js';

const FORWARD = { policy: { forward: { proxyUsers: [] } } } as const;
const SERVER = { address: 'ftp.example.com', port: 21 };
const NO_SERVER = '530 There is no server yet: name one with USER user@host[:port], OPEN host or SITE host';

const scene = (name: string, play: (playbook: Playbook) => void) => anyScene(name, (p) => play(p.isAsked()), FORWARD);

describe('before there is a server', () => {
  scene('the proxy greets, and no server is known', (p) => {
    p.sees({ kind: 'session-opened', server: null, how: 'forward' });
    p.sees({ kind: 'reply', code: 220, answers: null, by: 'proxy' });
  });

  test.each([
    ['FEAT', '211 No features before there is a server'],
    ['SYST', '215 UNIX Type: L8'],
    ['NOOP', '200 NOOP taken'],
    ['noop', '200 NOOP taken'],
    ['OPTS UTF8 ON', '200 Noted, it will be passed to the server'],
    ['CLNT Windows', '200 Noted, it will be passed to the server'],
    ['HOST ftp.example.com', '220 Noted, it will be passed to the server'],
    ['REIN', '220 Ready for another login'],
    ['PASS secret', '503 USER comes before PASS'],
    ['PWD', NO_SERVER],
    ['LIST', NO_SERVER],
    ['PASV', NO_SERVER],
    ['EPSV ALL', NO_SERVER],
    ['PORT 10,1,0,2,195,80', NO_SERVER],
    ['LPSV', NO_SERVER],
    ['ABOR', NO_SERVER],
    ['ACCT x', NO_SERVER],
    ['XYZZY', NO_SERVER],
    ['constructor', NO_SERVER],
    ['AUTH TLS', '502 AUTH does not pass this proxy: encryption is switched off'],
    ['PBSZ 0', '503 PBSZ comes after AUTH (RFC 4217 section 8)'],
    ['PROT P', '503 PROT comes after PBSZ (RFC 4217 section 9)'],
    ['CCC', '533 The connection is not protected'],
    ['<html>', '500 This is no command'],
  ])('%s is answered with %s', (line, reply) => {
    const p = new Playbook(FORWARD).isAsked().says('client', line).hears('client', reply).expectNothing();
    expect(p.relay.mayRead('client')).toBe(true);
  });

  scene('HELP and STAT say how a server is named', (p) => {
    p.says('client', 'HELP', 'STAT').hears(
      'client',
      '214 There is no server yet: name one with USER user@host[:port], OPEN host or SITE host',
      '211 There is no server yet: name one with USER user@host[:port], OPEN host or SITE host',
    );
  });

  scene('QUIT is the end', (p) => {
    p.says('client', 'NOOP', 'QUIT', 'NOOP').hears('client', '200 NOOP taken', '221 Goodbye').isOver();
    p.sees({ kind: 'session-closed', by: 'client', reason: 'QUIT', commands: 2 });
  });

  scene('a client that goes away is let go', (p) => {
    p.happens({ kind: 'control-ended', from: 'client' }).isOver();
    p.sees({ kind: 'session-closed', by: 'client', reason: 'the client closed the connection' });
  });

  scene('a client that is silent is let go', (p) => {
    p.passes(900_000).hears('client', '421 Idle for 900 s').isOver();
  });

  scene('a client that speaks no FTP is told so', (p) => {
    p.says('client', 'GET / HTTP/1.1').hears(
      'client',
      '421 This is an FTP port, and the client does not speak FTP: it speaks HTTP',
    );
    p.isOver();
  });

  scene('a line that is too long is answered', (p) => {
    p.says('client', `USER ${'a'.repeat(2000)}@host`).hears('client', '500 Line too long; the limit is 1024 bytes');
  });
});

describe('USER names the server', () => {
  scene('which is connected to, and told the user alone; its reply is the answer', (p) => {
    p.chooses('USER anna@ftp.example.com').hears('server', 'USER anna').says('server', '331 Password for anna');
    p.hears('client', '331 Password for anna').exchanges('PASS secret', '230 ok').exchanges('PWD', '257 "/"');
    p.sees({ kind: 'command', number: 1, line: 'USER anna@ftp.example.com' });
    p.sees({ kind: 'server-chosen', server: SERVER }).sees({ kind: 'server-connected', durationMs: 0 });
    p.sees({ kind: 'reply', code: 220, by: 'server', answers: null });
    p.sees({ kind: 'command', number: 2, line: 'USER anna', by: 'proxy' });
    p.sees({ kind: 'reply', code: 331, by: 'server', answers: 1 });
  });

  scene('how long the server took is counted from then on', (p) => {
    p.passes(5000).says('client', 'USER anna@ftp.example.com').wants({ kind: 'connect-server', server: SERVER });
    p.passes(20).serverConnects().says('server', '220 ready').hears('server', 'USER anna');
    p.sees({ kind: 'server-connected', durationMs: 20 });
  });

  test.each([
    ['USER anna@host:2121', 'anna', { address: 'host', port: 2121 }],
    ['USER anna@[fd02::7]:2121', 'anna', { address: 'fd02::7', port: 2121 }],
    ['USER me@mail.example@host', 'me@mail.example', { address: 'host', port: 21 }],
    ['USER a@b@c@host', 'a@b@c', { address: 'host', port: 21 }],
    ['USER Anna Smith@host', 'Anna Smith', { address: 'host', port: 21 }],
    ['user anna@host', 'anna', { address: 'host', port: 21 }],
    ['USER anna@HOST', 'anna', { address: 'HOST', port: 21 }],
    ['USER an\xfc@host', 'an\xfc', { address: 'host', port: 21 }],
  ])('%s', (line, user, server) => {
    new Playbook(FORWARD).isAsked().chooses(line, server).hears('server', `USER ${user}`).expectNothing();
  });

  scene('a login without a password is one', (p) => {
    p.chooses('USER anna@ftp.example.com').hears('server', 'USER anna');
    p.says('server', '230-Welcome', '230 anna').hears('client', '230-Welcome', '230 anna');
  });

  scene('what the client says behind it waits for the server', (p) => {
    p.says('client', 'USER anna@ftp.example.com', 'PASS secret', 'PWD').wants({
      kind: 'connect-server',
      server: SERVER,
    });
    expect(p.relay.mayRead('client')).toBe(false);
    p.serverConnects().says('server', '220-Hello', '220 ready').hears('server', 'USER anna', 'PASS secret', 'PWD');
    p.says('server', '331 ok', '230 ok', '257 "/"').hears('client', '331 ok', '230 ok', '257 "/"');
    expect(p.relay.mayRead('client')).toBe(true);
  });
});

describe('OPEN and SITE name the server', () => {
  test.each([
    ['OPEN ftp.example.com', SERVER],
    ['open ftp.example.com', SERVER],
    ['SITE ftp.example.com', SERVER],
    ['OPEN host:2121', { address: 'host', port: 2121 }],
    ['OPEN host 2121', { address: 'host', port: 2121 }],
    ['SITE host 2121', { address: 'host', port: 2121 }],
    ['OPEN [fd02::7]', { address: 'fd02::7', port: 21 }],
    ['OPEN [fd02::7] 2121', { address: 'fd02::7', port: 2121 }],
  ])('%s', (line, server) => {
    const p = new Playbook(FORWARD).isAsked().chooses(line, server, '220 ready when you are');
    const name = server.address.includes(':') ? `[${server.address}]` : server.address;
    p.hears('client', `220 Connected to the server ${name}:${server.port}, which says: ready when you are`);
    // Names of users are nobody's business now.
    p.exchanges('USER me@mail.example', '331 ok')
      .exchanges('PASS secret', '230 ok')
      .exchanges('SITE CHMOD 600 a', '200 ok');
    p.expectNothing();
  });
});

describe('what was said before is told to the server', () => {
  scene('before the login, and its replies are not for the client', (p) => {
    p.says('client', 'HOST ftp.example.com', 'OPTS UTF8 ON', 'CLNT lftp').hearsAnything('client');
    p.says('client', 'USER anna@ftp.example.com').wants({ kind: 'connect-server', server: SERVER });
    p.serverConnects().says('server', '220 ready').hears('server', 'HOST ftp.example.com');
    p.says('server', '220 that one')
      .hears('server', 'OPTS UTF8 ON')
      .says('server', '501 no')
      .hears('server', 'CLNT lftp');
    p.says('server', '200 ok').hears('server', 'USER anna').says('server', '331 ok').hears('client', '331 ok');
    p.sees({ kind: 'command', line: 'OPTS UTF8 ON', number: 2 });
    p.sees({ kind: 'command', line: 'OPTS UTF8 ON', by: 'proxy' }).sees({ kind: 'reply', code: 501, by: 'server' });
  });

  scene('and to the server that is there in the end, not to one in between', (p) => {
    p.says('client', 'OPTS UTF8 ON').hearsAnything('client').says('client', 'USER anna@nowhere');
    p.wants({ kind: 'connect-server', server: { address: 'nowhere', port: 21 } });
    p.happens({ kind: 'server-unreachable', reason: 'host name not found' }).hearsAnything('client');
    p.chooses('USER anna@ftp.example.com').hears('server', 'OPTS UTF8 ON').says('server', '200 ok');
    p.hears('server', 'USER anna');
  });

  scene('as far as that is bounded', (p) => {
    const line = `CLNT ${'x'.repeat(995)}`;
    for (let kept = 0; kept < Math.floor(MAX_REMEMBERED_CHARACTERS / line.length); kept += 1) {
      p.says('client', line).hears('client', '200 Noted, it will be passed to the server');
    }
    p.says('client', line).hears('client', '503 That is too much to keep for a server that is not named yet');
  });
});

describe('a server that cannot be had', () => {
  scene('is answered with 530, and the client may name another', (p) => {
    p.says('client', 'USER anna@nowhere', 'PASS secret').wants({
      kind: 'connect-server',
      server: { address: 'nowhere', port: 21 },
    });
    p.happens({ kind: 'server-unreachable', reason: 'host name not found' });
    p.hears('client', '530 Cannot reach the server nowhere:21: host name not found', '503 USER comes before PASS');
    p.chooses('USER anna@ftp.example.com').hears('server', 'USER anna');
    p.sees({ kind: 'server-chosen' }).sees({ kind: 'reply', code: 530, answers: 1, by: 'proxy' });
    p.sees({ kind: 'server-chosen' }).sees({ kind: 'server-connected' });
  });

  scene('because it is not allowed: a violation, and no connection', (p) => {
    p.says('client', 'OPEN evil.test').wants({ kind: 'connect-server', server: { address: 'evil.test', port: 21 } });
    p.happens({ kind: 'server-refused', reason: 'this proxy may not connect to evil.test:21' });
    p.hears('client', '530 This proxy may not connect to evil.test:21');
    p.sees({
      kind: 'violation',
      side: 'client',
      code: 'server-not-allowed',
      detail: 'this proxy may not connect to evil.test:21',
    });
  });

  test.each([
    ['USER', '501 USER names no user'],
    ['USER @host', '501 USER names a server, and no user to log in there'],
    ['USER anna@', '501 No server is named so: it names no host'],
    ['USER anna@ho st@', '501 No server is named so: it names no host'],
    ['USER anna@host:0', /^501 .* the port must be a number from 1 to 65535/],
    ['USER anna@host:ftp', /^501 .* the port must be/],
    ['USER anna@host:21:22', /^501 .* the port must be/],
    ['USER anna:secret@host', '501 A password is sent with PASS, not in USER'],
    ['OPEN', '501 No server is named so: it names no host'],
    ['OPEN a b', '501 No server is named so: it names no host'],
    ['SITE CHMOD 600 a', '501 No server is named so: it names no host'],
    ['OPEN host:21 22', /^501 .* the port must be/],
    ['OPEN host 70000', /^501 .* the port must be/],
  ])('%s', (line, reply) => {
    const p = new Playbook(FORWARD).isAsked().says('client', line).hearsAnything('client').expectNothing();
    const said = p.observations.findLast(({ kind }) => kind === 'reply');
    const text = said?.kind === 'reply' ? said.lines.join() : '';
    if (typeof reply === 'string') expect(text).toBe(reply);
    else expect(text).toMatch(reply);
    expect(JSON.stringify(p.observations)).not.toContain('secret@');
  });

  scene('again and again ends the session', (p) => {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) p.says('client', 'OPEN').hearsAnything('client');
    p.says('client', 'USER anna@nowhere').wants({ kind: 'connect-server', server: { address: 'nowhere', port: 21 } });
    p.happens({ kind: 'server-unreachable', reason: 'connection refused' });
    const reason = 'o server after 5 attempts: Cannot reach the server nowhere:21: connection refused';
    p.hears('client', `421 N${reason}`).isOver();
    p.sees({ kind: 'session-closed', by: 'client', reason: `n${reason}` });
  });

  scene('because it turns clients away', (p) => {
    p.chooses('USER anna@ftp.example.com', SERVER, '421 Too many users').hears(
      'client',
      '421 The server ftp.example.com:21 turns clients away: 421 Too many users',
    );
    p.isOver();
  });

  scene('because it asks for patience first is none', (p) => {
    p.chooses('USER anna@ftp.example.com', SERVER, '120 In two minutes').expectNothing();
    p.says('server', '220 ready').hears('server', 'USER anna');
  });

  scene('because it closes, or is silent', (p) => {
    p.says('client', 'USER anna@ftp.example.com').wants({ kind: 'connect-server', server: SERVER }).serverConnects();
    p.passes(30_000).hearsAnything('client').isOver();
    p.sees({ kind: 'session-closed', by: 'server' });
  });

  scene('because its connection breaks before the login', (p) => {
    p.chooses('USER anna@ftp.example.com').hears('server', 'USER anna').happens({
      kind: 'control-lost',
      from: 'server',
      reason: 'connection reset',
    });
    p.hears('client', '421 The connection to the server broke: connection reset').isOver();
    p.sees({ kind: 'reply', code: 421, answers: 1 });
  });

  scene('and the client goes away meanwhile', (p) => {
    p.says('client', 'USER anna@ftp.example.com').wants({ kind: 'connect-server', server: SERVER });
    p.happens({ kind: 'control-ended', from: 'client' }).isOver();
  });
});

describe('once the server is chosen', () => {
  const withServer = (name: string, play: (p: Playbook) => void) =>
    scene(name, (p) => {
      p.chooses('USER anna@ftp.example.com')
        .hears('server', 'USER anna')
        .says('server', '331 ok')
        .hears('client', '331 ok');
      play(p);
    });
  const OTHER = '503 This session is with the server ftp.example.com:21; connect again for another';

  withServer('a login that failed may be tried again, by the same name', (p) => {
    p.exchanges('PASS wrong', '530 no').says('client', 'USER bob@FTP.example.com').hears('server', 'USER bob');
    p.says('server', '331 ok').hears('client', '331 ok');
  });

  withServer('and by the user alone', (p) => p.exchanges('USER bob', '331 ok'));

  withServer('another server needs another session', (p) => {
    p.exchanges('PASS secret', '230 ok').says('client', 'USER anna@other.example').hears('client', OTHER);
    p.says('client', 'USER anna@ftp.example.com:2121').hears('client', OTHER);
    p.says('client', 'OPEN other.example').hears('client', OTHER).exchanges('PWD', '257 "/"');
  });

  withServer('REIN stays with the server', (p) => {
    p.exchanges('PASS secret', '230 ok').exchanges('REIN', '220 again');
    p.says('client', 'USER bob@ftp.example.com').hears('server', 'USER bob');
  });

  withServer('SITE is for the server', (p) => p.exchanges('SITE CHMOD 600 a', '200 ok'));
  withServer('no command is for the server as well', (p) => p.exchanges('<html>', '500 what'));
  withServer('transfers go as ever', (p) => p.exchanges('PASS secret', '230 ok').passive(1));
});
