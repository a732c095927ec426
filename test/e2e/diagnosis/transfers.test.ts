// Transfers and sessions that stand still, end too early, or cannot begin, with real servers.
import { describe } from 'vitest';
import { vsftpd } from '../servers/vsftpd.js';
import { drops, LOGIN, rejects, type Scene, staged } from './stage.js';

const FETCHES = [
  ...LOGIN,
  'PASV',
  '+RETR pub/down.bin',
  'data',
  'reply',
  'read 100000',
  'wait 0.1',
  'close',
  'reply',
  'QUIT',
];
const SMALL = { fileBytes: 1000 };
/** More than the buffers of three systems hold. */
const LARGE = { fileBytes: 60_000_000 };
const vsftpdWith = (settings: string) => ({ server: vsftpd, settings: `accept_timeout=3\n${settings}` });
const works: Scene = { server: vsftpdWith(''), client: FETCHES, ...SMALL };
const READS_NOTHING = [...LOGIN, 'PASV', '+RETR pub/down.bin', 'data', 'reply', 'wait 18', 'close'];
const SENDS_NOTHING = [
  ...LOGIN,
  'PASV',
  '+STOR pub/up.bin',
  'data',
  'reply',
  'send 1000',
  'wait 18',
  'close',
  'reply',
  'QUIT',
];

const THROUGH = 'ftp://198.51.100.1:2121/pub';
const shell = (line: string) => ({ program: 'sh', args: ['-c', line] });
/** The server is slow; then its processes stop, all of which are on its machine. */
const stops: Pick<Scene, 'server' | 'meanwhile' | 'isEndless'> = {
  server: vsftpdWith('anon_max_rate=1000000\nisolate_network=NO\nisolate=NO\n'),
  isEndless: true,
  meanwhile: async ({ server }) => {
    const stop = 'for pid in $(ip netns pids "$0"); do grep -q vsftpd /proc/$pid/comm && kill -STOP $pid; done';
    await server.run('sh', ['-c', `sleep 2; ${stop}`, server.name]);
  },
};

describe.concurrent('a transfer stands still', () => {
  staged(
    'as the client does not read',
    { ...works, ...LARGE, client: READS_NOTHING },
    {
      diagnosis: 'stalled-transfer',
      severity: 'warning',
      leg: 'client',
      fault: 'client',
      says: 'the client reads nothing',
    },
  );

  staged(
    'as the client does not send',
    { ...works, client: SENDS_NOTHING },
    {
      diagnosis: 'stalled-transfer',
      severity: 'warning',
      leg: 'client',
      fault: 'client',
      says: 'the client sends nothing',
    },
  );

  staged(
    'as the server does not send',
    {
      ...works,
      ...LARGE,
      ...stops,
      client: shell(`curl -sS --disable --max-time 20 ${THROUGH}/down.bin -o /dev/null`),
    },
    {
      diagnosis: 'stalled-transfer',
      severity: 'warning',
      leg: 'server',
      fault: 'server',
      says: 'the server sends nothing',
    },
  );

  staged(
    'as the server does not read',
    {
      ...works,
      ...stops,
      client: shell(`head -c 60000000 /dev/zero | curl -sS --disable --max-time 20 -T - ${THROUGH}/up.bin`),
    },
    {
      diagnosis: 'stalled-transfer',
      severity: 'warning',
      leg: 'server',
      fault: 'server',
      says: 'the server reads nothing',
    },
  );

  staged(
    'until the server gives up (data_connection_timeout)',
    {
      ...works,
      ...LARGE,
      server: vsftpdWith('data_connection_timeout=3\n'),
      client: [...READS_NOTHING.slice(0, -2), 'wait 14', 'close', 'reply'],
    },
    {
      diagnosis: 'data-timeout',
      severity: 'error',
      leg: 'client',
      fault: 'client',
      fix: { server: 'data_connection_timeout' },
    },
    { 'a client that reads': { ...works, server: vsftpdWith('data_connection_timeout=3\n') } },
  );
});

describe('a session', () => {
  staged(
    'is idle for too long (idle_session_timeout)',
    { ...works, server: vsftpdWith('idle_session_timeout=2\n'), client: [...LOGIN, 'wait 4', 'NOOP'] },
    {
      diagnosis: 'idle-timeout',
      severity: 'warning',
      leg: 'server',
      fault: 'client',
      fix: { server: 'idle_session_timeout', client: 'NOOP' },
    },
    { 'NOOP now and then': { client: [...LOGIN, 'wait 1', 'NOOP', 'wait 1', 'NOOP', 'wait 1', 'NOOP', 'QUIT'] } },
  );

  staged(
    'loses its control connection in mid-transfer, as behind a NAT that forgets it',
    {
      ...works,
      client: [...LOGIN, 'PASV', '+STOR pub/up.bin', 'data', 'reply', 'send 1000', 'wait 4', 'close', 'reply'],
      meanwhile: async ({ server }) => {
        await server.must('sh', ['-c', 'sleep 2; ss --kill state established "sport = :21" || true']);
      },
    },
    {
      diagnosis: 'control-dropped-during-transfer',
      severity: 'error',
      leg: 'server',
      fault: 'network',
      fix: { client: 'keepalive' },
    },
    { 'a network that forgets nothing': { meanwhile: async () => undefined, client: FETCHES } },
  );
});

describe('the server cannot be reached', () => {
  const away = { ...works, to: 'ftp://203.0.113.2:2222', proxy: ['--connect-timeout', '1s'], client: ['QUIT'] };
  staged(
    'as nobody listens',
    away,
    { diagnosis: 'upstream-unreachable', severity: 'error', leg: 'server', fault: 'server', says: 'refuses' },
    { 'its port': { ...works, to: 'ftp://203.0.113.2' } },
  );

  staged(
    'as a firewall drops what comes',
    { ...away, firewall: { server: drops('tcp dport 2222') } },
    { diagnosis: 'upstream-unreachable', severity: 'error', leg: 'server', fault: 'network', says: 'no answer' },
  );
});

describe('the data port of the proxy', () => {
  staged(
    'is blocked for clients',
    {
      ...works,
      firewall: { router: rejects('ip saddr 198.51.100.2 tcp dport != 2121 ct state new') },
      proxy: ['--data-timeout', '3s'],
      client: [...LOGIN, 'PASV', '+RETR pub/down.bin', 'wait 5', 'reply', 'QUIT'],
    },
    { diagnosis: 'data-never-connected', severity: 'error', leg: 'client', says: 'between the client and this proxy' },
    { 'the ports open': { firewall: {}, client: FETCHES } },
  );
});
