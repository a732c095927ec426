// Passive mode with real servers and firewalls: ports that are blocked, addresses that lead nowhere, commands that are refused.
import { describe } from 'vitest';
import { proftpd } from '../servers/proftpd.js';
import { vsftpd } from '../servers/vsftpd.js';
import { drops, LOGIN, rejects, type Scene, staged } from './stage.js';

const FETCHES = [
  ...LOGIN,
  'PASV',
  '+RETR pub/down.bin',
  'data',
  'reply',
  'read 1000000',
  'wait 0.1',
  'close',
  'reply',
  'QUIT',
];
/** A client that hears 425 goes no further. */
const TRIES = [...LOGIN, 'PASV', 'RETR pub/down.bin', 'QUIT'];
const SMALL = { fileBytes: 1000 };
const RANGE = 'pasv_min_port=50000\npasv_max_port=50010\n';
const HASTE = ['--connect-timeout', '2s'];

/** It does not look at its control connection while it waits for a client at its port. */
const vsftpdWith = (settings: string, family: 4 | 6 = 4) => ({
  server: vsftpd,
  settings: `accept_timeout=3\nconnect_timeout=3\n${settings}`,
  family,
});

describe('the passive ports of the server', () => {
  const scene: Scene = { server: vsftpdWith(RANGE), proxy: HASTE, client: TRIES, ...SMALL };
  staged(
    'are dropped',
    { ...scene, firewall: { server: drops('tcp dport 50000-50010') } },
    {
      ...{ diagnosis: 'data-passive-timeout', severity: 'error', leg: 'server', fault: 'network' },
      ...{ says: 'between this proxy and the server', fix: { server: 'pasv_min_port=', network: '500' } },
    },
    {
      'the ports open': { firewall: {}, client: FETCHES },
      'the proxy as the one who listens': { proxy: ['--server-mode', 'active'], client: FETCHES },
    },
  );

  staged(
    'refuse',
    { ...scene, firewall: { server: rejects('tcp dport 50000-50010') } },
    {
      ...{ diagnosis: 'data-passive-refused', severity: 'error', leg: 'server', fault: 'server' },
      fix: { server: 'pasv_min_port=', network: 'number by number' },
    },
    { 'the ports open': { firewall: {}, client: FETCHES } },
  );

  staged(
    'are outside of the range that is open',
    { ...scene, server: vsftpdWith(''), firewall: { server: drops('tcp dport >= 1024 tcp dport != 50000-50010') } },
    { diagnosis: 'data-passive-timeout', severity: 'error', leg: 'server', fix: { server: 'pasv_min_port=' } },
    { 'the range of the firewall': { server: vsftpdWith(RANGE), client: FETCHES } },
  );
});

describe('the address of the 227', () => {
  const right = vsftpdWith('pasv_address=203.0.113.2\n');
  const scene: Scene = { server: right, client: FETCHES, ...SMALL };
  const mended = { severity: 'warning', leg: 'server', fault: 'server', mended: true } as const;
  for (const [address, diagnosis] of [
    ['10.0.0.1', 'pasv-private-address'],
    ['0.0.0.0', 'pasv-zero-or-loopback-address'],
    ['127.0.0.1', 'pasv-zero-or-loopback-address'],
  ] as const) {
    staged(
      `${address} (pasv_address)`,
      { ...scene, server: vsftpdWith(`pasv_address=${address}\n`) },
      { ...mended, diagnosis, says: address, fix: { server: 'vsftpd: pasv_address=PUBLIC_ADDRESS' } },
      { 'its own': { server: right } },
    );
  }

  staged(
    '10.0.0.1, which the proxy is to follow',
    {
      ...scene,
      server: vsftpdWith('pasv_address=10.0.0.1\n'),
      proxy: ['--pasv-address', 'follow', ...HASTE],
      client: TRIES,
    },
    { diagnosis: 'pasv-private-address', severity: 'error', leg: 'server', fix: { proxy: '--pasv-address ignore' } },
    { 'the option that the finding names': { proxy: ['--pasv-address', 'ignore'], client: FETCHES } },
  );

  const proftpdLogin = ['USER scope', 'PASS secret', 'TYPE I'];
  const asProftpd = FETCHES.slice(LOGIN.length);
  staged(
    '10.0.0.1 (MasqueradeAddress)',
    {
      ...scene,
      server: { server: proftpd, settings: 'MasqueradeAddress 10.0.0.1\n' },
      client: [...proftpdLogin, ...asProftpd],
    },
    { ...mended, diagnosis: 'pasv-private-address', fix: { server: 'ProFTPD: MasqueradeAddress' } },
    { 'its own': { server: { server: proftpd, settings: 'MasqueradeAddress 203.0.113.2\n' } } },
  );
});

describe('a command', () => {
  staged(
    'PASV over IPv6',
    { server: vsftpdWith('', 6), family: 6, client: [...LOGIN, 'PASV', 'QUIT'] },
    { diagnosis: 'pasv-on-ipv6', severity: 'error', leg: 'client', fault: 'client', fix: { client: 'EPSV' } },
    { EPSV: { client: FETCHES.map((step) => (step === 'PASV' ? 'EPSV' : step)), ...SMALL } },
  );

  staged(
    'PASV, switched off (pasv_enable=NO)',
    { server: vsftpdWith('pasv_enable=NO\n'), client: [...LOGIN, 'PASV', 'QUIT'] },
    {
      ...{ diagnosis: 'pasv-rejected', severity: 'error', leg: 'server', fault: 'server' },
      fix: { server: 'pasv_enable=YES', proxy: '--server-mode active' },
    },
    {
      'passive mode': { server: vsftpdWith('pasv_enable=YES\n'), client: FETCHES, ...SMALL },
      'the option that the finding names': { proxy: ['--server-mode', 'active'], client: FETCHES, ...SMALL },
    },
  );

  staged(
    'EPSV, refused, and the client has no other',
    { server: vsftpdWith('cmds_denied=EPSV\n'), client: [...LOGIN, 'EPSV', 'QUIT'] },
    {
      diagnosis: 'epsv-rejected',
      leg: 'server',
      fault: 'server',
      fix: { server: 'cmds_denied', proxy: '--server-mode auto' },
    },
    { EPSV: { server: vsftpdWith(''), client: FETCHES.map((step) => (step === 'PASV' ? 'EPSV' : step)), ...SMALL } },
  );

  staged(
    'LIST without a port',
    { server: vsftpdWith(''), client: [...LOGIN, 'LIST', 'QUIT'] },
    { diagnosis: 'transfer-without-data-setup', severity: 'error', leg: 'client', fault: 'client' },
    { 'PASV first': { client: FETCHES, ...SMALL } },
  );
});
