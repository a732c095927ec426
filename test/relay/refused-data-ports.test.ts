// A data connection that is known to have failed: the client hears so at once, and once; what the server still says of it is swallowed.
import { describe } from 'vitest';
import { CLIENT_HOST, type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const CLIENT_PORT = { address: CLIENT_HOST, port: 50_000 };
const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };
const OUR_CLIENT_PORT = { address: '10.1.0.1', port: 40_960 };
const OUR_SERVER_PORT = { address: '10.2.0.1', port: 40_961 };
const REFUSED = 'cannot connect to the server at 10.2.0.7:50000: connection refused';
const CLIENT_REFUSED = 'cannot connect to the client at 10.1.0.2:50000: connection refused';
const facing = (side: 'client' | 'server', link: number) =>
  ({ kind: 'open-data-port', link, facing: side, admit: [side === 'client' ? CLIENT_HOST : SERVER_HOST] }) as const;
const dropped = (link: number) => ({ kind: 'drop-link', link }) as const;

/** The server's port refuses, and the client hears so in the place of its address. */
function refused(p: Playbook): Playbook {
  p.announced(1).legFails(1, 'server', REFUSED).wants(dropped(1));
  return p.hears('client', `425 Cannot open a data connection: ${REFUSED}`);
}

describe("a server's passive port that refuses connections", () => {
  scene('425 in the place of the 227, and the next one is asked for', (p) => {
    refused(p.greets()).sees({ kind: 'reply', code: 227 });
    p.sees({ kind: 'link-closed', link: 1, outcome: 'failed', cause: 'server-unreachable', reason: REFUSED });
    p.sees({ kind: 'reply', code: 425, by: 'proxy' });
    p.passive(2).says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
  });

  scene('before our own port is open', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,80)');
    p.wants(facing('client', 1)).dials(1, 'server', SERVER_PORT).legFails(1, 'server', REFUSED).wants(dropped(1));
    p.hears('client', `425 Cannot open a data connection: ${REFUSED}`).portOpens(1, OUR_CLIENT_PORT).expectNothing();
  });

  scene('a transfer that is asked for all the same is answered here', (p) => {
    refused(p.greets()).says('client', 'RETR a').hears('client', `425 Cannot open a data connection: ${REFUSED}`);
    p.exchanges('NOOP', '200 ok');
  });

  scene('and REST before it does not stay for the next', (p) => {
    refused(p.greets()).exchanges('REST 100', '350 ok').says('client', 'RETR a').hears('server', 'REST 0');
    p.hears('client', `425 Cannot open a data connection: ${REFUSED}`).says('server', '350 ok').expectNothing();
    p.exchanges('PWD', '257 "/"').sees({ kind: 'command', line: 'REST 0', by: 'proxy' });
  });

  scene('a transfer in the same breath is answered, and the server rid of it', (p) => {
    p.greets().says('client', 'PASV', 'RETR a').hears('server', 'PASV', 'RETR a');
    p.says('server', '227 (10,2,0,7,195,80)').wants(facing('client', 1)).dials(1, 'server', SERVER_PORT);
    p.legFails(1, 'server', REFUSED).wants(dropped(1)).hears('server', 'ABOR');
    const reason = `425 Cannot open a data connection: ${REFUSED}`;
    p.hears('client', reason, reason).says('server', '425 no', '225 ok').exchanges('NOOP', '200 ok');
  });

  scene('that is in doubt for too long: the reply is relayed', (p) => {
    p.greets().announced(1).passes(1499).expectNothing().passes(1);
    p.hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).').legStands(1, 'server').legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a');
  });

  scene('and refuses at last, before a transfer', (p) => {
    p.greets().passiveInDoubt(1).legFails(1, 'server', REFUSED).wants(dropped(1));
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'server-unreachable' });
    p.says('client', 'LIST').hears('client', `425 Cannot open a data connection: ${REFUSED}`);
  });

  scene('while it is in doubt, another is asked for', (p) => {
    p.greets().says('client', 'PASV', 'PASV').hears('server', 'PASV', 'PASV');
    p.says('server', '227 (10,2,0,7,195,80)', '227 (10,2,0,7,195,80)').wants(facing('client', 1));
    p.dials(1, 'server', SERVER_PORT).wants(dropped(1)).wants(facing('client', 2)).dials(2, 'server', SERVER_PORT);
    p.hears('client', '425 Cannot open a data port: another was asked for');
    p.legStands(2, 'server').portOpens(2, OUR_CLIENT_PORT).hears('client', '227 (10,1,0,1,160,0)');
  });
});

