// Clients that a load balancer brought, and told of in a PROXY header: whose hosts their data may come from and go to, and what is
// told of connections that did not begin as they must.
import { describe } from 'vitest';
import { CLIENT_HOST, SERVER_HOST, scene } from '../support/playbook.js';

const BALANCER = '10.1.0.9';
const STAGE = { broughtBy: BALANCER } as const;

describe('a client that was brought', () => {
  scene(
    'is told of with who brought it',
    (p) => {
      p.greets();
      p.sees({
        kind: 'session-opened',
        client: { address: CLIENT_HOST, port: 40_000 },
        via: { address: BALANCER, port: 39_000 },
      });
    },
    STAGE,
  );

  scene(
    'may send its data from its own host and from that of the load balancer',
    (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,80)');
      p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: [CLIENT_HOST, BALANCER] });
      p.dials(1, 'server', { address: SERVER_HOST, port: 50_000 });
    },
    STAGE,
  );

  for (const host of [CLIENT_HOST, BALANCER]) {
    scene(
      `may name ${host} in PORT`,
      (p) => {
        p.greets().says('client', `PORT ${host.replaceAll('.', ',')},200,0`);
        p.wants({ kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] });
      },
      STAGE,
    );
  }

  scene(
    'may name no other',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,8,200,0');
      p.hears('client', '500 Data connections go to 10.1.0.2 only, not to 10.1.0.8');
      p.sees({ kind: 'violation', code: 'foreign-address' });
    },
    STAGE,
  );
});

scene('a connection without its PROXY header: told of, answered, over', (p) => {
  p.happens({ kind: 'client-refused', code: 'bad-proxy-header', detail: 'no valid PROXY header: it is late' });
  p.hears('client', '421 No valid PROXY header: it is late').isOver();
  p.sees({ kind: 'session-opened' }).sees({ kind: 'violation', side: 'client', code: 'bad-proxy-header' });
  p.sees({ kind: 'reply', code: 421 }).sees({ kind: 'session-closed', by: 'client' });
});
