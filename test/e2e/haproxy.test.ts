// HAProxy in front of the proxy, telling of its clients in PROXY headers: the transcript shows the client itself, and transfers
// go through. HAProxy knows no FTP: data connections go past it, to the proxy, as the announced ports are the proxy's.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { becomesTrue, runChild, startChild, stopChild } from './child-process.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, unpacked } from './peers.js';
import { type RunningProxy, startProxy } from './proxy.js';
import { greets, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const HAPROXY = { file: unpacked('haproxy', 'usr/sbin/haproxy'), from: 'haproxy' } as const;
/** Linux has all of 127.0.0.0/8 without being told. HAProxy itself connects from 127.0.0.1. */
const CLIENT = '127.0.0.5';
/** Where HAProxy takes data connections. */
const BALANCER = '127.0.0.6';
const LIFETIME_MS = 60_000;
const READY_MS = 5000;

const SENDING = { v1: 'send-proxy', v2: 'send-proxy-v2' } as const;
const MODES = { EPSV: [], EPRT: ['--ftp-port', CLIENT], PASV: ['--disable-epsv'] } as const;
const CASES = (['v1', 'v2'] as const).flatMap((version) =>
  (['EPSV', 'EPRT', 'PASV'] as const).map((mode) => [version, mode] as const),
);

/** Why the test cannot be on this machine; undefined when it can. */
async function noSecondLoopback(): Promise<string | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen(0, CLIENT), 'listening');
    return undefined;
  } catch {
    return `this machine has no address ${CLIENT}`;
  } finally {
    probe.close();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const bound = probe.address();
  probe.close();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** Gives back the port at which HAProxy takes clients for the proxy, and data for the port of the same number where one is given. */
async function startHaproxy(
  folder: string,
  proxy: RunningProxy,
  version: 'v1' | 'v2',
  dataPort?: number,
): Promise<number> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  await writeFile(
    file,
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen control
  bind 127.0.0.1:${port}
  server proxy ${proxy.host}:${proxy.port} ${SENDING[version]}
${dataPort === undefined ? '' : dataListener(dataPort, SENDING[version])}`,
  );
  const child = startChild(HAPROXY.file, ['-db', '-f', file], { cwd: folder, timeoutMs: LIFETIME_MS });
  onTestFinished(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const ready = await becomesTrue(() => greets({ host: '127.0.0.1', port }), READY_MS);
  if (!ready) throw new Error(`HAProxy did not start:\n${child.output()}`);
  // The session in which it was tried.
  await proxy.observations();
  return port;
}

function dataListener(port: number, sending: string): string {
  return `listen data
  bind ${BALANCER}:${port}
  server proxy 127.0.0.1:${port} ${sending}
`;
}

test.for(['v1', 'v2'] as const)('data through HAProxy, with PROXY %s in front of it', async (version, context) => {
  const reason = missing([HAPROXY, { file: 'curl', from: 'curl' }, ...vsftpd.needs]) ?? (await noSecondLoopback());
  if (reason !== undefined) return cannotTest(context, reason);
  const [server, folder] = [await startServer(vsftpd, 4), await makeTempFolder('data-through-haproxy')];
  onTestFinished(async () => {
    await server.stop();
    await removeFolder(folder);
  });
  const content = 'x'.repeat(5000);
  await writeFile(join(folder, 'up.txt'), content);
  const dataPort = await freePort();
  const through = ['--data-ports', `client=${dataPort}-${dataPort}`, '--advertise', `client=${BALANCER}`];
  const policy = ['--accept-proxy-protocol', '127.0.0.1', '--data-proxy-header', 'require'];
  const proxy = await startProxy(server.place, { options: [...policy, ...through] });
  onTestFinished(() => proxy.stop());
  const port = await startHaproxy(folder, proxy, version, dataPort);
  const url = `ftp://127.0.0.1:${port}/pub/up.txt`;
  const common = ['--disable', '--silent', '--show-error', '--max-time', '15', '--interface', CLIENT];
  const passive = [...common, '--disable-epsv', '--no-ftp-skip-pasv-ip'];
  const curl = (...args: string[]) => runChild('curl', [...passive, ...args], { cwd: folder, timeoutMs: LIFETIME_MS });
  expect(await curl('--upload-file', 'up.txt', url)).toBe('\n[curl exited with 0]');
  expect(await curl(url)).toBe(`${content}\n[curl exited with 0]`);
  const links = (await proxy.observations()).filter(({ kind }) => kind === 'link-closed');
  expect(links).toMatchObject([
    { outcome: 'complete', bytes: 5000 },
    { outcome: 'complete', bytes: 5000 },
  ]);
});

test.for(CASES)('HAProxy with PROXY %s, curl in %s mode', async ([version, mode], context: TestContext) => {
  const reason = missing([HAPROXY, { file: 'curl', from: 'curl' }, ...vsftpd.needs]) ?? (await noSecondLoopback());
  if (reason !== undefined) return cannotTest(context, reason);
  const [server, folder] = [await startServer(vsftpd, 4), await makeTempFolder('behind-haproxy')];
  onTestFinished(async () => {
    await server.stop();
    await removeFolder(folder);
  });
  await writeFile(join(server.place.root, 'pub', 'file.txt'), 'the very bytes', { mode: 0o644 });
  const proxy = await startProxy(server.place, { options: ['--accept-proxy-protocol', '127.0.0.1'] });
  onTestFinished(() => proxy.stop());
  const port = await startHaproxy(folder, proxy, version);
  const url = `ftp://127.0.0.1:${port}/pub/file.txt`;
  const args = [
    '--disable',
    '--silent',
    '--show-error',
    '--max-time',
    '15',
    '--interface',
    CLIENT,
    ...MODES[mode],
    url,
  ];
  const said = await runChild('curl', args, { cwd: folder, timeoutMs: LIFETIME_MS });
  expect(said).toBe('the very bytes\n[curl exited with 0]');
  const observations = await proxy.observations();
  const opened = observations.find(({ kind }) => kind === 'session-opened');
  expect(opened).toMatchObject({ client: { address: CLIENT }, via: { address: '127.0.0.1' } });
  const closed = observations.find(({ kind }) => kind === 'link-closed');
  expect(closed).toMatchObject({ outcome: 'complete', client: { remote: { address: CLIENT } } });
  expect(observations.filter(({ kind }) => kind === 'violation')).toEqual([]);
});
