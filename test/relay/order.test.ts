// The order of replies and data: 150 -> data -> end of data -> 226, whatever order they come in, and never a false success.
import { describe } from 'vitest';
import { SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };

describe('downloads', () => {
  scene('a 150 behind an answer to Telnet begins the transfer', (p) => {
    p.greets().passive(1).legStands(1, 'client').says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '\xff\xfe\x01150 ok').hears('client', '\xff\xfe\x01150 ok').flows(1, 'download', 'RETR', 'a');
    p.sees({ kind: 'reply', code: 150, lines: ['150 ok'] });
  });

  scene('a 226 that overtakes the data waits for its end', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok', '226 done').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a').expectNothing();
    p.dataEnds(1, 99).hears('client', '226 done');
  });

  scene('what comes behind a waiting 226 stays behind it', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a', 'PWD').hears('server', 'RETR a', 'PWD');
    p.says('server', '150 ok', '226 done', '257 "/"').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a');
    p.dataEnds(1, 99).hears('client', '226 done', '257 "/"');
  });

  scene('data before the 150 is held until the 150 went out', (p) => {
    p.greets().passiveInDoubt(1).legStands(1, 'client');
    p.says('client', 'LIST').hears('server', 'LIST').legStands(1, 'server').expectNothing();
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
  });

  scene('a 226 with no 150 before it lets the data through first', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'LIST').hears('server', 'LIST').says('server', '226 done').flows(1, 'download', 'LIST', '');
    p.dataEnds(1, 7).hears('client', '226 done').sees({ kind: 'link-closed', outcome: 'complete', bytes: 7 });
  });

  scene('a 226 of a server that never connected is relayed after a while', (p) => {
    p.greets().active(1).says('client', 'LIST').hears('server', 'LIST');
    p.says('server', '226 nothing to list').passes(5000).wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '226 nothing to list').sees({ kind: 'link-closed', outcome: 'complete', bytes: 0 });
  });

  scene('a broken leg after the 150 turns a 226 into a 426', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a');
    p.dataEnds(1, 5, { kind: 'broken', side: 'server', cause: 'server-broke', reason: 'connection reset' }).wants({
      kind: 'drop-link',
      link: 1,
    });
    p.says('server', '226 done').hears('client', '426 Data connection lost, transfer aborted: connection reset');
    p.sees({ kind: 'reply', code: 226, by: 'server' }).sees({ kind: 'reply', code: 426, by: 'proxy' });
    p.sees({ kind: 'link-closed', outcome: 'failed', reason: 'connection reset', bytes: 5 });
  });

  scene('a 3yz to the command declines it: it is relayed at once, and frees the port', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '314 say more');
    p.wants({ kind: 'watch-leg', link: 1, side: 'server' }).hears('client', '314 say more');
    p.says('client', 'RETR b').hears('server', 'RETR b').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'b').says('server', '226 done').dataEnds(1, 9).hears('client', '226 done');
    p.sees({ kind: 'link-closed', outcome: 'complete', path: 'b' });
  });

  scene('a 3yz that nothing follows is told as a refusal', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', { address: '10.1.0.2', port: 50_000 });
    p.says('server', '314 say more').wants({ kind: 'watch-leg', link: 1, side: 'server' });
    p.hears('client', '314 say more').happens({ kind: 'control-ended', from: 'server' });
    p.wants({ kind: 'drop-link', link: 1 }).isOver();
    p.sees({ kind: 'link-closed', outcome: 'refused', cause: 'refused-by-server', reason: '314 say more' });
  });

  scene('a 226 whose data does not end is reported, and released when the client has given up', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a').says('server', '226 done').passes(4000).dataMoves(1, 30_000);
    p.passes(4000).doesNotSee({ kind: 'violation', code: 'data-end-overdue' }).passes(1000);
    const detail = 'data connection 1 has not ended, and nothing moved on it for 5 s';
    p.sees({
      kind: 'violation',
      side: 'server',
      code: 'data-end-overdue',
      detail,
      action: 'the reply to RETR is held back',
    });
    p.dataMoves(1, 30_000).expectNothing().dataMoves(1, 30_000, true).wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '226 done');
    const reason = 'the server did not end the data; the server said 226 done';
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'no-end-of-data', bytes: 30_000, reason });
  });

  scene('a 226 that came with the 150, whose data does not end', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok', '226 done').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a').passes(1000).passes(4000);
    p.sees({ kind: 'violation', code: 'data-end-overdue' });
  });

  scene('a client that has ended its side early still gets all of a download', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a').says('server', '226 done').dataMoves(1, 10, true).expectNothing();
    p.dataEnds(1, 20).hears('client', '226 done').sees({ kind: 'link-closed', outcome: 'complete', bytes: 20 });
  });

  scene('a 426 lets the last bytes through, for a second', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a');
    p.says('server', '426 disk on fire').expectNothing().passes(1000).wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '426 disk on fire').sees({ kind: 'link-closed', outcome: 'failed' });
  });
});

