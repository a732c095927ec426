// The order of replies and data: 150 -> data -> end of data -> 226, whatever order they come in, and never a false success.
import { describe } from 'vitest';
import { SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };

describe('downloads', () => {
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
    p.says('server', '226 done').expectNothing().dataEnds(1, 3).hears('client', '226 done');
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
