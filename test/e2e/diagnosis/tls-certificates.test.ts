// Certificates of real servers that are expired, self-signed, for another name, or come without their intermediate: what is found, and that it
// is gone behind a good one.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type BadCertificate, badCertificates } from '../../net/bad-certificates.js';
import { ownAuthority } from '../../net/tls/own-authority.js';
import type { Certificates } from '../certificates.js';
import { runChild } from '../child-process.js';
import { makeTempFolder, removeFolder } from '../disk.js';
import { vsftpd } from '../servers/vsftpd.js';
import { certificatesForTests, EXPLICIT, isAbsent, PROTECTED, Stage, withLines } from './encrypted.js';

const STAGED = { timeout: 90_000 };
const JOB = { ...PROTECTED, resumes: true } as const;

const own = ownAuthority();
const bad = badCertificates(own);
let stage: Stage;
let good: Certificates;
beforeAll(async () => {
  stage = await Stage.open();
  good = await certificatesForTests();
}, STAGED.timeout);
afterAll(async () => {
  await stage.close();
  await good.remove();
});

interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly authority: string;
}

/** As files, in a folder that goes with the test. */
async function filesOf({ cert, key, authority }: CertificateFiles): Promise<Certificates> {
  const folder = await makeTempFolder('certificate');
  onTestFinished(() => removeFolder(folder));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return {
    authority: await file('ca.pem', authority),
    server: await file('server.pem', key + cert),
    serverCertificate: await file('cert.pem', cert),
    serverKey: await file('key.pem', key),
    remove: () => removeFolder(folder),
  };
}

test.for<[BadCertificate, string, RegExp]>([
  ['expired', 'tls-cert-expired', /has expired on \d{4}-\d\d-\d\d$/],
  ['self-signed', 'tls-cert-untrusted', /it is self-signed$/],
  [
    'wrong name',
    'tls-cert-name-mismatch',
    /is for DNS:other\.example\.com, IP Address:127\.0\.0\.2, not for 127\.0\.0\.1$/,
  ],
])('%s', STAGED, async ([kind, id, title], context) => {
  if (isAbsent(context, vsftpd)) return;
  const files = await filesOf({ ...bad(kind), authority: own().authority.certificate.toString() });
  const { place } = await stage.start(vsftpd, EXPLICIT, files);
  const refused = await stage.through(place, vsftpd, JOB);
  expect(refused.inShort).toEqual([`error server server ${id}`]);
  expect(refused.findings[0]?.title).toMatch(title);
  expect(refused.findings[0]?.fix.server).toMatch(/vsftpd: rsa_cert_file=FILE/);
  expect(refused.findings[0]?.fix.proxy).toMatch(/--insecure/);
  const taken = await stage.through(place, vsftpd, JOB, { options: ['--insecure'] });
  expect(taken.inShort.map((one) => one.split(' ').at(-1))).toContain(id);
  expect(taken.inShort.filter((one) => one.startsWith('error'))).toEqual([]);
});

test('without its intermediate, and with it', STAGED, async (context) => {
  if (isAbsent(context, vsftpd)) return;
  const folder = await makeTempFolder('chain');
  onTestFinished(() => removeFolder(folder));
  const issue = async (name: string, ...args: readonly string[]) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    const common = ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '90', '-subj', `/CN=${name}`];
    const said = await runChild('openssl', [...common, ...files, ...args], { cwd: folder, timeoutMs: 30_000 });
    expect(said).toMatch(/exited with 0\]$/);
    return {
      cert: await readFile(join(folder, `${name}.pem`), 'utf8'),
      key: await readFile(join(folder, `${name}.key`), 'utf8'),
    };
  };
  const signs = ['-addext', 'keyUsage=critical,keyCertSign'];
  const root = await issue('root', ...signs);
  const intermediate = await issue('intermediate', '-CA', 'root.pem', '-CAkey', 'root.key', ...signs);
  const leaf = await issue(
    'leaf',
    ...['-CA', 'intermediate.pem', '-CAkey', 'intermediate.key', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...[
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-addext',
      'authorityInfoAccess=caIssuers;URI:http://ca.example.com/i.crt',
    ],
  );
  const alone = await stage.start(vsftpd, EXPLICIT, await filesOf({ ...leaf, authority: root.cert }));
  const refused = await stage.through(alone.place, vsftpd, JOB);
  expect(refused.inShort).toEqual(['error server server tls-cert-untrusted']);
  expect(refused.findings[0]?.title).toMatch(
    /the intermediate certificate of CN=intermediate is missing \(http:\/\/ca\.example\.com\/i\.crt\)$/,
  );
  const chain = { key: leaf.key, cert: leaf.cert + intermediate.cert, authority: root.cert };
  const whole = await stage.start(vsftpd, EXPLICIT, await filesOf(chain));
  const taken = await stage.through(whole.place, vsftpd, JOB);
  expect(taken.said).toMatch(/^221/m);
  expect(taken.inShort).toEqual([]);
});

test('a client that does not trust the authority of the proxy', STAGED, async (context) => {
  if (isAbsent(context, vsftpd)) return;
  const { place } = await stage.start(vsftpd, EXPLICIT, good);
  const refused = await stage.through(place, vsftpd, { ...JOB, authority: good.authority });
  expect(refused.inShort).toEqual(['error client client tls-cert-untrusted']);
  expect(refused.findings[0]).toMatchObject({
    title: expect.stringMatching(/^the proxy's certificate is not trusted/),
    fix: { client: expect.stringContaining('ftpscope ca') },
  });
  expect((await stage.through(place, vsftpd, JOB)).inShort).toEqual([]);
});

test('a client that does not trust the server, seen in a capture', STAGED, async (context) => {
  const server = withLines(vsftpd, 'vsftpd.conf', 'pasv_min_port=34200', 'pasv_max_port=34240');
  if (isAbsent(context, server)) return;
  const { place } = await stage.start(server, EXPLICIT, good);
  const authority = (await filesOf({ ...bad('self-signed'), authority: own().authority.certificate.toString() }))
    .authority;
  const refused = await stage.captured(place, server, { ...JOB, authority }, '34200-34240');
  expect(refused.inShort).toEqual(['error client server tls-cert-untrusted']);
  expect(refused.findings[0]?.title).toMatch(/^the server's certificate is not trusted: the client says/);
  const trusting = await stage.captured(place, server, { ...JOB, authority: good.authority }, '34200-34240');
  expect(trusting.inShort).toEqual([]);
});