describe('a data port of the proxy that cannot be opened', () => {
  const noPort = { kind: 'data-port-failed', link: 1, reason: 'every port is in use' } as const;

  scene('a transfer in the same breath is answered, and the server rid of it', (p) => {
    p.greets().says('client', 'PASV', 'RETR a').hears('server', 'PASV', 'RETR a');
    p.says('server', '227 (10,2,0,7,195,80)').wants(facing('client', 1)).dials(1, 'server', SERVER_PORT);
    p.happens(noPort).wants(dropped(1)).hears('server', 'ABOR');
    const reason = 'every port is in use';
    p.hears('client', `425 Cannot open a data port: ${reason}`, `425 Cannot open a data connection: ${reason}`);
    p.says('server', '425 no', '225 ok').exchanges('NOOP', '200 ok');
  });

  scene('a transfer that is asked for all the same does not reach the server', (p) => {
    p.greets().says('client', 'PORT 10,1,0,2,195,80').wants(facing('server', 1)).happens(noPort).wants(dropped(1));
    p.hears('client', '425 Cannot open a data port: every port is in use').says('client', 'LIST');
    p.hears('client', '425 Cannot open a data connection: every port is in use');
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'no-port', reason: 'every port is in use' });
  });
});

describe('a transfer whose data connection with the server fails', () => {
  /** The transfer was asked for before that is known. */
  function asked(p: Playbook, ...behind: readonly string[]): Playbook {
    p.greets()
      .passiveInDoubt(1)
      .says('client', 'RETR a', ...behind)
      .hears('server', 'RETR a', ...behind);
    return p.legFails(1, 'server', REFUSED).wants(dropped(1)).hears('server', 'ABOR');
  }

  for (const [what, replies] of [
    ['425 and 225', ['425 no', '225 ok']],
    ['150, 426 and 226', ['150 ok', '426 no', '226 ok']],
    ['225 alone', ['225 ok']],
    ['226 alone', ['226 ok']],
    ['150 and 225', ['150 ok', '225 ok']],
    ['550 and 500', ['550 no such file', '500 what']],
    ['226 and 226', ['226 empty', '226 ok']],
  ] as const) {
    scene(`the server says ${what}, and the client none of that`, (p) => {
      asked(p)
        .hears('client', `425 Cannot open a data connection: ${REFUSED}`)
        .says('server', ...replies);
      p.exchanges('CWD a', '250 ok').passive(2);
      p.says('client', 'LIST').hears('server', 'LIST').says('server', '150 ok').hears('client', '150 ok');
    });
  }

  scene('what the client asked behind it is answered behind it', (p) => {
    asked(p, 'NOOP').hears('client', `425 Cannot open a data connection: ${REFUSED}`);
    p.says('server', '425 no', '200 noop', '225 ok').hears('client', '200 noop').exchanges('PWD', '257 "/"');
  });

  scene('what is answered here does not wait for the server', (p) => {
    asked(p).hears('client', `425 Cannot open a data connection: ${REFUSED}`);
    p.says('client', 'PORT 1,2,3,4,5').hearsAnything('client').says('server', '425 no', '225 ok').expectNothing();
    p.exchanges('PWD', '257 "/"');
  });

  scene('after its 150', (p) => {
    p.greets().passiveInDoubt(1).exchanges('RETR a', '150 ok').legFails(1, 'server', REFUSED).wants(dropped(1));
    p.hears('server', 'ABOR').hears('client', `425 Cannot open a data connection: ${REFUSED}`);
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'server-unreachable', reason: REFUSED });
    p.says('server', '426 no', '226 ok').exchanges('NOOP', '200 ok');
  });

  scene('after its 226 was claimed', (p) => {
    p.greets().passiveInDoubt(1).exchanges('RETR a', '150 ok').says('server', '226 ok').expectNothing();
    p.legFails(1, 'server', REFUSED).wants(dropped(1));
    p.hears('client', `426 Data connection lost, transfer aborted: ${REFUSED}`);
  });

  scene('and that the client has aborted', (p) => {
    p.greets().passiveInDoubt(1).says('client', 'RETR a', 'ABOR').hears('server', 'RETR a', 'ABOR');
    p.legFails(1, 'server', REFUSED).wants(dropped(1)).says('server', '425 no', '225 ok');
    p.hears('client', '425 no', '225 ok').sees({ kind: 'link-closed', outcome: 'refused' });
  });
});

