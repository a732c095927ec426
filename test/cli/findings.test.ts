// Findings on the command line: `read --findings`, filters, `--fail-on`, `explain`.
import { describe, expect, test } from 'vitest';
import { trace } from '../diagnosis/trace.js';
import { runProgram } from './program.js';
import { transcriptFile } from './transcripts.js';

const login = (answer: string) =>
  trace()
    .opened()
    .connected()
    .server('220 (vsFTPd 3.0.5)')
    .client('USER anna')
    .server('331 go on')
    .client('PASS ****')
    .server(answer);
const refused = () => transcriptFile([login('530 Login incorrect.').closed()]);
const welcome = () => transcriptFile([login('230 Login successful.').closed()]);

describe('read', () => {
  test('shows a finding where it happens, and what to do at the end of the session', async () => {
    const { stdout, status } = await runProgram(['read', refused(), '--plain']);
    expect(stdout).toMatch(
      /<- 530 Login incorrect.*\n.*## the server refuses the login of anna: 530 Login incorrect\. {3}error: login-failed/,
    );
    expect(stdout).toMatch(/session closed.*\n.*## error: .*\n.*why: .*\n.*do, on the server: .*vsftpd: userlist_deny/);
    expect(status).toBe(0);
  });

  test('--no-findings shows what happened alone', async () => {
    expect((await runProgram(['read', refused(), '--plain', '--no-findings'])).stdout).not.toContain('##');
  });

  test('--findings sums up by cause', async () => {
    const { stdout } = await runProgram(['read', refused(), '--findings']);
    expect(stdout).toMatch(
      /^error: the server refuses .*\n {3}login-failed: 1 of 1 session, on the server's leg\n {3}from .*; #1\n/,
    );
    expect((await runProgram(['read', welcome(), '--findings'])).stdout).toBe(
      'nothing went wrong that ftpscope knows of, in 1 session\n',
    );
    const [row = ''] = (await runProgram(['read', refused(), '--findings', '--json'])).stdout.split('\n');
    expect(JSON.parse(row)).toMatchObject({
      diagnosis: 'login-failed',
      sessions: 1,
      fix: { client: expect.any(String) },
    });
  });

  test.each([
    ['~finding login*', 0],
    ['~severity error ~fault client', 0],
    ['~fault server', 1],
    ['!~severity error', 1],
  ])('the filter %s', async (filter, status) => {
    expect((await runProgram(['read', refused(), '--sessions', filter])).status).toBe(status);
  });

  test('--fail-on makes the exit status 1, and says so', async () => {
    const { status, stderr } = await runProgram(['read', refused(), '--plain', '--fail-on', 'error']);
    expect(stderr).toContain('1 error found: exit status 1, as --fail-on error asks for');
    expect(status).toBe(1);
    expect((await runProgram(['read', welcome(), '--plain', '--fail-on', 'warning'])).status).toBe(0);
  });

  test('--fail-on and --no-findings contradict each other', async () => {
    const { status, stderr } = await runProgram(['read', refused(), '--no-findings', '--fail-on', 'error']);
    expect(stderr).toMatch(/--fail-on needs findings/);
    expect(status).toBe(2);
  });

  test('what --json printed is read again, and has each finding once', async () => {
    const { stdout } = await runProgram(['read', refused(), '--json']);
    const kinds = stdout.split('\n').filter((line) => line.startsWith('{"kind":"finding"'));
    expect(kinds).toHaveLength(1);
  });
});

describe('explain', () => {
  test('lists all diagnoses', async () => {
    const { stdout } = await runProgram(['explain']);
    expect(stdout).toMatch(/^login-failed +error +the server refuses the login/m);
  });

  test('explains one', async () => {
    const { stdout, status } = await runProgram(['explain', 'pasv-private-address']);
    expect(stdout).toMatch(
      /^pasv-private-address: .*\n.*warning, to be fixed by: server\n {3}on the wire: A 227 .*\n {3}why: /,
    );
    expect(stdout).toContain('ProFTPD: MasqueradeAddress');
    expect(status).toBe(0);
  });

  test('says which one may have been meant', async () => {
    const { stderr, status } = await runProgram(['explain', 'login-faild']);
    expect(stderr).toBe(
      'ftpscope: there is no diagnosis login-faild; did you mean login-failed? (ftpscope explain lists them)\n',
    );
    expect(status).toBe(2);
  });
});
