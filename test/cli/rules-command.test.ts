// `ftpscope rules`: text for a shell, whose effect is shown in test/e2e/namespaces.
import { expect, test } from 'vitest';
import { runProgram } from './program.js';

const rules = (...args: readonly string[]) => runProgram(['rules', ...args]);

test('of redirect, with the way back as comments', async () => {
  const { status, stdout, stderr } = await rules(
    ...['--transparent', 'redirect', '--listen', '0.0.0.0:2121', '--listen', 'ftps://[::]:2990'],
    ...['--data-ports', 'client=50000-50099'],
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    "nft 'add table inet ftpscope; delete table inet ftpscope; table inet ftpscope {",
    '  chain intercept {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    '    iifname != lo meta nfproto ipv4 tcp dport 21 redirect to :2121',
    '    iifname != lo tcp dport 990 redirect to :2990',
    '    iifname != lo meta nfproto ipv4 tcp dport 50000-50099 redirect',
    '    iifname != lo tcp dport 50000-50099 redirect',
    '  }',
    "}'",
    '# to undo it:',
    "# nft 'add table inet ftpscope; delete table inet ftpscope'",
    '',
  ]);
});

test('of tproxy, another port', async () => {
  const { stdout } = await rules('--transparent', 'tproxy', '--listen', '[2001:db8::1]:2121', '--ftp-port', '2100');
  expect(stdout).toContain(
    '    iifname != lo meta nfproto ipv6 tcp dport 2100 tproxy ip6 to :2121 meta mark set 0x849 accept\n',
  );
  expect(stdout).toContain('ip -6 route replace local ::/0 dev lo table 2121\n');
});

test('with --spoof-client they are the same, and it is for tproxy alone', async () => {
  const tproxy = ['--transparent', 'tproxy', '--listen', '0.0.0.0:2121'];
  expect(await rules(...tproxy, '--spoof-client')).toEqual(await rules(...tproxy));
  const redirect = ['--transparent', 'redirect', '--listen', '0.0.0.0:2121', '--data-ports', '50000-50099'];
  const { status, stderr } = await rules(...redirect, '--spoof-client');
  expect(status).toBe(2);
  expect(stderr).toContain('--spoof-client takes the address of the client, which only --transparent tproxy can');
});

test('what undoes it, alone', async () => {
  const { stdout } = await rules('--transparent', 'tproxy', '--listen', '0.0.0.0:2121', '--undo');
  expect(stdout).toMatch(
    /^nft 'add table inet ftpscope; delete table inet ftpscope'\nwhile ip -4 rule delete fwmark 0x849 lookup 2121 /,
  );
  expect(stdout).not.toContain('#');
});

test.each([
  [[], /required option '--transparent <method>' not specified/],
  [['--transparent', 'magic'], /Allowed choices are redirect, tproxy/],
  [['--transparent', 'tproxy'], /--transparent needs --listen, such as 0\.0\.0\.0:2121/],
  [['--transparent', 'tproxy', '--listen', '0.0.0.0:0'], /--listen needs a port that rules can name, not 0/],
  [['--transparent', 'redirect', '--listen', '0.0.0.0:2121'], /--transparent redirect needs --data-ports/],
])('%j gets one clear line', async (args, line) => {
  const { status, stdout, stderr } = await rules(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(line);
});
