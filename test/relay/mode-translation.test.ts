// Each leg its own mode: what the client asks for, and what the server is asked in its place.
import { describe } from 'vitest';
import { CLIENT_HOST, type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const CLIENT_PORT = { address: CLIENT_HOST, port: 50_000 };
const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };
const FACING_CLIENT = { kind: 'open-data-port', link: 1, facing: 'client', admit: [CLIENT_HOST] } as const;
const FACING_SERVER = { kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] } as const;
const OUR_CLIENT_PORT = { address: '10.1.0.1', port: 40_960 };
const OUR_SERVER_PORT = { address: '10.2.0.1', port: 40_961 };

function downloads(p: Playbook): void {
  p.says('server', '150 ok').hears('client', '150 ok');
}

describe('an active client and a passive server', () => {
  const policy = { policy: { serverMode: 'passive' } } as const;

  scene(
    'both are dialled',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.dials(1, 'server', SERVER_PORT).legStands(1, 'server').hears('client', '200 PORT taken');
      p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
      p.dials(1, 'client', CLIENT_PORT);
      p.legStands(1, 'client').flows(1, 'download', 'RETR', 'a').dataEnds(1, 3);
      p.says('server', '226 ok').hears('client', '226 ok');
      p.sees({ kind: 'command', line: 'EPSV', by: 'proxy' }).sees({
        kind: 'link-closed',
        outcome: 'complete',
        bytes: 3,
      });
    },
    policy,
  );

  scene(
    'what comes behind PORT in the same breath waits for the outcome',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80', 'REST 5', 'RETR a').hears('server', 'EPSV');
      p.says('server', '500 EPSV?').hears('server', 'PASV').says('server', '227 ok (10,2,0,7,195,80)');
      p.dials(1, 'server', SERVER_PORT).expectNothing().legStands(1, 'server');
      p.hears('server', 'REST 5', 'RETR a').hears('client', '200 PORT taken');
    },
    policy,
  );

  scene(
    'what the server turned down is not asked of it again',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '502 no EPSV');
      p.hears('server', 'PASV').says('server', '227 ok (10,2,0,7,195,80)').dials(1, 'server', SERVER_PORT);
      p.legStands(1, 'server').hears('client', '200 PORT taken');
      p.says('client', 'EPRT |1|10.1.0.2|50000|').hears('server', 'PASV').says('server', '227 ok (10,2,0,7,195,80)');
      p.wants({ kind: 'drop-link', link: 1 }).dials(2, 'server', SERVER_PORT).legStands(2, 'server');
      p.hears('client', '200 EPRT taken');
    },
    policy,
  );

  scene(
    'a server without passive modes: 425 with its words',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '500 no');
      p.hears('server', 'PASV').says('server', '502 never');
      p.hears('client', '425 The server opens no data connection: 502 never').exchanges('NOOP', '200 ok');
    },
    policy,
  );

  scene(
    'a private address in the 227 is not dialled',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '500 no');
      p.hears('server', 'PASV').says('server', '227 ok (192,168,1,5,195,80)').dials(1, 'server', SERVER_PORT);
    },
    policy,
  );

  scene(
    'a bounce is refused as ever',
    (p) => {
      p.greets().says('client', 'PORT 10,9,9,9,195,80');
      p.hears('client', '500 Data connections go to 10.1.0.2 only, not to 10.9.9.9');
    },
    policy,
  );
});

describe('a passive client and an active server', () => {
  const policy = { policy: { serverMode: 'active' } } as const;

  for (const [command, reply] of [
    ['PASV', '227 Entering Passive Mode (10,1,0,1,160,0)'],
    ['EPSV', '229 Entering Extended Passive Mode (|||40960|)'],
  ] as const) {
    scene(
      `${command}: both dial the proxy`,
      (p) => {
        p.greets().says('client', command).wants(FACING_CLIENT).wants(FACING_SERVER);
        p.portOpens(1, OUR_CLIENT_PORT)
          .expectNothing()
          .portOpens(1, OUR_SERVER_PORT)
          .hears('server', 'PORT 10,2,0,1,160,1');
        p.says('server', '200 ok').hears('client', reply).says('client', 'LIST').hears('server', 'LIST');
        p.legStands(1, 'server').legStands(1, 'client');
        downloads(p);
        p.flows(1, 'download', 'LIST', '');
      },
      policy,
    );
  }

  scene(
    'EPSV for a family that nobody knows',
    (p) => {
      p.greets().says('client', 'EPSV 3').hears('client', '522 Network protocol not supported, use (1)');
    },
    policy,
  );

  scene(
    'the server declines: 425 with its words',
    (p) => {
      p.greets().says('client', 'PASV').wants(FACING_CLIENT).wants(FACING_SERVER);
      p.portOpens(1, OUR_CLIENT_PORT).portOpens(1, OUR_SERVER_PORT).hears('server', 'PORT 10,2,0,1,160,1');
      p.says('server', '500 Illegal PORT').wants({ kind: 'drop-link', link: 1 });
      p.hears('client', '425 The server opens no data connection: 500 Illegal PORT').exchanges('NOOP', '200 ok');
    },
    policy,
  );

  scene(
    'one of the ports cannot be opened',
    (p) => {
      p.greets().says('client', 'PASV').wants(FACING_CLIENT).wants(FACING_SERVER).portOpens(1, OUR_CLIENT_PORT);
      p.happens({ kind: 'data-port-failed', link: 1, reason: 'every port is in use' }).wants({
        kind: 'drop-link',
        link: 1,
      });
      p.hears('client', '425 Cannot open a data port: every port is in use');
    },
    policy,
  );

  scene(
    'EPSV ALL asks for no port',
    (p) => {
      p.greets().says('client', 'EPSV ALL').hears('client', '200 EPSV ALL taken');
    },
    policy,
  );
});

