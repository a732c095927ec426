// The server's own refusal of what the proxy cannot read as a data port, and what is done when it does not refuse.
import { describe, expect, test } from 'vitest';
import { holdsNoPort } from '../../src/protocol/lenient-reading.js';
import { type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_FACING = { kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] } as const;
const OUR_PORT = { address: '10.2.0.1', port: 40_960 };

const HARMLESS = [
  ...['PORT', 'PORT ', 'PORT x', 'port what is this', 'PORT 1', 'PORT 1,2,3', 'PORT 10,1,0,2'],
  ...['EPRT', 'EPRT ', 'EPRT |', 'EPRT ||', 'EPRT ||||', 'EPRT nonsense', 'eprt ,1,2,3', 'EPRT |3|'],
];

/** Each would be an address to some server: of one that fills in zeros, wraps numbers, asks DNS, or takes other delimiters. */
const DOUBTFUL = [
  ...[
    'PORT 9,9,9,9,200',
    'PORT 9,9,9,9,999,1',
    'PORT 9.9.9.9:5000',
    'PORT |1|9.9.9.9|5000|',
    'PORT 0,0,0,0,9,9,9,9,200,7',
  ],
  ...['PORT 9,9,9,9,0,0,7', 'PORT 9;9;9;9;200;7', 'PORT 9,9,9,9,-1,-1', 'PORT host,5000', 'PORT\t1,2,3', 'PORT 1,2\r'],
  ...['EPRT |1|localhost|50000|', 'EPRT |1|localhost|smtp|', 'EPRT |1|127.1|5000|', 'EPRT |1|2130706433|5000|'],
  ...[
    'EPRT |1|0x7f000001|5000|',
    'EPRT |2|::1|5000',
    'EPRT x1x9.9.9.9x5000',
    'EPRT |1|0|5000|',
    'EPRT |1|9.9.9.9|65561|',
  ],
  ...[
    'EPRT |1|9.9.9.9|-1|',
    'EPRT |1|9.9.9.9|0|',
    'PORT 9,9,9,9,0,0',
    'EPRT |1|9.9.9.9|',
    'EPRT 9.9.9.9',
    'EPRT 9,9,9,9,200,7',
    'EPRT |localhost|25|',
    'EPRT |1|a|b|',
  ],
  ...[
    'EPRT |1|9.9.9.9|0|25|',
    'EPRT |1|[::1]|25|',
    'EPRT\t|3|',
    'EPRT |3|\xff',
    '\rPORT 1',
    'LPRT',
    'SPOR',
    'NOOP\rPORT 1',
  ],
];

describe('without a port for any server', () => {
  test.each(HARMLESS)('%j', (line) => {
    expect(holdsNoPort(`${line}\r\n`)).toBe(true);
  });
  test.each(DOUBTFUL)('not: %j', (line) => {
    expect(holdsNoPort(`${line}\r\n`)).toBe(false);
  });
  test('a line that ends for some servers alone', () => {
    expect(holdsNoPort('PORT 1,2,3\n')).toBe(false);
    expect(holdsNoPort('PORT 1,2,3')).toBe(false);
  });
});

describe('the server refuses in its own words', () => {
  for (const line of HARMLESS) {
    scene(line, (p) => {
      p.greets().exchanges(line, '501 Illegal command').exchanges('NOOP', '200 ok');
      p.sees({ kind: 'violation', side: 'client', code: 'bad-address', action: 'relayed unchanged' });
    });
  }

  for (const line of DOUBTFUL) {
    scene(`in doubt we do: ${JSON.stringify(line)}`, (p) => {
      p.greets().says('client', line).hearsAnything('client').exchanges('NOOP', '200 ok');
    });
  }

  scene('before a login', (p) => {
    p.greets().exchanges('EPRT ', '530 Log in').exchanges('PASV', '530 Log in').exchanges('EPSV', '530 Log in');
    namesOurs(p.says('client', 'PORT 10,1,0,2,195,80')).says('server', '530 Log in');
    p.wants({ kind: 'drop-link', link: 1 }).hears('client', '530 Log in');
  });

  for (const verb of ['LPSV', 'SPSV', 'SPAS']) {
    scene(verb, (p) => {
      p.greets().exchanges(verb, '500 Not understood');
      p.sees({ kind: 'violation', code: 'unsupported-address-form', action: 'relayed unchanged' });
    });
  }

  scene('a family that nobody knows, with an address and port of ours', (p) => {
    p.greets().says('client', 'EPRT !3!10.1.0.2!50000!').wants(SERVER_FACING).portOpens(1, OUR_PORT);
    p.hears('server', 'EPRT |3|10.2.0.1|40960|').says('server', '522 Not that, use (1,2)');
    p.wants({ kind: 'drop-link', link: 1 }).hears('client', '522 Not that, use (1,2)');
    p.sees({ kind: 'violation', code: 'bad-address', action: 'relayed with a port of the proxy' });
  });

  scene('a family that is not that of the address', (p) => {
    p.greets().says('client', 'EPRT |2|10.1.0.2|50000|').wants(SERVER_FACING).portOpens(1, OUR_PORT);
    p.hears('server', 'EPRT |2|10.2.0.1|40960|').says('server', '522 Not that, use (1)');
    p.wants({ kind: 'drop-link', link: 1 }).hears('client', '522 Not that, use (1)');
    p.says('client', 'EPRT |2|10.9.9.9|50000|').hearsAnything('client');
  });

  scene('or it takes it all the same, and the data passes through the proxy', (p) => {
    p.greets().says('client', 'EPRT |3|10.1.0.2|50000|').wants(SERVER_FACING).portOpens(1, OUR_PORT);
    p.hears('server', 'EPRT |3|10.2.0.1|40960|').says('server', '200 ok').hears('client', '200 ok');
    p.says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', { address: '10.1.0.2', port: 50_000 });
  });

  for (const serverMode of ['passive', 'auto'] as const) {
    scene(
      `not where it is asked for something else (${serverMode})`,
      (p) => {
        p.greets()
          .says('client', 'PORT 1,2,3', 'EPRT |3|10.1.0.2|50000|', 'LPSV')
          .hears(
            'client',
            '501 That names no data port; the form is PORT h1,h2,h3,h4,p1,p2',
            '522 Network protocol not supported, use (1)',
            '502 LPSV does not pass this proxy; use EPSV, PASV, EPRT or PORT',
          );
      },
      { policy: { serverMode } },
    );
  }
});

