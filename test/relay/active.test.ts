// Active mode through the session core: PORT and EPRT, and what of them is refused.
import { describe } from 'vitest';
import { CLIENT_HOST, SERVER_HOST, scene } from '../support/playbook.js';

const OPEN = { kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] } as const;
const CLIENT_PORT = { address: CLIENT_HOST, port: 50_000 };

describe('a transfer in active mode', () => {
  scene('dials the client when the server is connected', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', CLIENT_PORT).says('server', '150 ok').hears('client', '150 ok');
    p.legStands(1, 'client').flows(1, 'download', 'RETR', 'a').dataEnds(1, 5);
    p.says('server', '226 ok').hears('client', '226 ok');
    p.sees({ kind: 'link-closed', outcome: 'complete', bytes: 5 });
  });

  scene('a server that connects only after its 150 is waited for', (p) => {
    p.greets().active(1).says('client', 'STOR a').hears('server', 'STOR a');
    p.says('server', '150 ok').hears('client', '150 ok').expectNothing();
    p.legStands(1, 'server').dials(1, 'client', CLIENT_PORT).legStands(1, 'client').flows(1, 'upload', 'STOR', 'a');
  });

  scene('a server that connects at once, before any transfer', (p) => {
    p.greets().active(1).legStands(1, 'server').dials(1, 'client', CLIENT_PORT).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a');
  });

  scene('a server that says 150 and never connects leaves the client alone', (p) => {
    p.greets().active(1).exchanges('RETR a', '150 ok').passes(60_000);
    p.says('server', '425 No route.')
      .passes(5000)
      .wants({ kind: 'drop-link', link: 1 })
      .hears('client', '425 No route.');
    p.sees({ kind: 'link-closed', cause: 'failed-by-server' });
  });

  scene('a refused transfer never reaches the client, and its port serves the next', (p) => {
    p.greets().active(1).exchanges('RETR missing', '550 No such file');
    p.says('client', 'RETR there').hears('server', 'RETR there').legStands(1, 'server').dials(1, 'client', CLIENT_PORT);
  });

  scene('a client that cannot be reached sees no success', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', CLIENT_PORT).says('server', '150 ok', '226 ok').hears('client', '150 ok');
    p.legFails(1, 'client', 'cannot connect to the client: connection refused').wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '426 Data connection lost, transfer aborted: cannot connect to the client: connection refused');
    p.sees({ kind: 'link-closed', outcome: 'failed' });
  });

  scene('PORT and LIST in one chunk: LIST does not overtake the rewritten PORT', (p) => {
    p.greets().says('client', 'PORT 10,1,0,2,195,80', 'LIST').wants(OPEN).expectNothing();
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'PORT 10,2,0,1,160,0', 'LIST');
  });

  for (const command of ['PORT 0,0,0,0,195,80', 'EPRT |2|::|50000|']) {
    scene(`the unspecified address means the client's own: ${command}`, (p) => {
      p.greets().says('client', command).wants(OPEN).portOpens(1, { address: '10.2.0.1', port: 40_960 });
      p.hearsAnything('server').sees({ kind: 'rewrite', announced: CLIENT_PORT });
    });
  }

  scene('EPRT keeps its spelling', (p) => {
    p.greets().says('client', 'eprt |1|10.1.0.2|50000|').wants(OPEN);
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'eprt |1|10.2.0.1|40960|');
    p.sees({ kind: 'rewrite', what: 'EPRT', announced: CLIENT_PORT, given: { address: '10.2.0.1', port: 40_960 } });
  });

  scene(
    'PORT becomes EPRT for a server on IPv6',
    (p) => {
      p.greets()
        .says('client', 'PORT 10,1,0,2,195,80')
        .wants({ ...OPEN, admit: ['fd02::7'] });
      p.portOpens(1, { address: 'fd02::1', port: 40_960 }).hears('server', 'EPRT |2|fd02::1|40960|');
    },
    { serverOverIpv6: true },
  );

  scene('a PORT that the server declines closes its link', (p) => {
    p.greets().says('client', 'PORT 10,1,0,2,195,80').wants(OPEN);
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'PORT 10,2,0,1,160,0');
    p.says('server', '500 PORT not allowed').wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '500 PORT not allowed').sees({ kind: 'link-closed', outcome: 'refused' });
  });

  scene('no free port: 425, nothing goes to the server', (p) => {
    p.greets().says('client', 'PORT 10,1,0,2,195,80').wants(OPEN);
    p.happens({ kind: 'data-port-failed', link: 1, reason: 'every port is in use' }).wants({
      kind: 'drop-link',
      link: 1,
    });
    p.hears('client', '425 Cannot open a data port: every port is in use').exchanges('NOOP', '200 ok');
  });
});

