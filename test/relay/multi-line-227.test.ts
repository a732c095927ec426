// Put into test/session/. Fails at 09a1f88: the proxy's own PASV/EPSV sees only the reply's last line.
import { describe } from 'vitest';
import { SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };
const policy = { policy: { serverMode: 'passive' } } as const;
describe('a data port announced in a reply of several lines, asked for by the proxy', () => {
  scene(
    '227',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV').says('server', '500 EPSV?');
      p.hears('server', 'PASV').says('server', '227-Entering', ' Passive Mode (10,2,0,7,195,80)', '227 so there');
      p.dials(1, 'server', SERVER_PORT).legStands(1, 'server').hears('client', '200 PORT taken');
    },
    policy,
  );
  scene(
    '229',
    (p) => {
      p.greets().says('client', 'PORT 10,1,0,2,195,80').hears('server', 'EPSV');
      p.says('server', '229-ok', ' (|||50000|)', '229 so there');
      p.dials(1, 'server', SERVER_PORT).legStands(1, 'server').hears('client', '200 PORT taken');
    },
    policy,
  );
});
