// CPython's own test_ftplib, directly and with every connection sent through a proxy: what passes directly passes through.
// The proxy shows its clients the certificate that the tests' own server has.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runChild } from './child-process.js';
import { startBroker } from './cpython/broker.js';
import { cannotTest, missing } from './peers.js';

const python = '/usr/bin/python3.11';
const script = fileURLToPath(new URL('cpython/run-test-ftplib.py', import.meta.url));
const certificate = '/usr/lib/python3.11/test/keycert3.pem';
const NEEDS = [
  { file: python, from: 'python3.11' },
  { file: '/usr/lib/python3.11/test/test_ftplib.py', from: 'libpython3.11-testsuite' },
];
/** Tests of what the proxy refuses on purpose, and what it says then. */
const REFUSED: Readonly<Record<string, string>> = {
  'test.test_ftplib.TestTLS_FTPClass.test_ccc': '534 The connection stays encrypted: CCC is refused',
};
const RUN_TIMEOUT_MS = 120_000;

interface Report {
  /** `passed`, why it was skipped, or how it failed, for each test. */
  readonly outcomes: Readonly<Record<string, string>>;
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'outcomes' in value;
}

async function runTestFtplib(...args: readonly string[]): Promise<Report> {
  const options = { cwd: tmpdir(), timeoutMs: RUN_TIMEOUT_MS };
  const output = await runChild(python, ['-W', 'ignore', script, ...args], options);
  const line = output.split('\n').find((text) => text.startsWith('{"outcomes"'));
  const report: unknown = JSON.parse(line ?? 'null');
  if (!isReport(report)) throw new Error(`no report from test_ftplib:\n${output}`);
  return report;
}

const passedIn = ({ outcomes }: Report) => Object.keys(outcomes).filter((name) => outcomes[name] === 'passed');

test("CPython's test_ftplib", { timeout: 2 * RUN_TIMEOUT_MS }, async (context) => {
  const reason = missing(NEEDS);
  if (reason !== undefined) return cannotTest(context, reason);
  const direct = await runTestFtplib();
  const pem = readFileSync(certificate, 'utf8');
  const broker = await startBroker({ certificatesFor: async () => [{ cert: pem, key: pem }], insecure: true });
  const through = await runTestFtplib(String(broker.port)).finally(() => broker.close());
  const isRefused = (name: string) => name in REFUSED && through.outcomes[name]?.includes(REFUSED[name] ?? '');
  const lost = passedIn(direct).filter((name) => through.outcomes[name] !== 'passed' && !isRefused(name));
  process.stdout.write(
    `\ntest_ftplib: ${passedIn(direct).length} tests pass directly, ${passedIn(through).length} through the proxy ` +
      `(${broker.sessionCount()} sessions, ${broker.handshakeCount()} TLS handshakes)\n`,
  );
  expect(Object.fromEntries(lost.map((name) => [name, through.outcomes[name]]))).toEqual({});
  expect(passedIn(direct).length).toBeGreaterThan(0);
  expect(broker.sessionCount()).toBeGreaterThan(0);
  expect(broker.handshakeCount()).toBeGreaterThan(0);
});