describe('a server that agrees is not believed', () => {
  const REFUSAL = '501 That names no data port; the form is PORT h1,h2,h3,h4,p1,p2';
  const NO_TRANSFER = '425 Cannot open a data connection: the server agreed to a PORT that does not pass this proxy';

  scene('the client hears a refusal, and no transfer goes past the proxy', (p) => {
    astray(p.greets()).sees({ kind: 'violation', side: 'server', code: 'unseen-address' });
    p.exchanges('REST 7', '350 ok').says('client', 'RETR a').hears('server', 'REST 0').hears('client', NO_TRANSFER);
    p.sees({ kind: 'reply', by: 'proxy', lines: [REFUSAL] });
  });

  scene('a port that was announced before is taken back', (p) => {
    p.greets().active(1).says('client', 'PORT 1,2,3').hears('server', 'PORT 1,2,3').says('server', '200 ok');
    p.wants({ kind: 'drop-link', link: 1 })
      .hears('client', REFUSAL)
      .says('client', 'RETR a')
      .hears('client', NO_TRANSFER);
  });

  scene('a transfer in one breath with it does not go to the server', (p) => {
    p.greets().says('client', 'PORT 1,2,3', 'RETR a').hears('server', 'PORT 1,2,3').says('server', '200 ok');
    p.hears('client', REFUSAL, '425 Cannot open a data connection: the server has not answered PORT yet');
  });

  scene('refused, it leaves the port that was announced before', (p) => {
    p.greets().active(1).exchanges('PORT 1,2,3', '501 no').says('client', 'RETR a').hears('server', 'RETR a');
    p.legStands(1, 'server');
    p.dials(1, 'client', { address: '10.1.0.2', port: 50_000 });
  });

  scene('until the server takes a port of ours', (p) => {
    namesOurs(astray(p.greets()).says('client', 'PORT 10,1,0,2,195,80')).says('server', '500 no');
    p.wants({ kind: 'drop-link', link: 1 })
      .hears('client', '500 no')
      .says('client', 'LIST')
      .hears('client', NO_TRANSFER);
    p.says('client', 'PORT 10,1,0,2,195,80')
      .wants({ ...SERVER_FACING, link: 2 })
      .portOpens(2, OUR_PORT);
    p.hears('server', 'PORT 10,2,0,1,160,0').says('server', '200 ok').hears('client', '200 ok');
    p.says('client', 'LIST').hears('server', 'LIST');
  });

  scene('or listens itself', (p) => {
    astray(p.greets()).passive(1).says('client', 'LIST').hears('server', 'LIST');
  });

  scene('or begins anew', (p) => {
    astray(p.greets()).exchanges('REIN', '220 ready').says('client', 'LIST').hears('server', 'LIST');
  });

  for (const [verb, reply] of [
    ['LPSV', '228 Entering (4,4,10,2,0,7,2,195,80)'],
    ['SPAS', '229-Entering\r\n 10,2,0,7,195,80\r\n229 End'],
    ['SPSV', '227 50000'],
    ['SPSV', '200 50000'],
  ] as const) {
    scene(`a port that it names in ${reply.slice(0, 3)} to ${verb} does not reach the client`, (p) => {
      p.greets().says('client', verb).hears('server', verb).says('server', reply);
      p.hears('client', `502 ${verb} does not pass this proxy; use EPSV, PASV, EPRT or PORT`);
      p.says('client', 'LIST').hearsAnything('client');
    });
  }

  scene('nor is one that says so in odd words', (p) => {
    p.greets().exchanges('PORT 1,2,3', '250 ok').says('client', 'LIST').hearsAnything('client');
    p.exchanges('NOOP', '200 ok').says('client', 'LIST').hears('client', NO_TRANSFER);
  });

  function astray(p: Playbook): Playbook {
    return p
      .says('client', 'PORT 1,2,3')
      .hears('server', 'PORT 1,2,3')
      .says('server', '200-ok', '200 ok')
      .hears('client', REFUSAL);
  }
});

function namesOurs(p: Playbook): Playbook {
  return p.wants(SERVER_FACING).portOpens(1, OUR_PORT).hears('server', 'PORT 10,2,0,1,160,0');
}