describe('whatever the server has to offer', () => {
  const policy = { policy: { serverMode: 'auto' } } as const;

  scene(
    'a client that insists on EPSV, a server that has only PASV',
    (p) => {
      p.greets().says('client', 'EPSV ALL').hears('client', '200 EPSV ALL taken');
      p.says('client', 'EPSV').hears('server', 'EPSV').says('server', '502 no');
      p.hears('server', 'PASV').says('server', '227 ok (10,2,0,7,195,80)').wants(FACING_CLIENT);
      p.dials(1, 'server', SERVER_PORT).legStands(1, 'server');
      p.portOpens(1, OUR_CLIENT_PORT).hears('client', '229 Entering Extended Passive Mode (|||40960|)');
      p.says('client', 'PASV').hears('client', '500 After EPSV ALL only EPSV is accepted (RFC 2428 section 4)');
      p.sees({ kind: 'violation', code: 'after-epsv-all' });
    },
    policy,
  );

  scene(
    'a server without passive modes is offered a port, for a passive client',
    (p) => {
      p.greets().says('client', 'PASV').hears('server', 'EPSV').says('server', '502 no').hears('server', 'PASV');
      p.says('server', '502 no').wants(FACING_CLIENT).wants(FACING_SERVER).portOpens(1, OUR_SERVER_PORT);
      p.portOpens(1, OUR_CLIENT_PORT).hears('server', 'PORT 10,2,0,1,160,1').says('server', '200 ok');
      p.hears('client', '227 Entering Passive Mode (10,1,0,1,160,0)');
    },
    policy,
  );

  scene(
    'and for an active one its PORT is relayed after all',
    (p) => {
      p.greets()
        .says('client', 'PORT 10,1,0,2,195,80')
        .hears('server', 'EPSV')
        .says('server', '502 no')
        .hears('server', 'PASV');
      p.says('server', '502 no')
        .wants(FACING_SERVER)
        .portOpens(1, OUR_SERVER_PORT)
        .hears('server', 'PORT 10,2,0,1,160,1');
      p.says('server', '200 ok').hears('client', '200 ok');
    },
    policy,
  );
});

describe('IPv4 and IPv6', () => {
  scene(
    'PASV of an IPv4 client becomes EPSV for a server on IPv6',
    (p) => {
      p.greets()
        .says('client', 'PASV')
        .hears('server', 'EPSV')
        .says('server', '229 ok (|||50000|)')
        .wants(FACING_CLIENT);
      p.dials(1, 'server', { address: 'fd02::7', port: 50_000 }).legStands(1, 'server');
      p.portOpens(1, OUR_CLIENT_PORT).hears('client', '227 Entering Passive Mode (10,1,0,1,160,0)');
    },
    { serverOverIpv6: true },
  );

  scene(
    'PASV of an IPv6 client is answered at once',
    (p) => {
      p.greets().says('client', 'PASV').hears('client', '425 PASV cannot carry an IPv6 address; use EPSV');
    },
    { clientOverIpv6: true, policy: { serverMode: 'auto' } },
  );

  scene(
    'EPRT of an IPv6 client is served from an IPv4 server that listens',
    (p) => {
      p.greets().says('client', 'EPRT |2|fd01::2|50000|').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.dials(1, 'server', SERVER_PORT).legStands(1, 'server').hears('client', '200 EPRT taken');
    },
    { clientOverIpv6: true, policy: { serverMode: 'passive' } },
  );
});
