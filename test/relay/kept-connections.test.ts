// MODE B, C and E: the end of a file is in its data, and one data connection may serve several transfers (RFC 959 section 3.4).
import { type Playbook, scene } from '../support/playbook.js';

/** A download in MODE B whose bytes have gone through, and whose 250 is in. */
function downloaded(p: Playbook): Playbook {
  p.greets().exchanges('MODE B', '200 ok').passive(1);
  p.legStands(1, 'client');
  p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
  p.flows(1, 'download', 'RETR', 'a').says('server', '250 stays open').wants({ kind: 'end-flow', link: 1 });
  p.dataEnds(1, 8, { kind: 'kept' }).wants({ kind: 'hand-on-legs', link: 1, to: 2 }).hears('client', '250 stays open');
  return p.sees({ kind: 'link-closed', link: 1, outcome: 'complete', cause: null, bytes: 8 });
}

function watched(p: Playbook): Playbook {
  return p.wants({ kind: 'watch-leg', link: 2, side: 'client' }).wants({ kind: 'watch-leg', link: 2, side: 'server' });
}

scene('the final reply settles the transfer, and the connection serves the next, in the other direction', (p) => {
  downloaded(p).says('client', 'STOR b');
  watched(p).hears('server', 'STOR b').sees({ kind: 'link-opened', link: 2, verb: 'STOR', path: 'b' });
  p.says('server', '125 go on').hears('client', '125 go on').flows(2, 'upload', 'STOR', 'b');
  p.says('server', '250 stored').wants({ kind: 'end-flow', link: 2 }).dataEnds(2, 5, { kind: 'kept' });
  p.wants({ kind: 'hand-on-legs', link: 2, to: 3 }).hears('client', '250 stored');
  p.sees({ kind: 'link-closed', link: 2, outcome: 'complete', path: 'b', bytes: 5 });
});

scene('both replies in one breath', (p) => {
  p.greets().exchanges('MODE E', '200 ok').passive(1);
  p.legStands(1, 'client');
  p.says('client', 'NLST').hears('server', 'NLST').says('server', '150 ok', '250 ok').hears('client', '150 ok');
  p.flows(1, 'download', 'NLST', '').wants({ kind: 'end-flow', link: 1 });
});

scene('a connection that is ended after all ends the transfer', (p) => {
  p.greets().exchanges('MODE C', '200 ok').passive(1);
  p.legStands(1, 'client');
  p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
  p.flows(1, 'download', 'RETR', 'a').says('server', '226 closing').wants({ kind: 'end-flow', link: 1 });
  p.dataEnds(1, 8).hears('client', '226 closing').sees({ kind: 'link-closed', outcome: 'complete' });
});

scene('a new port takes the place of the kept connection, of which nothing is told', (p) => {
  downloaded(p).says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,81)');
  p.wants({ kind: 'drop-link', link: 2 });
  p.wants({ kind: 'open-data-port', link: 3, facing: 'client', admit: ['10.1.0.2'] });
  p.dials(3, 'server', { address: '10.2.0.7', port: 50_001 }).doesNotSee({ kind: 'link-closed', link: 2 });
});

scene('a refused transfer leaves the kept connection for the next', (p) => {
  downloaded(p).says('client', 'RETR b');
  watched(p).hears('server', 'RETR b').says('server', '550 no').wants({ kind: 'watch-leg', link: 2, side: 'server' });
  p.hears('client', '550 no').says('client', 'RETR c');
  watched(p)
    .hears('server', 'RETR c')
    .says('server', '150 ok')
    .hears('client', '150 ok')
    .flows(2, 'download', 'RETR', 'c');
});

scene('MODE S again: the end of the connection is the end', (p) => {
  p.greets().exchanges('MODE B', '200 ok').exchanges('MODE S', '200 ok').passive(1);
  p.legStands(1, 'client');
  p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
  p.flows(1, 'download', 'RETR', 'a')
    .says('server', '250 done')
    .expectNothing()
    .dataEnds(1, 8)
    .hears('client', '250 done');
});