describe('an active client that refuses its data connection', () => {
  scene('before the 150: the server is cut off, and no more is heard of it', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', CLIENT_PORT).legFails(1, 'client', CLIENT_REFUSED).wants(dropped(1));
    p.hears('client', `425 Cannot open a data connection: ${CLIENT_REFUSED}`);
    p.says('server', '150 ok', '426 broken pipe').expectNothing().exchanges('NOOP', '200 ok');
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'client-unreachable', reason: CLIENT_REFUSED });
  });

  scene('after it', (p) => {
    p.greets().active(1).exchanges('RETR a', '150 ok').legStands(1, 'server').dials(1, 'client', CLIENT_PORT);
    p.legFails(1, 'client', CLIENT_REFUSED).wants(dropped(1));
    p.hears('client', `425 Cannot open a data connection: ${CLIENT_REFUSED}`);
    p.says('server', '226 done').expectNothing().exchanges('NOOP', '200 ok');
  });

  scene('to a server that connects before any transfer', (p) => {
    p.greets().active(1).legStands(1, 'server').dials(1, 'client', CLIENT_PORT).legFails(1, 'client', CLIENT_REFUSED);
    p.wants(dropped(1))
      .says('client', 'RETR a')
      .hears('client', `425 Cannot open a data connection: ${CLIENT_REFUSED}`);
    p.active(2).says('client', 'RETR a').hears('server', 'RETR a');
  });
});

describe('modes of its own', () => {
  const auto = { policy: { serverMode: 'auto' } } as const;

  scene(
    'a port that refuses: the next mode is tried within the same command',
    (p) => {
      p.greets().says('client', 'EPSV').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.wants(facing('client', 1)).dials(1, 'server', SERVER_PORT).legFails(1, 'server', REFUSED);
      p.wants(dropped(1)).hears('server', 'PASV').says('server', '227 ok (10,2,0,7,195,80)');
      p.wants(facing('client', 2)).dials(2, 'server', SERVER_PORT).legFails(2, 'server', REFUSED).wants(dropped(2));
      p.wants(facing('client', 3)).wants(facing('server', 3)).portOpens(3, OUR_CLIENT_PORT);
      p.portOpens(3, OUR_SERVER_PORT).hears('server', 'PORT 10,2,0,1,160,1').says('server', '200 ok');
      p.hears('client', '229 Entering Extended Passive Mode (|||40960|)')
        .says('client', 'LIST')
        .hears('server', 'LIST');
    },
    auto,
  );

  scene(
    'and for an active client its PORT is relayed after all',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.dials(1, 'server', SERVER_PORT).legFails(1, 'server', REFUSED).wants(dropped(1)).hears('server', 'PASV');
      p.says('server', '502 no').wants(facing('server', 2)).portOpens(2, OUR_SERVER_PORT);
      p.hears('server', 'PORT 10,2,0,1,160,1').says('server', '200 ok').hears('client', '200 ok');
    },
    auto,
  );

  scene(
    'a server that is to listen and cannot be reached: 425 with the reason',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.dials(1, 'server', SERVER_PORT).legFails(1, 'server', REFUSED).wants(dropped(1)).hears('server', 'PASV');
      p.says('server', '502 no').hears('client', '425 The server opens no data connection: 502 no');
      p.says('client', 'LIST').hears('client', `425 Cannot open a data connection: ${REFUSED}`);
    },
    { policy: { serverMode: 'passive' } },
  );
});

describe('a port that no transfer uses', () => {
  scene('is taken back after a while', (p) => {
    p.greets().passive(1).passes(299_999).expectNothing().passes(1).wants(dropped(1));
    const reason = 'no transfer used it within 300 s; the client did not connect to port 40960';
    p.sees({ kind: 'link-closed', outcome: 'unused', cause: 'taken-back', reason });
    p.says('client', 'LIST').hears(
      'client',
      '425 Cannot open a data connection: its port was closed: no transfer used it within 300 s',
    );
    p.passive(2);
  });

  scene('is taken back by REIN', (p) => {
    p.greets().passive(1).says('client', 'REIN').hears('server', 'REIN').says('server', '220 ready').wants(dropped(1));
    p.hears('client', '220 ready').sees({ kind: 'link-closed', outcome: 'unused', cause: 'taken-back' });
  });

  scene('stays good for the one after a refused transfer', (p) => {
    p.greets().passive(1).passes(200_000).says('client', 'RETR a').hears('server', 'RETR a').says('server', '550 no');
    p.wants({ kind: 'watch-leg', link: 1, side: 'server' }).hears('client', '550 no').passes(200_000).expectNothing();
  });
});