describe('refused', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['PORT 10,9,9,9,195,80', 'foreign-address', '500 Data connections go to 10.1.0.2 only, not to 10.9.9.9'],
    ['EPRT |1|10.9.9.9|50000|', 'foreign-address', '500 Data connections go to 10.1.0.2 only, not to 10.9.9.9'],
    ['PORT 10,1,0,2,0,25', 'privileged-port', '500 Data ports below 1024 are refused'],
    ['PORT 10,1,0,2,195', 'bad-address', '501 That names no data port; the form is PORT h1,h2,h3,h4,p1,p2'],
    ['PORT 10,1,0,2,256,1', 'bad-address', '501 That names no data port; the form is PORT h1,h2,h3,h4,p1,p2'],
    ['EPRT |3|10.9.9.9|50000|', 'bad-address', '522 Network protocol not supported, use (1)'],
    ['EPRT |2|fd01::2|50000|', 'foreign-address', '522 Network protocol not supported, use (1)'],
    ['EPRT 10.1.0.2', 'bad-address', '501 That names no data port; the form is EPRT |1|address|port|'],
    [
      'LPRT 4,4,10,1,0,2,2,195,80',
      'unsupported-address-form',
      '502 LPRT does not pass this proxy; use EPSV, PASV, EPRT or PORT',
    ],
    ['AUTH TLS', 'encryption-refused', '502 AUTH does not pass this proxy: encryption is switched off'],
  ];
  for (const [command, code, reply] of refused) {
    scene(command, (p) => {
      p.greets().says('client', command).hears('client', reply);
      p.sees({ kind: 'command', line: command }).sees({ kind: 'violation', side: 'client', code });
      p.sees({ kind: 'reply', answers: 1, by: 'proxy' });
    });
  }

  const refusedOverIpv6: readonly (readonly [string, string, string])[] = [
    ['EPRT |1|10.1.0.2|50000|', 'foreign-address', '522 Network protocol not supported, use (2)'],
    ['EPRT |3|x|50000|', 'bad-address', '522 Network protocol not supported, use (2)'],
    ['PORT 10,1,0,2,195,80', 'foreign-address', '501 PORT names IPv4 addresses only; use EPRT or EPSV'],
  ];
  for (const [command, code, reply] of refusedOverIpv6) {
    scene(
      `${command} over IPv6`,
      (p) => {
        p.greets().says('client', command).hears('client', reply);
        p.sees({ kind: 'violation', side: 'client', code });
      },
      { clientOverIpv6: true },
    );
  }

  scene(
    'a family that nobody knows, where every host is allowed',
    (p) => {
      p.greets().says('client', 'EPRT |3|x|50000|').hears('client', '522 Network protocol not supported, use (1,2)');
    },
    { policy: { allowForeignPort: true } },
  );

  scene('an own answer waits for those of the commands before it', (p) => {
    p.greets().says('client', 'PWD', 'AUTH TLS', 'NOOP').hears('server', 'PWD', 'NOOP');
    p.says('server', '257 "/"').hears(
      'client',
      '257 "/"',
      '502 AUTH does not pass this proxy: encryption is switched off',
    );
    p.says('server', '200 ok').hears('client', '200 ok');
  });

  scene(
    'foreign hosts and privileged ports pass where the user says so',
    (p) => {
      p.greets()
        .says('client', 'PORT 10,9,9,9,0,25')
        .wants({ ...OPEN, admit: null });
      p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'PORT 10,2,0,1,160,0');
      p.sees({ kind: 'note', side: 'client', code: 'foreign-address' });
    },
    { policy: { allowForeignPort: true } },
  );
});
