// Passive mode through the session core: PASV and EPSV, in every form in which servers answer them.
import { describe } from 'vitest';
import { CLIENT_HOST, SERVER_HOST, scene } from '../support/playbook.js';

const OPEN = { kind: 'open-data-port', link: 1, facing: 'client', admit: [CLIENT_HOST] } as const;
const AT_SERVER = { address: SERVER_HOST, port: 50_000 };
const GIVEN = { address: '10.1.0.1', port: 40_960 };

describe('a download in passive mode', () => {
  scene('passes through the proxy, leg by leg', (p) => {
    p.greets().passive(1);
    p.says('client', 'RETR report.pdf').hears('server', 'RETR report.pdf');
    p.legStands(1, 'client');
    p.says('server', '150 Here it comes')
      .hears('client', '150 Here it comes')
      .flows(1, 'download', 'RETR', 'report.pdf');
    p.dataEnds(1, 1000).says('server', '226 Done').hears('client', '226 Done');
    p.sees({ kind: 'link-opened', link: 1 });
    p.sees({ kind: 'link-closed', link: 1, verb: 'RETR', path: 'report.pdf', bytes: 1000, outcome: 'complete' });
  });

  scene('of a client that connects before its command', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'LIST').hears('server', 'LIST');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
  });

  scene('waits for a client that comes only after the 150', (p) => {
    p.greets().passive(1);
    p.says('client', 'LIST').hears('server', 'LIST');
    p.says('server', '150 ok', '226 done').hears('client', '150 ok');
    p.legStands(1, 'client').flows(1, 'download', 'LIST', '').dataEnds(1, 10).hears('client', '226 done');
  });

  scene('keeps the place of a 227 whose port is not open yet', (p) => {
    p.greets().says('client', 'PASV', 'NOOP').hears('server', 'PASV', 'NOOP');
    p.says('server', '227 (10,2,0,7,195,80)', '200 NOOP ok').wants(OPEN).dials(1, 'server', AT_SERVER).expectNothing();
    p.legStands(1, 'server').expectNothing().portOpens(1, GIVEN);
    p.hears('client', '227 (10,1,0,1,160,0)', '200 NOOP ok');
  });
});

describe('what servers answer to PASV and EPSV', () => {
  const forms: readonly (readonly [string, string, string])[] = [
    ['PASV', '227 Entering Passive Mode (10,2,0,7,195,80).', '227 Entering Passive Mode (10,1,0,1,160,0).'],
    ['PASV', '227 Entering Passive Mode 10,2,0,7,195,80', '227 Entering Passive Mode 10,1,0,1,160,0'],
    ['PASV', '227 =10,2,0,7,195,80', '227 =10,1,0,1,160,0'],
    ['pasv', '227 ok (10, 2, 0, 7, 195, 80)', '227 ok (10,1,0,1,160,0)'],
    ['CPSV', '227 Entering Passive Mode (10,2,0,7,195,80)', '227 Entering Passive Mode (10,1,0,1,160,0)'],
    ['EPSV', '229 Entering Extended Passive Mode (|||50000|)', '229 Entering Extended Passive Mode (|||40960|)'],
    ['EPSV', '229 ok (!!!50000!).', '229 ok (!!!40960!).'],
    ['EPSV', '200 ok (|||50000|)', '200 ok (|||40960|)'],
    ['EPSV', '229 ok (|1|10.2.0.7|50000|)', '229 ok (|||40960|)'],
    ['EPSV', '227 Entering Passive Mode (10,2,0,7,195,80)', '227 Entering Passive Mode (10,1,0,1,160,0)'],
    ['PASV', '229 Entering Extended Passive Mode (|||50000|)', '229 Entering Extended Passive Mode (|||40960|)'],
    ['P@SW', '227 Entering Passive Mode (10,2,0,7,195,80)', '227 Entering Passive Mode (10,1,0,1,160,0)'],
  ];
  for (const [command, reply, given] of forms) {
    scene(`${command}: ${reply}`, (p) => {
      p.greets()
        .says('client', command)
        .hears('server', command)
        .says('server', reply)
        .wants(OPEN)
        .dials(1, 'server', AT_SERVER);
      p.portOpens(1, GIVEN).legStands(1, 'server').hears('client', given);
      const announced = { address: SERVER_HOST, port: 50_000 };
      p.sees({ kind: 'rewrite', link: 1, announced, used: announced, given: GIVEN });
    });
  }

  scene('a refusal is relayed', (p) => {
    p.greets().exchanges('EPSV', '500 EPSV not understood');
  });

  scene('a 227 of several lines is rewritten where the address stands', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV');
    p.says('server', '227-Entering', ' Passive Mode (10,2,0,7,195,80)', '227 so there')
      .wants(OPEN)
      .dials(1, 'server', AT_SERVER);
    p.portOpens(1, GIVEN)
      .legStands(1, 'server')
      .hears('client', '227-Entering', ' Passive Mode (10,1,0,1,160,0)', '227 so there');
  });

  for (const rubbish of [
    '227 Entering Passive Mode',
    '227 (300,2,0,7,195,80)',
    '227 (10,2,0,7,0,0)',
    '227 (10,2,0,7,195)',
  ]) {
    scene(`rubbish never reaches the client: ${rubbish}`, (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', rubbish);
      p.hears('client', "425 The server's reply to PASV holds no address that can be read");
      p.sees({ kind: 'violation', side: 'server', code: 'bad-address' });
      p.exchanges('NOOP', '200 ok');
    });
  }
});

