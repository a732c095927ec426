// The logins that clients have for proxies, line by line: what each sends, what the server hears of it, and what of it is for the
// proxy and goes no further. Passwords are in no observation.
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/protocol/command.js';
import { readUser } from '../../src/relay/forward-user.js';
import { scene as anyScene, type Playbook } from '../support/playbook.js';

const NO_PROXY_USERS = { policy: { forward: { proxyUsers: [] } } } as const;
const PROXY_USER = { policy: { forward: { proxyUsers: ['pu'] } } } as const;
const SERVER = { address: 'host', port: 2121 };
const FOR_PROXY = '331 There is no server in this login, so it is one to the proxy: any password will do';
const TAKEN =
  '230 Logged in to the proxy. Which server? You can name one with USER user@host[:port], OPEN host or SITE host';
const FOR_PROXY_TOO = '331 Password for the proxy: any will do';
const TAKEN_TOO = '230 Logged in to the proxy';
const CONNECTED = '220 Connected to the server host:2121, which says: ready';

/** A scene whose client has `proxypw` for the proxy and `sesame` for the server; nobody is told either. */
function scene(
  name: string,
  play: (p: Playbook) => void,
  stage: typeof PROXY_USER | typeof NO_PROXY_USERS = NO_PROXY_USERS,
) {
  anyScene(
    name,
    (p) => {
      play(p.isAsked());
      p.exchanges('PWD', '257 "/"').expectNothing();
      expect(JSON.stringify(p.observations)).not.toMatch(/proxypw|sesame/);
    },
    stage,
  );
}

const loginToProxy = (p: Playbook) =>
  p.says('client', 'USER pu').hears('client', FOR_PROXY).says('client', 'PASS proxypw').hears('client', TAKEN);

const loginAs = (p: Playbook, line: string) =>
  p.chooses(line, SERVER).hears('server', 'USER anna').says('server', '331 ok').hears('client', '331 ok');

describe("lftp's proxy-auth-type", () => {
  scene('user, without a login to the proxy', (p) => {
    loginAs(p, 'USER anna@host:2121').exchanges('PASS sesame', '230 ok');
  });

  scene('user', (p) => {
    loginAs(loginToProxy(p), 'USER anna@host:2121').exchanges('PASS sesame', '230 ok');
  });

  scene('user, in one breath', (p) => {
    p.says('client', 'USER pu', 'PASS proxypw', 'USER anna@host:2121', 'PASS sesame', 'FEAT');
    p.wants({ kind: 'connect-server', server: SERVER }).hears('client', FOR_PROXY, TAKEN);
    p.serverConnects().says('server', '220 ready');
    p.hears('server', 'USER anna', 'PASS sesame', 'FEAT').says('server', '331 ok', '230 ok', '211 none');
    p.hears('client', '331 ok', '230 ok', '211 none');
  });

  scene(
    'joined',
    (p) => {
      loginAs(p, 'USER anna@pu@host:2121').says('client', 'PASS sesame@proxypw').hears('server', 'PASS sesame');
      p.says('server', '230 ok').hears('client', '230 ok');
      p.sees({ kind: 'command', line: 'PASS ****', number: 3 }).sees({
        kind: 'command',
        line: 'PASS ****',
        by: 'proxy',
      });
      p.sees({ kind: 'reply', code: 230, answers: 3 });
    },
    PROXY_USER,
  );

  scene(
    'joined: a server that repeats the password is masked',
    (p) => {
      loginAs(p, 'USER anna@pu@host:2121').says('client', 'PASS sesame@proxypw').hears('server', 'PASS sesame');
      p.says('server', '530 no such password: sesame').hears('client', '530 no such password: sesame');
      p.sees({ kind: 'reply', lines: ['530 no such password: ****'] });
    },
    PROXY_USER,
  );

  scene(
    'joined: a password without a second part is whole',
    (p) => {
      loginAs(p, 'USER anna@pu@host:2121').exchanges('PASS sesame', '230 ok');
    },
    PROXY_USER,
  );

  scene('joined is a name with an @ in it to those who were not told the name', (p) => {
    p.chooses('USER anna@pu@host:2121', SERVER)
      .hears('server', 'USER anna@pu')
      .says('server', '331 ok')
      .hears('client', '331 ok');
  });

  scene('joined-acct: the proxy takes the first ACCT, the server the second', (p) => {
    loginAs(p, 'USER anna@host:2121 pu').exchanges('PASS sesame', '332 account?').says('client', 'ACCT proxypw');
    p.hears('client', TAKEN_TOO).exchanges('ACCT sesame', '230 ok');
  });

  scene('open', (p) => {
    loginToProxy(p).chooses('OPEN host:2121', SERVER).hears('client', CONNECTED);
    p.exchanges('USER anna', '331 ok').exchanges('PASS sesame', '230 ok');
  });

  scene(
    'proxy-user@host',
    (p) => {
      p.chooses('USER pu@host:2121', SERVER)
        .hears('client', FOR_PROXY_TOO)
        .says('client', 'PASS proxypw')
        .hears('client', TAKEN_TOO);
      p.exchanges('USER anna', '331 ok').exchanges('PASS sesame', '230 ok');
    },
    PROXY_USER,
  );

  scene(
    'proxy-user@host, again in the same session: still for the proxy',
    (p) => {
      p.chooses('USER pu@host:2121', SERVER)
        .hears('client', FOR_PROXY_TOO)
        .says('client', 'PASS proxypw')
        .hears('client', TAKEN_TOO);
      p.says('client', 'USER pu@host:2121', 'PASS proxypw').hears('client', FOR_PROXY_TOO, TAKEN_TOO);
      p.exchanges('USER me@mail.example', '331 ok').exchanges('PASS sesame', '230 ok');
    },
    PROXY_USER,
  );
});

