// Real servers, checked by the program: as they should be nothing is found at them that is worse than a note; set up wrongly, it is what is
// wrong, with the setting of that server, and it is gone once that is changed.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CheckData } from '../../src/check/report.js';
import { type Certificates, makeCertificates, OPENSSL } from './certificates.js';
import { runChild } from './child-process.js';
import { cannotTest, missing } from './peers.js';
import { COMMAND } from './proxy.js';
import { proftpd } from './servers/proftpd.js';
import { pureFtpd } from './servers/pure-ftpd.js';
import { pyftpdlib } from './servers/pyftpdlib.js';
import { type Family, hasFamily, type Place, type Server, type ServerTls, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const LIFETIME_MS = 60_000;
const TEST_MS = 90_000;
const SERVERS = [vsftpd, proftpd, pureFtpd, pyftpdlib];

let certificates: Certificates | null = null;
beforeAll(async () => {
  if (missing([OPENSSL]) === undefined) certificates = await makeCertificates();
});
afterAll(() => certificates?.remove());

interface Setup {
  readonly family?: Family;
  readonly how?: 'explicit' | 'implicit';
  readonly options?: readonly string[];
}

interface ProgramCheck {
  readonly status: number;
  readonly data: CheckData;
  /** Ids with their severity. */
  readonly found: readonly string[];
}

/** A server with a file, a hidden one and a folder, checked by the program as its user. */
async function check(server: Server, { family = 4, how, options = [] }: Setup = {}): Promise<ProgramCheck> {
  const running = await startServer(server, family, how === undefined ? undefined : tlsOf(how));
  onTestFinished(() => running.stop());
  const { place } = running;
  await writeFile(join(place.root, 'pub', 'data.bin'), Buffer.alloc(5000, 'seven'), { mode: 0o644 });
  await mkdir(join(place.root, 'pub', 'a folder'));
  await chmod(join(place.root, 'pub', 'a folder'), 0o755);
  return checkAt(server, place, options);
}

async function checkAt(server: Server, place: Place, options: readonly string[]): Promise<ProgramCheck> {
  const { host, port, tls, folder } = place;
  await writeFile(join(folder, 'password'), `${server.password}\n`, { mode: 0o600 });
  const url = `${tls?.how === 'implicit' ? 'ftps' : 'ftp'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const user = server.user === 'anonymous' ? [] : ['--user', server.user, '--password-file', join(folder, 'password')];
  const authority = tls === undefined ? [] : ['--server-ca', tls.certificates.authority];
  const args = [COMMAND, 'check', url, '--json', '--timeout', '5s', ...user, ...authority, ...options];
  const said = await runChild(process.execPath, args, { cwd: '/', timeoutMs: LIFETIME_MS });
  const line = said.split('\n').find((one) => one.startsWith('{'));
  if (line === undefined) throw new Error(`no report:\n${said}`);
  const data: CheckData = JSON.parse(line);
  const found = data.findings.map(({ severity, diagnosis }) => `${severity} ${diagnosis}`);
  return { status: Number(/exited with (\d+)\]$/.exec(said)?.[1]), data, found };
}

function tlsOf(how: 'explicit' | 'implicit'): ServerTls {
  if (certificates === null) throw new Error('no certificates');
  return { how, version: 'TLSv1.3', dataMustBe: true, certificates };
}

const signs = ({ checks }: CheckData, sign: string) =>
  checks.filter((one) => one.sign === sign).map((one) => one.check);

/** The server with lines behind its settings. */
function configured(lines: string): Server {
  const files = (place: Place) => {
    const usual = vsftpd.files(place);
    return { ...usual, 'vsftpd.conf': `${usual['vsftpd.conf'] ?? ''}${lines}\n` };
  };
  return { ...vsftpd, files };
}

describe.each(SERVERS)('$name, as it should be', (server) => {
  const absent = missing([...server.needs, ...server.needsForTls, OPENSSL]);

  test.each([undefined, 'explicit', 'implicit'] as const)(
    'TLS: %s',
    async (how) => {
      if (absent !== undefined) return;
      if (how === 'implicit' && !server.hasImplicitTls) return;
      const { status, data, found } = await check(server, {
        ...(how === undefined ? {} : { how }),
        options: ['--try-write', '/pub'],
      });
      expect(found.filter((one) => !one.startsWith('note'))).toEqual([]);
      expect(signs(data, 'open')).toEqual([]);
      expect(data.leftOut).toEqual([]);
      expect(status).toBe(0);
      expect(data.checks.find((one) => one.check === 'write')?.facts['left']).toEqual([]);
      expect(data.connections).toBeLessThanOrEqual(12);
    },
    TEST_MS,
  );

  test('over IPv6', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    if (!(await hasFamily(6))) return context.skip('no IPv6 here');
    const { found, data } = await check(server, { family: 6 });
    expect(found.filter((one) => !one.startsWith('note'))).toEqual([]);
    expect(data.checks.find((one) => one.check === 'epsv')?.facts['works']).toBe(true);
  });
});

describe('vsftpd, set up wrongly', () => {
  const absent = missing([...vsftpd.needs, OPENSSL]);
  const finding = ({ data }: ProgramCheck, id: string) => data.findings.find((one) => one.diagnosis === id);

  test('announces another address', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    const wrong = await check(configured('pasv_address=127.9.9.9'));
    expect(wrong.found).toContain('warning pasv-private-address');
    expect(finding(wrong, 'pasv-private-address')?.title).toContain('127.9.9.9');
    expect(finding(wrong, 'pasv-private-address')?.fix.server).toContain('pasv_address=');
    expect(wrong.status).toBe(1);
  });

  test('has no passive mode', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    const { found, status } = await check(configured('pasv_enable=NO'));
    expect(found).toContain('error pasv-rejected');
    expect(status).toBe(1);
  });

  test('takes two connections from one address', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    const { found, data } = await check(configured('max_per_ip=2'));
    expect(found).toContain('note too-many-connections');
    expect(data.checks.find((one) => one.check === 'connections')?.facts['atOnce']).toBe(2);
  });

  test('wants sessions resumed; the setting that it names ends that', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    const wrong = await check(vsftpd, { how: 'explicit', options: ['--only', 'tls'] });
    expect(wrong.found).toEqual(['note tls-session-reuse-required']);
    expect(finding(wrong, 'tls-session-reuse-required')?.fix.server).toContain('vsftpd: require_ssl_reuse=NO');
    const right = await check(configured('require_ssl_reuse=NO'), { how: 'explicit', options: ['--only', 'tls'] });
    expect(right.found).toEqual([]);
  });

  test('shows a certificate whose authority is not known: nobody but anonymous would get in', async (context) => {
    if (absent !== undefined) return cannotTest(context, absent);
    const running = await startServer(vsftpd, 4, tlsOf('explicit'));
    onTestFinished(() => running.stop());
    const { host, port } = running.place;
    const args = [COMMAND, 'check', `ftp://${host}:${port}`, '--only', 'tls'];
    const said = await runChild(process.execPath, args, { cwd: '/', timeoutMs: LIFETIME_MS });
    expect(said).toMatch(/WARNING {2}for localhost.*, not trusted/);
    expect(said).toMatch(/tls-cert-untrusted\n/);
    expect(said).toMatch(/exited with 1\]$/);
  });
});
