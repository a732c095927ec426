// Encryption in forward mode: the client may ask for it before there is a server, which then gets it as well where the legs are to
// be alike; and clients name servers that speak TLS from the first byte.
import { describe } from 'vitest';
import type { TlsPolicy } from '../../src/relay/policy.js';
import { scene as anyScene, type Playbook, TLS } from '../support/playbook.js';

const SERVER = { address: 'ftp.example.com', port: 21 };
const IMPLICIT = { address: 'ftp.example.com', port: 990, implicitTls: true };
const GRANTED = '234 Proceed with the TLS handshake';

const scene = (name: string, tls: Partial<TlsPolicy>, play: (p: Playbook) => void) =>
  anyScene(name, (p) => play(p.isAsked()), {
    policy: { forward: { proxyUsers: [] } },
    tls: { client: 'offer', ...tls },
  });

const encrypts = (p: Playbook) => p.says('client', 'AUTH TLS').hears('client', GRANTED).secures('client');

/** The server agrees to everything. */
function securesServer(p: Playbook): Playbook {
  p.hears('server', 'AUTH TLS').says('server', '234 go ahead').secures('server');
  return p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
}

describe('the client encrypts before it names its server', () => {
  scene('and the server is asked for the same, before the login', { server: 'same' }, (p) => {
    encrypts(p).says('client', 'PBSZ 0', 'PROT P').hears('client', '200 PBSZ=0', '200 Protection level set to P');
    p.says('client', 'OPTS UTF8 ON').hearsAnything('client');
    securesServer(p.chooses('USER anna@ftp.example.com')).hears('server', 'OPTS UTF8 ON').says('server', '200 ok');
    p.hears('server', 'USER anna')
      .says('server', '331 ok')
      .hears('client', '331 ok')
      .exchanges('PASS secret', '230 ok');
    p.passive(1)
      .legStands(1, 'client')

      .awaitsTls(1);
    p.says('client', 'LIST').hears('server', 'LIST');
    p.legSecures(1, 'server').happens({ kind: 'data-leg-secured', link: 1, side: 'client', tls: TLS });
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
  });

  scene('which has to have it then', { server: 'same' }, (p) => {
    encrypts(p).chooses('USER anna@ftp.example.com').hears('server', 'AUTH TLS').says('server', '500 what');
    p.hears('client', '421 The server does not encrypt: it answered AUTH TLS with 500 what').isOver();
  });

  scene('or need not have it, with `auto`', { server: 'auto' }, (p) => {
    encrypts(p).chooses('USER anna@ftp.example.com').hears('server', 'AUTH TLS').says('server', '500 what');
    p.hears('server', 'USER anna');
  });

  scene('and is not asked, with `off`', { server: 'off' }, (p) => {
    encrypts(p).chooses('USER anna@ftp.example.com').hears('server', 'USER anna');
  });

  scene('in vain, where encryption is off', { client: 'off' }, (p) => {
    p.says('client', 'AUTH TLS').hears('client', '502 AUTH does not pass this proxy: encryption is switched off');
    p.says('client', 'FEAT').hears('client', '211 No features before there is a server');
  });

  scene('as it is told it can', {}, (p) => {
    p.says('client', 'FEAT').hears(
      'client',
      '211-Features before there is a server:',
      ' AUTH TLS',
      ' PBSZ',
      ' PROT',
      '211 End',
    );
    p.sees({
      kind: 'reply',
      code: 211,
      lines: ['211-Features before there is a server:', ' AUTH TLS', ' PBSZ', ' PROT', '211 End'],
    });
  });

  scene('twice: no', { server: 'same' }, (p) => {
    encrypts(p).says('client', 'AUTH TLS').hears('client', '503 This connection is encrypted already');
  });
});

describe('the client encrypts after it has named its server', () => {
  scene('with OPEN (lftp does): the server is asked at once', { server: 'same' }, (p) => {
    p.chooses('OPEN ftp.example.com').hearsAnything('client').says('client', 'AUTH TLS').hears('server', 'AUTH TLS');
    p.says('server', '234 ok').hears('client', GRANTED).securesBoth().exchanges('USER anna', '331 ok');
    p.exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok');
  });

  scene("and the server's refusal is its answer", { server: 'same' }, (p) => {
    p.chooses('OPEN ftp.example.com')
      .hearsAnything('client')
      .exchanges('AUTH TLS', '500 what')
      .exchanges('USER anna', '331 ok');
  });
});

describe('a plain client', () => {
  scene('of a server that has to encrypt', { server: 'require' }, (p) => {
    securesServer(p.chooses('USER anna@ftp.example.com')).hears('server', 'USER anna').says('server', '331 ok');
    p.hears('client', '331 ok').exchanges('PASS secret', '230 ok');
  });

  scene('of a plain server', { server: 'same' }, (p) => {
    p.chooses('USER anna@ftp.example.com').hears('server', 'USER anna');
  });

  scene('does not log in where clients have to encrypt', { client: 'require' }, (p) => {
    const required = '530 This proxy requires AUTH TLS before a login';
    p.says('client', 'USER anna@ftp.example.com', 'PASS secret').hears('client', required, required);
    encrypts(p).says('client', 'USER anna@ftp.example.com').wants({ kind: 'connect-server', server: SERVER });
  });
});

describe('a server that speaks TLS from the first byte', () => {
  for (const name of ['ftp.example.com:990', 'ftps://ftp.example.com']) {
    scene(`is named ${name}`, { server: 'same' }, (p) => {
      p.says('client', `USER anna@${name}`).wants({ kind: 'connect-server', server: IMPLICIT }).serverConnects();
      p.secures('server').says('server', '220 ready').hears('server', 'PBSZ 0').says('server', '200 ok');
      p.hears('server', 'PROT P').says('server', '200 ok').hears('server', 'USER anna');
    });
  }

  scene('and whose TLS fails', { server: 'same' }, (p) => {
    p.says('client', 'OPEN ftp.example.com:990').wants({ kind: 'connect-server', server: IMPLICIT }).serverConnects();
    p.wants({ kind: 'secure-control', side: 'server' });

    p.happens({ kind: 'control-insecure', side: 'server', reason: 'its certificate has expired', tls: TLS });
    p.hears(
      'client',
      '421 Cannot secure the connection to the server ftp.example.com:990: its certificate has expired',
    );
    p.isOver();
  });
});

describe('a client of implicit FTPS', () => {
  anyScene(
    'is greeted over TLS, and its server gets TLS as well',
    (p) => {
      p.happens({ kind: 'tick' }).wants({ kind: 'secure-control', side: 'client' }).hearsAnything('client');
      p.happens({ kind: 'control-secured', side: 'client', tls: TLS });
      securesServer(p.chooses('USER anna@ftp.example.com')).hears('server', 'USER anna');
    },
    { policy: { forward: { proxyUsers: [] } }, tls: { client: 'offer', server: 'same', clientImplicit: true } },
  );
});