describe('a 227 that names another host than the server', () => {
  const FOREIGN = '227 Entering Passive Mode (192,168,1,5,195,80).';

  scene('ignore: the server itself is dialled', (p) => {
    p.greets()
      .says('client', 'PASV')
      .hears('server', 'PASV')
      .says('server', FOREIGN)
      .wants(OPEN)
      .dials(1, 'server', AT_SERVER);
    p.portOpens(1, GIVEN).legStands(1, 'server').hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
    p.sees({
      kind: 'rewrite',
      announced: { address: '192.168.1.5', port: 50_000 },
      used: { address: SERVER_HOST, port: 50_000 },
    });
    p.sees({ kind: 'note', side: 'server', code: 'foreign-address' });
    p.says('client', 'PASV').hears('server', 'PASV').says('server', FOREIGN);
    p.wants({ kind: 'drop-link', link: 1 }).wants({ ...OPEN, link: 2 });
    p.dials(2, 'server', { address: SERVER_HOST, port: 50_000 }).portOpens(2, GIVEN).legStands(2, 'server');
    p.hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
    p.doesNotSee({ kind: 'note' });
  });

  scene(
    'follow: the named host is dialled',
    (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', FOREIGN).wants(OPEN);
      p.dials(1, 'server', { address: '192.168.1.5', port: 50_000 });
      p.portOpens(1, GIVEN).legStands(1, 'server').hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
    },
    { policy: { pasvAddress: 'follow' } },
  );

  scene(
    'strict: it is refused',
    (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', FOREIGN);
      p.hears('client', '425 The server named a foreign address, 192.168.1.5, for the data connection');
      p.sees({ kind: 'violation', side: 'server', code: 'foreign-address' });
    },
    { policy: { pasvAddress: 'strict' } },
  );
});

