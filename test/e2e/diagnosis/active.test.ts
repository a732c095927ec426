// Active mode with real servers and firewalls: blocked on either side, refused, with an address that leads nowhere.
import { describe } from 'vitest';
import { vsftpd } from '../servers/vsftpd.js';
import { drops, LOGIN, rejects, type Scene, staged } from './stage.js';

const PORT = 'PORT 198,51,100,2,200,0';
const TRIES = [...LOGIN, PORT, 'RETR pub/down.bin', 'QUIT'];
const PASSIVE = [...LOGIN, 'PASV', '+RETR pub/down.bin', 'data', 'reply', 'read 100000', 'close', 'reply', 'QUIT'];
/** curl listens in earnest. */
const ACTIVE = {
  program: 'curl',
  args: [
    '--silent',
    '--disable',
    '--ftp-port',
    '-',
    '--disable-eprt',
    '--max-time',
    '8',
    'ftp://198.51.100.1:2121/pub/down.bin',
    '-o',
    '/dev/null',
  ],
};
const SMALL = { fileBytes: 1000 };
const HASTE = ['--connect-timeout', '2s'];
const vsftpdWith = (settings: string) => ({
  server: vsftpd,
  settings: `accept_timeout=3\nconnect_timeout=2\n${settings}`,
});
const HIGH_PORTS = 'tcp dport 1024-65535 ct state new';

describe('the data connection', () => {
  const scene: Scene = { server: vsftpdWith(''), proxy: HASTE, client: ACTIVE, ...SMALL };

  staged(
    'is dropped on the side of the client',
    { ...scene, firewall: { client: drops(HIGH_PORTS) } },
    {
      ...{ diagnosis: 'active-blocked', severity: 'error', leg: 'client', fault: 'network' },
      ...{ says: 'between this proxy and the client', fix: { client: 'Use passive mode' } },
    },
    { 'the ports open': { firewall: {} }, 'passive mode': { client: PASSIVE } },
  );

  staged(
    'is reset on the side of the client',
    { ...scene, firewall: { client: rejects(HIGH_PORTS) } },
    { diagnosis: 'active-blocked', severity: 'error', leg: 'client', fault: 'client', says: 'no program listens' },
    { 'the ports open': { firewall: {} } },
  );

  staged(
    'is dropped on the side of the server',
    { ...scene, firewall: { router: drops('ip saddr 203.0.113.2 tcp dport 1024-65535 ct state new') } },
    {
      ...{ diagnosis: 'active-blocked', severity: 'error', leg: 'server', fault: 'network' },
      ...{ says: 'between the server and this proxy', fix: { proxy: '--server-mode passive' } },
    },
    { 'the option that the finding names': { proxy: ['--server-mode', 'passive'] } },
  );

  staged(
    'is reset on the side of the server',
    { ...scene, firewall: { router: rejects('ip saddr 203.0.113.2 tcp dport 1024-65535 ct state new') } },
    { diagnosis: 'active-blocked', severity: 'error', leg: 'server', fix: { proxy: '--server-mode passive' } },
    { 'the ports open': { firewall: {} } },
  );
});

describe('PORT', () => {
  staged(
    'with a private address, as behind NAT',
    { server: vsftpdWith(''), client: [...LOGIN, 'PORT 10,0,0,9,200,0', 'QUIT'] },
    {
      diagnosis: 'port-private-address',
      severity: 'error',
      leg: 'client',
      fault: 'client',
      says: '10.0.0.9',
      fix: { client: 'passive' },
    },
    { 'passive mode': { client: PASSIVE, ...SMALL } },
  );

  staged(
    'to a port below 1024',
    { server: vsftpdWith(''), client: [...LOGIN, 'PORT 198,51,100,2,0,80', 'QUIT'] },
    { diagnosis: 'port-privileged', severity: 'error', leg: 'client', fault: 'client' },
    { 'another port': { client: ACTIVE, ...SMALL } },
  );

  staged(
    'switched off (port_enable=NO)',
    { server: vsftpdWith('port_enable=NO\n'), client: TRIES.filter((step) => !step.startsWith('RETR')) },
    {
      ...{ diagnosis: 'port-rejected', severity: 'error', leg: 'server', fault: 'server' },
      fix: { server: 'port_enable=YES', proxy: '--server-mode passive' },
    },
    {
      'active mode': { server: vsftpdWith('port_enable=YES\n'), client: ACTIVE, ...SMALL },
      'the option that the finding names': { proxy: ['--server-mode', 'passive'], client: ACTIVE, ...SMALL },
    },
  );

  staged(
    'refused, as the address that the proxy announces is not where it comes from',
    {
      server: vsftpdWith(''),
      proxy: ['--advertise', 'server=203.0.113.77'],
      client: TRIES.slice(0, -2).concat('QUIT'),
    },
    { diagnosis: 'port-rejected', severity: 'error', leg: 'server', says: '500 Illegal PORT command' },
    { 'passive mode towards the server': { proxy: ['--server-mode', 'passive'], client: ACTIVE, ...SMALL } },
  );
});
