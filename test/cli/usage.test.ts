// How the program meets people: help, version, and one clear line for every mistake.
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { programVersion } from '../../src/cli/program/program-info.js';
import { runHere } from './in-process.js';
import { runProgram } from './program.js';

test('the version', async () => {
  expect(await runProgram(['--version'])).toEqual({ status: 0, stdout: `${programVersion()}\n`, stderr: '' });
});

describe('help', () => {
  test.each([[[]], [['proxy']], [['export']], [['demo']], [['rules']]])('of %j shows examples', async (command) => {
    const { status, stdout, stderr } = await runHere([...command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: ftpscope /);
    expect(stdout).toMatch(/\nExamples:\n(?: {2}# .*\n)? {2}node .*bin\/ftpscope\.js /);
  });

  test('in a process of its own', async () => {
    expect(await runProgram(['--help'])).toEqual(await runHere(['--help']));
    expect(await runProgram(['proxy', '--help'])).toEqual(await runHere(['proxy', '--help']));
  });

  test('names every option of the proxy', async () => {
    const { stdout } = await runHere(['proxy', '--help-all']);
    const options =
      '--listen --to --accept-proxy-protocol --send-proxy-protocol --data-ports --advertise --pasv-address --allow-foreign-port --require-data-resumption --connect-timeout --login-timeout --idle-timeout --reply-timeout --data-timeout ' +
      '--transparent --spoof-client --forward --allow-server --proxy-user --max-sessions --max-sessions-per-client --max-line --transcript --payloads --json --plain --show-secrets --quiet --verbose -w -q -v';
    for (const option of options.split(' ')) expect(stdout).toMatch(new RegExp(`\\s${option}\\b`));
  });

  test('is shown, as a mistake, when no command is given', async () => {
    const { status, stdout, stderr } = await runProgram([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: ftpscope /);
  });
});

describe('mistakes get one clear line and status 2', () => {
  test('in a process of its own', async () => {
    expect(await runProgram(['prxy'])).toEqual(await runHere(['prxy']));
    expect(await runProgram(['proxy', 'host:21'])).toEqual(await runHere(['proxy', 'host:21']));
  });

  test.each([
    [['prxy'], /unknown command 'prxy' \(Did you mean proxy\?\); see node .*ftpscope\.js --help$/],
    [['help', 'bogus'], /unknown command 'bogus'; see node .*ftpscope\.js --help$/],
    [['help', 'prxy'], /unknown command 'prxy' \(Did you mean proxy\?\)/],
    [['bogus', '--help'], /unknown command 'bogus'/],
    [
      ['proxy', 'ftp://host', '--server-mode', 'pasive'],
      /argument 'pasive' is invalid\. Did you mean passive\? Allowed choices are same, passive, active, auto$/,
    ],
    [['rules', '--transparent', 'tpoxy'], /Did you mean tproxy\?/],
    [['demo', '--color', 'alway'], /Did you mean always\? Allowed choices are auto, always, never$/],
    [['export', 'x'], /'--pcapng <file>' not specified; see node .*ftpscope\.js export --help$/],
    [['proxy'], /no server to relay to from 127\.0\.0\.1:2121; give one as ftp:\/\/HOST, or with --to /],
    [
      ['proxy', '--to', 'ftp://a', '--listen', '2121'],
      /--to a:21 has no --listen before it; give each --to behind its --listen$/,
    ],
    [
      ['proxy', '--listen', '2121', '--to', 'ftp://a', '--to', 'ftp://b'],
      /--to b:21 is a second one for --listen 127\.0\.0\.1:2121; give each --listen one --to$/,
    ],
    [
      ['proxy', '--listen', '2121', '--to', 'ftp://a', '--listen', '2122'],
      /no server to relay to from 127\.0\.0\.1:2122; give one as ftp:\/\/HOST, or with --to ftp:\/\/HOST behind --listen/,
    ],
    [
      ['proxy', 'ftp://a', '--listen', '2121', '--to', 'ftp://b'],
      /every --listen has a --to, so nothing is relayed to 'ftp:\/\/a'; leave it out$/,
    ],
    [['proxy', '--listen', '0', '--to', 'ftp://u:secret@a'], /cannot relay to 'ftp:\/\/\.\.\.@a': leave out user and/],
    [
      ['proxy', 'ftp://host', '--accept-proxy-protocol', '10.0.0.0/33'],
      /'--accept-proxy-protocol <from>' argument '10\.0\.0\.0\/33' is invalid\. Give an IP address or a range/,
    ],
    [
      ['proxy', 'ftp://host', '--send-proxy-protocol', 'v3'],
      /'--send-proxy-protocol <version>' argument 'v3' is invalid\. Allowed choices are v1, v2$/,
    ],
    [
      ['proxy', 'ftpes://host'],
      /cannot relay to 'ftpes:\/\/host': for TLS by AUTH write ftp:\/\/ and --server-tls require/,
    ],
    [['proxy', 'ftp://host', '--transparent', 'redirect'], /--transparent relays each connection .*; give no server$/],
    [['proxy', '--transparent', 'tproxy'], /--transparent needs --listen/],
    [['proxy', '--forward'], /--forward needs --allow-server, such as .*: clients may connect to nothing else$/],
    [
      ['proxy', 'ftp://host', '--forward', '--allow-server', '*'],
      /--forward relays each client to the server that it names; give no server$/,
    ],
    [
      ['proxy', '--listen', '0', '--to', 'ftp://host', '--forward', '--allow-server', '*'],
      /--forward relays each client .*; give no server$/,
    ],
    [
      ['proxy', '--listen', '0.0.0.0:0', '--forward', '--allow-server', '*', '--transparent', 'tproxy'],
      /--forward and --transparent find the server in different ways; give one$/,
    ],
    [
      ['proxy', '--forward', '--allow-server', '*', '--tls', 'passthrough'],
      /--tls passthrough relays sessions unseen, and --forward has to see which server is named; give one$/,
    ],
    [['proxy', 'ftp://host', '--allow-server', '*'], /--allow-server says whom --forward may connect to; give both$/],
    [['proxy', 'ftp://host', '--proxy-user', 'pu'], /--proxy-user is about logins with --forward; give both$/],
    [
      ['proxy', '--forward', '--allow-server', 'ftp://host'],
      /'--allow-server <pattern>' argument 'ftp:\/\/host' is invalid\. Give a pattern such as \*, ftp\.example\.com, /,
    ],
    [
      ['proxy', '--forward', '--allow-server', 'host:9-1'],
      /'--allow-server <pattern>' argument 'host:9-1' is invalid\. Give a pattern such as /,
    ],
    [
      ['proxy', '--forward', '--allow-server', '*', '--proxy-user', ''],
      /'--proxy-user <name>' argument '' is invalid\. Give the name of a user/,
    ],
    [['proxy', 'ftp://host', '--spoof-client'], /--spoof-client takes .* only --transparent tproxy can$/],
    [
      ['proxy', 'ftp://host', '--server-name', ''],
      /'--server-name <name>' argument '' is invalid\. Give the name in the server's certificate/,
    ],
    [
      ['proxy', 'ftp://host', '--ca-folder', 'a', '--cert', 'b', '--key', 'c'],
      /'--ca-folder <folder>' cannot be used with option '--cert <file>'/,
    ],
    [['proxy', 'ftp://host', '--cert', '/nowhere'], /--cert and --key go together; give both$/],
    [['proxy', 'ftp://host', '--server-ca', '/nowhere'], /--server-ca \/nowhere: cannot read it: no such file/],
    [
      ['proxy', 'ftp://host', '--server-ca', '/dev/null'],
      /--server-ca \/dev\/null: it holds no certificate in PEM form$/,
    ],
    [['proxy', 'ftp://host', '--keylog', '/nowhere/x'], /--keylog \/nowhere\/x: cannot write it: no such file/],
    [['proxy', 'host:21'], /cannot relay to 'host:21': write it as ftp:\/\/host:21$/],
    [['proxy', 'ftp://u:secret@host'], /cannot relay to 'ftp:\/\/\.\.\.@host': leave out user and password/],
    [['proxy', 'ftp://host', 'more'], /too many arguments for 'proxy'/],
    [['proxy', 'ftp://host', '--nope'], /unknown option '--nope'/],
    [
      ['proxy', 'ftp://host', '--listen', '::1:21'],
      /option '--listen <host:port>' argument '::1:21' is invalid\. Give HOST:PORT/,
    ],
    [
      ['proxy', 'ftp://host', '--data-ports', '9-1'],
      /'--data-ports <from-to>' argument '9-1' is invalid\. Give FROM-TO/,
    ],
    [
      ['proxy', 'ftp://host', '--data-ports', 'clients=9-10'],
      /argument 'clients=9-10' is invalid\. Give VALUE, client=VALUE or server=VALUE: there is no side 'clients'$/,
    ],
    [
      ['proxy', 'ftp://host', '--advertise', 'not me'],
      /'--advertise <address>' argument 'not me' is invalid\. Give an IP address/,
    ],
    [
      ['proxy', 'ftp://host', '--pasv-address', 'x'],
      /'--pasv-address <policy>' .* Allowed choices are ignore, strict, follow$/,
    ],
    [['proxy', 'ftp://host', '--idle-timeout', '5x'], /'--idle-timeout <time>' argument '5x' is invalid\. Give a time/],
    [['proxy', 'ftp://host', '--connect-timeout', '0'], /'--connect-timeout <time>' argument '0' is invalid/],
    [['proxy', 'ftp://host', '--data-timeout', '-1s'], /'--data-timeout <time>' argument '-1s' is invalid/],
    [
      ['proxy', 'ftp://host', '--max-sessions', '0'],
      /'--max-sessions <count>' argument '0' is invalid\. Give a whole number/,
    ],
    [['proxy', 'ftp://host', '--max-line', '1'], /'--max-line <size>' argument '1' is invalid\. Give a size/],
    [['proxy', 'ftp://host', '-w', '-'], /'-w, --transcript <file>' argument '-' is invalid\. .* use --json$/],
    [['proxy', 'ftp://host', '-w', '/dev/null/x'], /cannot open transcript \/dev\/null\/x: not a directory$/],
    [
      ['proxy', 'ftp://host', '--payloads', '/dev/null'],
      /cannot keep payloads in \/dev\/null: it is not a folder, choose another place$/,
    ],
    [['proxy', 'ftp://host', '--json', '--plain'], /option '--json' cannot be used with option '--plain'/],
    [['proxy', 'ftp://host', '--listen'], /option '--listen <host:port>' argument missing/],
    [['demo', 'more'], /too many arguments for 'demo'/],
    [['demo', '--listen', 'x'], /'--listen <host:port>' argument 'x' is invalid/],
    [['proxy', 'ftp://host', '--listen', '\x1b[2J'], /argument '\\x1b\[2J' is invalid/],
  ])('%j', async (argv, line) => {
    const { status, stdout, stderr } = await runHere(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^ftpscope: [^\n]*\n$/);
    expect(stderr.trimEnd()).toMatch(line);
  });
});

test.skipIf(!existsSync('/dev/full'))(
  'a disk that is full from the start is none: a supervisor may try again',
  async () => {
    expect(await runProgram(['proxy', 'ftp://host', '-w', '/dev/full'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ftpscope: cannot write transcript /dev/full: no space left on device\n',
    });
  },
);
