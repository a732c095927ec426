// A data connection that does not come about: who did not make it is told, whoever it was that gave up.
import { describe } from 'vitest';
import { type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const DROPPED = { kind: 'drop-link', link: 1 } as const;

/** A download, asked for over a port of the server's. */
function asked(p: Playbook): Playbook {
  return p.greets().passiveInDoubt(1).says('client', 'RETR a').hears('server', 'RETR a');
}

/** The server is connected, and waits for nothing more. */
function begun(p: Playbook): Playbook {
  return asked(p).legStands(1, 'server').says('server', '150 ok').hears('client', '150 ok');
}

describe('a server whose data port cannot be reached', () => {
  scene('and has not answered when it says 425', (p) => {
    asked(p).passes(20_000).says('server', '425 No connection.').hears('client', '425 No connection.');
    p.says('client', 'QUIT').hears('server', 'QUIT').says('server', '221 bye').hears('client', '221 bye');
    p.happens({ kind: 'control-ended', from: 'server' }).wants(DROPPED).isOver();
    const reason = 'the server did not answer at 10.2.0.7:50000; the server said 425 No connection.';
    p.sees({ kind: 'link-closed', outcome: 'failed', reason });
  });

  scene('but declines for another reason', (p) => {
    asked(p).says('server', '550 No such file').hears('client', '550 No such file');
    p.happens({ kind: 'shutdown', cause: 'shutdown', reason: 'shut down' })
      .wants(DROPPED)
      .hears('client', '421 Shut down')
      .isOver();
    p.sees({ kind: 'link-closed', outcome: 'refused', reason: '550 No such file' });
  });
});

describe('a server that cannot reach the port that it was given', () => {
  scene('and says so', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').passes(20_000);
    p.says('server', '425 No route.').hears('client', '425 No route.');
    p.happens({ kind: 'shutdown', cause: 'shutdown', reason: 'shut down' })
      .wants(DROPPED)
      .hears('client', '421 Shut down')
      .isOver();
    const reason = 'the server did not connect to port 40960; the server said 425 No route.';
    p.sees({ kind: 'link-closed', outcome: 'failed', reason });
  });
});

describe('a client that never connects', () => {
  scene('is named when the time is over', (p) => {
    begun(p).passes(300_000).wants(DROPPED).says('server', '226 done');
    const reason = 'the client did not connect to port 40960 within 300 s';
    p.hears('client', `426 Data connection lost, transfer aborted: ${reason}`);
    p.sees({ kind: 'link-closed', outcome: 'failed', reason });
  });

  scene('and loses its patience', (p) => {
    begun(p).says('client', 'ABOR').hears('server', 'ABOR').passes(500).wants(DROPPED);
    p.says('server', '426 aborted', '226 done').hears('client', '426 aborted', '226 done');
    p.sees({
      kind: 'link-closed',
      outcome: 'aborted',
      reason: 'aborted by the client; the client did not connect to port 40960',
    });
  });

  scene('and goes away', (p) => {
    begun(p).happens({ kind: 'control-lost', from: 'client', reason: 'connection reset by peer' });
    p.wants(DROPPED).isOver();
    const reason = 'the client went away; the client did not connect to port 40960';
    p.sees({ kind: 'link-closed', outcome: 'failed', reason });
  });
});

describe('a transfer that waits for its data connection', () => {
  const OVERDUE = { kind: 'violation', code: 'data-connection-overdue' } as const;

  scene('is told of after a while, once', (p) => {
    begun(p).passes(4999).doesNotSee(OVERDUE).passes(1);
    const detail = 'the client did not connect to port 40960 within 5 s';
    p.sees({ ...OVERDUE, side: 'client', detail, action: 'waiting on' });
    p.passes(60_000).doesNotSee(OVERDUE).legStands(1, 'client').flows(1, 'download', 'RETR', 'a');
  });

  scene('for both sides', (p) => {
    asked(p).passes(5000);
    const detail =
      'the server did not answer at 10.2.0.7:50000, and the client did not connect to port 40960 within 5 s';
    p.sees({ ...OVERDUE, side: 'server', detail });
  });

  scene('from the 150 on, which the client may have waited for', (p) => {
    asked(p).legStands(1, 'server').passes(4000).says('server', '150 ok').hears('client', '150 ok');
    p.passes(4000).doesNotSee(OVERDUE).passes(1000).sees(OVERDUE);
  });

  scene('and gets it in time is no news', (p) => {
    begun(p).passes(4000).legStands(1, 'client').flows(1, 'download', 'RETR', 'a').passes(20_000).doesNotSee(OVERDUE);
  });

  scene('and is declined meanwhile is no news either', (p) => {
    asked(p).says('server', '550 No such file').hears('client', '550 No such file').passes(20_000).doesNotSee(OVERDUE);
  });
});

describe('a client that leaves', () => {
  scene('without the data connection that it asked for is waited for a moment', (p) => {
    begun(p).happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.passes(9_999).expectNothing().passes(1).wants(DROPPED).isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', reason: 'the client did not connect to port 40960' });
  });

  scene('and connects all the same gets its data', (p) => {
    begun(p).happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.legStands(1, 'client').flows(1, 'download', 'RETR', 'a').passes(20_000).expectNothing();
  });

  scene('without a transfer', (p) => {
    p.greets()
      .passive(1)
      .exchanges('QUIT', '221 Bye')
      .happens({ kind: 'control-ended', from: 'server' })
      .wants(DROPPED);
    p.isOver();
    const reason = 'QUIT; the client did not connect to port 40960';
    p.sees({ kind: 'link-closed', outcome: 'unused', reason });
  });

  scene('for another port', (p) => {
    p.greets().passive(1).says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,81)');
    p.wants(DROPPED).wants({ kind: 'open-data-port', link: 2, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(2, 'server', { address: SERVER_HOST, port: 50_001 });
    const reason = 'replaced by the next one; the client did not connect to port 40960';
    p.sees({ kind: 'link-closed', outcome: 'unused', reason });
  });
});

describe('a server that connects behind its 226', () => {
  scene('has time for all of the data', (p) => {
    asked(p).says('server', '150 ok', '226 done').hears('client', '150 ok').legStands(1, 'client').passes(4000);
    p.legStands(1, 'server').flows(1, 'download', 'RETR', 'a').passes(60_000).expectNothing();
    p.dataEnds(1, 3_000_000).hears('client', '226 done');
  });
});

describe('neither of them', () => {
  scene('is both of them', (p) => {
    asked(p)
      .says('server', '150 ok')
      .hears('client', '150 ok')
      .passes(300_000)
      .wants(DROPPED)
      .says('server', '226 done');
    const reason =
      'the server did not answer at 10.2.0.7:50000, and the client did not connect to port 40960 within 300 s';
    p.hears('client', `426 Data connection lost, transfer aborted: ${reason}`);
  });
});
