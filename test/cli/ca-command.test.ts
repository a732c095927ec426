// `ftpscope ca` as people run it.
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../transcript/temporary-folder.js';
import { runProgram } from './program.js';

const LFTP = 'lftp';

test('makes an authority the first time and shows it every time, with what to paste', async () => {
  const folder = temporaryFolder();
  const [first, second] = [await runProgram(['ca', '--folder', folder]), await runProgram(['ca', '--folder', folder])];
  const file = join(folder, 'ca', 'ftpscope-ca.pem');
  const certificate = new X509Certificate(readFileSync(file));
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toMatch(/^ftpscope CA \(.*\), made just now\n/);
  expect(second).toEqual({ ...first, stdout: first.stdout.replace('made just now', 'made before') });
  expect(first.stdout).toContain(
    `  certificate  ${file}\n  key          ${join(folder, 'ca', 'ftpscope-ca-key.pem')} `,
  );
  expect(first.stdout).toContain(`  SHA-256      ${certificate.fingerprint256}\n  valid        20`);
  expect(first.stdout).toContain(
    `sudo install -m 644 ${file} /usr/local/share/ca-certificates/ftpscope-ca.crt && sudo update-ca-certificates\n`,
  );
  for (const client of ['trust anchor', 'security add-trusted-cert', 'certutil', 'curl', 'lftp', 'Python', 'FileZilla'])
    expect(first.stdout).toContain(client);
  expect(first.stdout).toContain(`NODE_EXTRA_CA_CERTS=${file} `);
  expect(first.stdout).not.toContain('PRIVATE');
});

test('--json says the same to a program', async () => {
  const folder = temporaryFolder();
  const [first, second] = [
    await runProgram(['ca', '--folder', folder, '--json']),
    await runProgram(['ca', '--folder', folder, '--json']),
  ];
  const made: unknown = JSON.parse(first.stdout);
  const certificate = new X509Certificate(readFileSync(join(folder, 'ca', 'ftpscope-ca.pem')));
  expect(made).toEqual({
    made: true,
    subject: certificate.subject.slice('CN='.length),
    certificate: join(folder, 'ca', 'ftpscope-ca.pem'),
    key: join(folder, 'ca', 'ftpscope-ca-key.pem'),
    sha256: certificate.fingerprint256,
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
  });
  expect(JSON.parse(second.stdout)).toEqual({ ...Object(made), made: false });
});

test('--pem prints the certificate alone', async () => {
  const folder = temporaryFolder();
  const first = await runProgram(['ca', '--folder', folder, '--pem']);
  const file = join(folder, 'ca', 'ftpscope-ca.pem');
  expect(first).toEqual({ status: 0, stdout: readFileSync(file, 'utf8'), stderr: `made ${file}\n` });
  expect(await runProgram(['ca', '--folder', folder, '--pem'])).toEqual({ ...first, stderr: '' });
});

test('processes that start at the same time agree', async () => {
  const folder = temporaryFolder();
  const all = await Promise.all([1, 2, 3].map(() => runProgram(['ca', '--folder', folder, '--json'])));
  const told = all.map(({ stdout }) => JSON.parse(stdout) as { made: boolean; sha256: string });
  expect(told.filter(({ made }) => made)).toHaveLength(1);
  expect(new Set(told.map(({ sha256 }) => sha256)).size).toBe(1);
});

test('the user\u2019s own data folder is where it is kept', async () => {
  const home = temporaryFolder();
  const environment = { XDG_DATA_HOME: home, LOCALAPPDATA: home, HOME: home };
  expect(await runProgram(['ca', '--json'], { environment })).toMatchObject({ status: 0, stderr: '' });
  const folder = process.platform === 'darwin' ? join(home, 'Library', 'Application Support') : home;
  expect(existsSync(join(folder, 'ftpscope', 'ca', 'ftpscope-ca.pem'))).toBe(true);
});

test('commands can be pasted whatever the folder is called', async () => {
  const folder = join(temporaryFolder(), 'Ann\u2019s "own" $HOME \\ it\u0027s');
  const { stdout } = await runProgram(['ca', '--folder', folder]);
  const file = join(folder, 'ca', 'ftpscope-ca.pem');
  const wordsOf = (text: string) =>
    execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' }).split('\n');
  expect(wordsOf(/ {2}curl (.*)$/m.exec(stdout)?.[1] ?? '')).toContain(file);
  expect(wordsOf(/NODE_EXTRA_CA_CERTS=(.*) node YOUR/.exec(stdout)?.[1] ?? '')).toContain(file);
  const lftp = wordsOf(/lftp -e (.*) -p 2121/.exec(stdout)?.[1] ?? '')[0] ?? '';
  expect(JSON.parse(/^set ssl:ca-file (.*)$/.exec(lftp)?.[1] ?? '')).toBe(file);
});

test.skipIf(spawnSync(LFTP, ['--version']).error !== undefined)('lftp reads such a name as it is', async () => {
  const folder = join(temporaryFolder(), 'Ann\u2019s "own" $HOME \\ it\u0027s');
  const { stdout } = await runProgram(['ca', '--folder', folder]);
  const command = /lftp (-e .*) -p 2121/.exec(stdout)?.[1] ?? '';
  const told = execFileSync('sh', ['-c', `lftp -c "$(printf '%s; set -a' ${command.slice('-e '.length)})"`], {
    encoding: 'utf8',
  });
  expect(told).toMatch(/^set ssl:ca-file .*ftpscope-ca\.pem/m);
});

test('help shows every option and an example that works', async () => {
  const { status, stdout } = await runProgram(['ca', '--help']);
  expect(status).toBe(0);
  for (const word of ['--folder', '--json', '--pem']) expect(stdout).toContain(`  ${word}`);
  expect(stdout).toMatch(/\nExamples:\n {2}node .*bin\/ftpscope\.js ca\n/);
});

describe('mistakes get one clear line and status 2', () => {
  test.each([
    [['ca', '--json', '--pem'], /option '--json' cannot be used with option '--pem'/],
    [['ca', '--folder', ''], /'--folder <folder>' argument '' is invalid\. Give the name of a folder$/],
    [['ca', '--folder', '/dev/null/x'], /cannot read \/dev\/null\/x\/ca\/\S+: not a directory$/],
    [['ca', 'new'], /too many arguments for 'ca'/],
  ])('%j', async (argv, line) => {
    const { status, stdout, stderr } = await runProgram(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^ftpscope: [^\n]*\n$/);
    expect(stderr.trimEnd()).toMatch(line);
  });

  test('a spoilt key, which is not shown', async () => {
    const folder = temporaryFolder();
    await runProgram(['ca', '--folder', folder, '--json']);
    const key = join(folder, 'ca', 'ftpscope-ca-key.pem');
    writeFileSync(key, readFileSync(key, 'utf8').slice(0, 500));
    const { status, stdout, stderr } = await runProgram(['ca', '--folder', folder]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `ftpscope: ${key} holds no unencrypted private key as PEM; put it back, or move ${join(folder, 'ca')} away for a new authority\n`,
    );
    rmSync(key);
  });
});