describe("FileZilla's proxy types", () => {
  for (const [name, begin] of [
    ['without a login to the proxy', (p: Playbook) => p],
    ['with one', loginToProxy],
  ] as const) {
    scene(`1, USER user@host, ${name}`, (p) => {
      loginAs(begin(p), 'USER anna@host:2121').exchanges('PASS sesame', '230 ok').exchanges('SYST', '215 UNIX');
      p.exchanges('FEAT', '211 none').exchanges('OPTS UTF8 ON', '200 ok');
    });

    for (const [type, verb] of [
      [2, 'SITE'],
      [3, 'OPEN'],
    ] as const) {
      scene(`${type}, ${verb} host, ${name}`, (p) => {
        begin(p).chooses(`${verb} host:2121`, SERVER).hears('client', CONNECTED);
        p.exchanges('USER anna', '331 ok').exchanges('PASS sesame', '332 account?').exchanges('ACCT sesame', '230 ok');
      });
    }
  }
});

describe('logins to the proxy itself', () => {
  scene('are forgotten with the next USER, and with REIN', (p) => {
    p.says('client', 'USER pu').hears('client', FOR_PROXY).says('client', 'REIN').hearsAnything('client');
    p.says('client', 'PASS proxypw').hears('client', '503 USER comes before PASS');
    p.says('client', 'USER pu').hears('client', FOR_PROXY).says('client', 'USER anna@').hearsAnything('client');
    p.says('client', 'PASS proxypw').hears('client', '503 USER comes before PASS');
    loginAs(p, 'USER anna@host:2121').exchanges('PASS sesame', '230 ok');
  });

  scene(
    "of one user are not taken for another's",
    (p) => {
      loginAs(p, 'USER anna@pu@host:2121').exchanges('PASS sesame', '530 no');
      p.says('client', 'USER anna@host:2121')
        .hears('server', 'USER anna')
        .says('server', '331 ok')
        .hears('client', '331 ok');
      // No part of this one is for the proxy.
      p.exchanges('PASS sesame@home', '230 ok');
    },
    PROXY_USER,
  );
});

describe('what a USER says', () => {
  const read = (line: string, ...proxyUsers: readonly string[]) => {
    const { command } = parseCommandLine(Buffer.from(`${line}\r\n`, 'latin1'), '\r\n');
    if (command === null) throw new Error(line);
    return readUser(command, proxyUsers);
  };
  const login = (user: string, server: string, proxysOwn: string) => ({
    kind: 'server-login',
    user,
    server,
    proxysOwn,
  });

  test.each([
    ['USER anna@h', [], login('anna', 'h', 'nothing')],
    ['USER anna@pu@h', [], login('anna@pu', 'h', 'nothing')],
    ['USER anna@pu@h', ['pu'], login('anna', 'h', 'end-of-password')],
    ['USER anna@nu@h', ['pu', 'nu'], login('anna', 'h', 'end-of-password')],
    ['USER anna@mypu@h', ['pu'], login('anna@mypu', 'h', 'nothing')],
    ['USER me@mail.example@p@corp@h', ['p@corp'], login('me@mail.example', 'h', 'end-of-password')],
    ['USER anna@h pu', [], login('anna', 'h', 'account')],
    ['USER anna@h p@corp', ['p@corp'], login('anna', 'h', 'account')],
    ['USER an na@h:21  pu', [], login('an na', 'h:21', 'account')],
    ['USER an na@h', [], login('an na', 'h', 'nothing')],
    ['USER anna', [], { kind: 'proxy-login', server: null }],
    ['USER p@corp', ['p@corp'], { kind: 'proxy-login', server: null }],
    ['USER pu@h', ['pu'], { kind: 'proxy-login', server: 'h' }],
    ['USER p@corp@h:21', ['p@corp'], { kind: 'proxy-login', server: 'h:21' }],
  ] as const)('%s, with %j', (line, proxyUsers, said) => {
    expect(read(line, ...proxyUsers)).toEqual(said);
  });
});