describe('uploads', () => {
  scene('the final reply comes after the data went out whole', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a');
    p.says('server', '150 ok', '226 done').hears('client', '150 ok').flows(1, 'upload', 'STOR', 'a');
    p.dataEnds(1, 3).hears('client', '226 done');
  });

  scene('the receiver is believed at once: some clients end the data only behind its final reply', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a').says('server', '226 got 3 bytes').hears('client', '226 got 3 bytes');
    p.dataEnds(1, 3).sees({ kind: 'link-closed', outcome: 'complete', cause: null, bytes: 3 });
  });

  scene('a client that does not end what the server has confirmed is waited for no longer than 5 s', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a').says('server', '226 got 3 bytes').hears('client', '226 got 3 bytes');
    p.passes(5000).wants({ kind: 'drop-link', link: 1 });
    const reason = 'the client did not end the data';
    p.sees({ kind: 'link-closed', outcome: 'complete', cause: 'no-end-of-data', reason });
  });

  scene('our side broke before the 226: it becomes a 426', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a');
    p.dataEnds(1, 3, { kind: 'broken', side: 'client', cause: 'client-broke', reason: 'connection reset' });
    p.wants({ kind: 'drop-link', link: 1 }).says('server', '226 done');
    p.hears('client', '426 Data connection lost, transfer aborted: connection reset');
  });

  scene('a server that gives up is believed at once', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'upload', 'STOR', 'a');
    p.says('server', '452 disk full').wants({ kind: 'drop-link', link: 1 }).hears('client', '452 disk full');
    p.sees({ kind: 'link-closed', outcome: 'failed', reason: '452 disk full' });
  });
});

describe('transfers without a port before them', () => {
  scene('the reply is relayed as it comes', (p) => {
    p.greets().exchanges('LIST', '425 Use PORT or PASV first');
  });

  scene('PASV after the 150, as pyftpdlib takes it', (p) => {
    p.greets().exchanges('STOR a', '150 ok').says('client', 'PASV').hears('server', 'PASV');
    p.says('server', '227 (10,2,0,7,195,80)');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(1, 'server', SERVER_PORT).portOpens(1, { address: '10.1.0.1', port: 40_960 });
    p.legStands(1, 'server')
      .hears('client', '227 (10,1,0,1,160,0)')
      .legStands(1, 'client')
      .flows(1, 'upload', 'STOR', 'a');
    p.says('server', '226 done').hears('client', '226 done').dataEnds(1, 3);
  });

  scene('PORT after the 150', (p) => {
    p.greets().exchanges('STOR a', '150 ok').says('client', 'PORT 10,1,0,2,195,80');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] });
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 });
    p.hears('server', 'PORT 10,2,0,1,160,0').says('server', '200 ok').hears('client', '200 ok');
    p.legStands(1, 'server')
      .dials(1, 'client', { address: '10.1.0.2', port: 50_000 })
      .legStands(1, 'client')
      .flows(1, 'upload', 'STOR', 'a');
  });
});

describe('REST belongs to the next transfer', () => {
  scene('nothing of the proxy comes between', (p) => {
    p.greets().passive(1).exchanges('REST 100', '350 ok').says('client', 'RETR a').hears('server', 'RETR a');
  });
});