describe('ports and families', () => {
  scene('no free port: 425 in the place of the 227, and the session goes on', (p) => {
    p.greets()
      .says('client', 'PASV')
      .hears('server', 'PASV')
      .says('server', '227 (10,2,0,7,195,80)')
      .wants(OPEN)
      .dials(1, 'server', AT_SERVER);
    p.happens({ kind: 'data-port-failed', link: 1, reason: 'every port from 1 to 2 is in use' });
    p.wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '425 Cannot open a data port: every port from 1 to 2 is in use').exchanges('NOOP', '200 ok');
  });

  scene(
    'PASV cannot carry an IPv6 address',
    (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,80)');
      p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['fd01::2'] });
      p.dials(1, 'server', AT_SERVER).legStands(1, 'server');
      p.portOpens(1, { address: 'fd01::1', port: 40_960 }).wants({ kind: 'drop-link', link: 1 });
      p.hears('client', '425 PASV cannot carry an IPv6 address; use EPSV');
    },
    { clientOverIpv6: true },
  );

  scene(
    "EPSV with a family names the server's own",
    (p) => {
      p.greets().says('client', 'EPSV 2').hears('server', 'EPSV 1');
    },
    { clientOverIpv6: true },
  );

  scene(
    'EPSV with a family that is not that of the connection: 522 with the one that is',
    (p) => {
      p.greets().says('client', 'EPSV 1').hears('client', '522 Network protocol not supported, use (2)');
      p.says('client', 'EPSV 2').hears('server', 'EPSV 1');
    },
    { clientOverIpv6: true },
  );

  scene('and where both connections are of the same, the server says so', (p) => {
    p.greets().exchanges('EPSV 2', '522 Network protocol not supported, use (1)');
    p.says('client', 'EPSV 1').hears('server', 'EPSV 1');
  });

  scene(
    'the same over IPv6, with a mode of its own towards the server',
    (p) => {
      p.greets().says('client', 'EPSV 1').hears('client', '522 Network protocol not supported, use (2)');
    },
    { clientOverIpv6: true, policy: { serverMode: 'auto' } },
  );

  scene('a 227 behind an answer to Telnet', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '\xff\xfe\x01227 (10,2,0,7,195,80)');
    p.wants(OPEN).dials(1, 'server', AT_SERVER).legStands(1, 'server').portOpens(1, GIVEN);
    p.hears('client', '227 (10,1,0,1,160,0)');
  });

  scene('a second PASV replaces the first', (p) => {
    p.greets().passive(1).says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,81)');
    p.wants({ kind: 'drop-link', link: 1, unused: true }).wants({ ...OPEN, link: 2 });
    p.dials(2, 'server', { address: SERVER_HOST, port: 50_001 }).legStands(2, 'server');
    p.portOpens(2, GIVEN).hears('client', '227 (10,1,0,1,160,0)');
    p.sees({ kind: 'link-closed', link: 1, outcome: 'unused' });
  });

  scene('a stranger at the data port is told of, and changes nothing', (p) => {
    p.greets().passive(1);
    p.happens({
      kind: 'data-stranger',
      link: 1,
      side: 'client',
      remote: { address: '10.9.9.9', port: 1 },
      fault: null,
    });
    p.sees({ kind: 'violation', side: 'client', code: 'foreign-data-peer' }).legStands(1, 'client');
  });

  scene('a data connection that was gone before it was taken ends its transfer, unless another comes', (p) => {
    const vanished = { kind: 'data-peer-vanished', link: 1, side: 'client' } as const;
    p.greets().passive(1).happens(vanished).expectNothing().legStands(1, 'client');
    p.says('client', 'STOR a')
      .hears('server', 'STOR a')
      .passes(10_000)
      .says('server', '150 ok')
      .hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a').doesNotSee({ kind: 'violation', code: 'foreign-data-peer' });
  });

  for (const when of ['before', 'after'] as const) {
    scene(`a data connection that was gone before it was taken, ${when} the transfer command`, (p) => {
      const vanished = { kind: 'data-peer-vanished', link: 1, side: 'client' } as const;
      p.greets().passive(1);
      if (when === 'before') p.happens(vanished);
      p.says('client', 'STOR a').hears('server', 'STOR a');
      if (when === 'after') p.happens(vanished);
      p.says('server', '150 ok').hears('client', '150 ok');
      p.passes(1000).wants({ kind: 'drop-link', link: 1 }).says('server', '426 broken').hears('client', '426 broken');
      const seen = 'the client broke its connection to port 40960 off before it was taken';
      p.sees({
        kind: 'link-closed',
        outcome: 'failed',
        cause: 'client-broke',
        reason: `${seen}; the server said 426 broken`,
      });
    });
  }

  scene('EPSV ALL forbids every other way to announce a port, which is for the server to say', (p) => {
    p.greets().exchanges('EPSV ALL', '200 EPSV ALL ok');
    for (const command of ['PASV', 'P@SW', 'LPSV', 'SPAS']) {
      p.exchanges(command, '501 EPSV only').sees({ kind: 'violation', side: 'client', code: 'after-epsv-all' });
    }
    p.says('client', 'PORT 10,1,0,2,195,80').wants({ ...OPEN, facing: 'server', admit: [SERVER_HOST] });
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'PORT 10,2,0,1,160,0');
    p.says('server', '501 EPSV only').wants({ kind: 'drop-link', link: 1 }).hears('client', '501 EPSV only');
  });

  scene('a server that does not mind has its port rewritten', (p) => {
    p.greets().exchanges('EPSV ALL', '200 ok').says('client', 'PASV').hears('server', 'PASV');
    p.says('server', '227 ok (10,2,0,7,195,80)').wants(OPEN).dials(1, 'server', AT_SERVER).legStands(1, 'server');
    p.portOpens(1, GIVEN).hears('client', '227 ok (10,1,0,1,160,0)');
  });

  scene(
    'where the server would hear another command than the client says, we say so',
    (p) => {
      p.greets().exchanges('EPSV ALL', '200 ok').says('client', 'PASV');
      p.hears('client', '500 After EPSV ALL only EPSV is accepted (RFC 2428 section 4)');
      p.exchanges('USER anna', '331 ok').says('client', 'PASV').hears('server', 'EPSV');
    },
    { serverOverIpv6: true },
  );
});
