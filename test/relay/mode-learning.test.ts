// What `auto` learns of a server: in which ways no data connection comes about, although the server agrees to it. A firewall in
// between says nothing; only the transfer shows it.
import { describe } from 'vitest';
import { CLIENT_HOST, type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const AUTO = { policy: { serverMode: 'auto' } } as const;
const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };
const OUR_CLIENT_PORT = { address: '10.1.0.1', port: 40_960 };
const OUR_SERVER_PORT = { address: '10.2.0.1', port: 40_961 };
const facing = (side: 'client' | 'server', link: number) =>
  ({
    kind: 'open-data-port',
    link,
    facing: side,
    admit: [side === 'client' ? CLIENT_HOST : SERVER_HOST],
  }) as const;

/** The client's EPSV is served from the server's, whose port does not answer for now. */
function passiveLink(p: Playbook, link: number): Playbook {
  p.says('client', 'EPSV').hears('server', 'EPSV').says('server', '229 ok (|||50000|)').wants(facing('client', link));
  p.dials(link, 'server', SERVER_PORT).portOpens(link, OUR_CLIENT_PORT).expectNothing().passes(1500);
  return p.hears('client', '229 Entering Extended Passive Mode (|||40960|)');
}

/** The client's EPSV is served by a port that the server is offered. */
function activeLink(p: Playbook, link: number): Playbook {
  p.says('client', 'EPSV').wants(facing('client', link)).wants(facing('server', link));
  p.portOpens(link, OUR_CLIENT_PORT).portOpens(link, OUR_SERVER_PORT).hears('server', 'PORT 10,2,0,1,160,1');
  return p.says('server', '200 ok').hears('client', '229 Entering Extended Passive Mode (|||40960|)');
}

/** The server's data port cannot be reached. */
function passiveFails(p: Playbook): Playbook {
  p.greets();
  passiveLink(p, 1).says('client', 'RETR a').hears('server', 'RETR a');
  p.legFails(1, 'server', 'no connection within 30 s').wants({ kind: 'drop-link', link: 1 }).hears('server', 'ABOR');
  p.hears('client', '425 Cannot open a data connection: no connection within 30 s');
  p.says('server', '425 Failed to establish connection.', '225 No transfer.');
  return p.sees({ kind: 'link-closed', outcome: 'failed' });
}

describe('a server whose passive ports cannot be reached', () => {
  scene(
    'is offered a port the next time',
    (p) => {
      activeLink(passiveFails(p), 2);
      const detail =
        'the client asks for EPSV, which does not work with this server; the proxy uses active mode there, and a client without it would fail';
      p.sees({ kind: 'note', side: 'server', code: 'other-mode', detail });
    },
    AUTO,
  );

  scene(
    'is sent the PORT of an active client',
    (p) => {
      passiveFails(p).says('client', 'PORT 10,1,0,2,195,80').wants(facing('server', 2));
      p.portOpens(2, OUR_SERVER_PORT).hears('server', 'PORT 10,2,0,1,160,1');
    },
    AUTO,
  );

  scene(
    'that says 150 first, as well',
    (p) => {
      passiveLink(p.greets(), 1).says('client', 'RETR a').hears('server', 'RETR a');
      p.says('server', '150 ok').hears('client', '150 ok').legFails(1, 'server', 'no route to host');
      p.wants({ kind: 'drop-link', link: 1 }).hears('server', 'ABOR');
      p.hears('client', '425 Cannot open a data connection: no route to host');
      activeLink(p.says('server', '225 ok'), 2);
    },
    AUTO,
  );

  scene(
    'and a client that does not wait for the end of that',
    (p) => {
      passiveLink(p.greets(), 1).says('client', 'RETR a').hears('server', 'RETR a');
      p.passes(4000).says('client', 'ABOR').hears('server', 'ABOR').passes(500).wants({ kind: 'drop-link', link: 1 });
      p.says('server', '425 no', '225 ok').hears('client', '425 no', '225 ok');
      activeLink(p, 2);
    },
    AUTO,
  );

  scene(
    'begins anew when it cannot connect either',
    (p) => {
      activeLink(passiveFails(p), 2).says('client', 'RETR a').hears('server', 'RETR a');
      p.says('server', '425 no').hears('client', '425 no');
      p.says('client', 'EPSV').hears('server', 'EPSV').says('server', '229 ok (|||50000|)');
      p.wants({ kind: 'drop-link', link: 2 }).wants(facing('client', 3)).dials(3, 'server', SERVER_PORT);
    },
    AUTO,
  );
});

describe('a server that has closed its port for another reason', () => {
  scene(
    'is asked to listen again',
    (p) => {
      passiveLink(p.greets(), 1).says('client', 'RETR a').hears('server', 'RETR a');
      p.says('server', '550 No such file').hears('client', '550 No such file');
      p.legFails(1, 'server', 'connection refused').wants({ kind: 'drop-link', link: 1 });
      p.sees({ kind: 'link-closed', outcome: 'refused', reason: '550 No such file' });
      passiveLink(p, 2);
    },
    AUTO,
  );
});
