// The flags of relaying: the defaults in the help and in docs/service.md are those of the library, and nothing is lost between them.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addRelayFlags, relayFlag, relaySettings } from '../../../src/cli/options/relay-flags.js';
import { settle } from '../../../src/net/options/option-table.js';
import { createProxy } from '../../../src/net/proxy.js';
import { RELAY_OPTIONS } from '../../../src/net/proxy-options.js';

const PAGE = readFileSync(new URL('../../../docs/service.md', import.meta.url), 'utf8');

function settingsFrom(...args: readonly string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addRelayFlags(command);
  command.parse(args, { from: 'user' });
  return relaySettings(command);
}

test('without flags the defaults of the library hold', () => {
  expect(settingsFrom()).toEqual(settle(RELAY_OPTIONS, {}));
});

const WITH_SHOWN_DEFAULTS = [
  ['connectTimeoutMs', 30_000],
  ['loginTimeoutMs', 120_000],
  ['idleTimeoutMs', 900_000],
  ['dataTimeoutMs', 300_000],
  ['maxSessions', 1000],
  ['maxLineBytes', 16_384],
] as const;

test.each(WITH_SHOWN_DEFAULTS)('the default that the help shows for %s means what it says', (name, byDefault) => {
  const { long, defaultValue, defaultValueDescription } = relayFlag(name);
  const shown = defaultValueDescription ?? String(defaultValue);
  expect(PAGE).toContain(`\`${long}\` (${shown})`);
  expect(settingsFrom(long ?? '', shown)[name]).toBe(byDefault);
  expect(settingsFrom()[name]).toBe(byDefault);
});

test('every flag, and the library takes what they come to', async () => {
  const settings = settingsFrom(
    ...['--server-mode', 'auto', '--data-ports', '50000-50100', '--data-ports', 'server=40000'],
    ...[
      '--advertise',
      'client=203.0.113.5',
      '--active-source-port',
      '20',
      '--server-source-address',
      '::ffff:127.0.0.1',
    ],
    ...[
      '--pasv-address',
      'strict',
      '--allow-foreign-port',
      '--require-data-resumption',
      '--accept-proxy-protocol',
      '10.0.0.0/8',
    ],
    ...[
      '--accept-proxy-protocol',
      '::1',
      '--data-proxy-header',
      'require',
      '--send-proxy-protocol',
      'v2',
      '--connect-timeout',
      '1s',
    ],
    ...['--idle-timeout', '2m', '--reply-timeout', '3h', '--data-timeout', '1h', '--max-sessions', '7'],
    ...['--max-line', '1K', '--on-recording-error', 'exit', '--pump', 'portable', '--show-secrets'],
    ...['--login-timeout', '30s', '--max-sessions-per-client', '3'],
  );
  expect(settings).toEqual({
    serverMode: 'auto',
    dataPorts: { client: { from: 50_000, to: 50_100 }, server: { from: 40_000, to: 40_000 } },
    advertise: { client: '203.0.113.5' },
    activeSourcePort: 20,
    serverSourceAddress: '127.0.0.1',
    pasvAddress: 'strict',
    allowForeignPort: true,
    requireDataResumption: true,
    spoofClient: false,
    acceptProxyProtocolFrom: ['10.0.0.0/8', '::1'],
    dataProxyHeader: 'require',
    sendProxyProtocol: 'v2',
    connectTimeoutMs: 1000,
    loginTimeoutMs: 30_000,
    idleTimeoutMs: 120_000,
    replyTimeoutMs: 10_800_000,
    dataTimeoutMs: 3_600_000,
    maxSessions: 7,
    maxSessionsPerClient: 3,
    maxLineBytes: 1024,
    onRecordingError: 'exit',
    pump: 'portable',
    showSecrets: true,
  });
  const upstream = { address: '127.0.0.1', port: 21 };
  const proxy = await createProxy({ ...settings, server: upstream, listen: [{ address: '127.0.0.1', port: 0 }] });
  await proxy.close();
});

test('transparent mode', () => {
  expect(settingsFrom('--transparent', 'tproxy', '--spoof-client')).toMatchObject({
    transparent: 'tproxy',
    spoofClient: true,
  });
  expect(() => settingsFrom('--spoof-client', '--server-source-address', '127.0.0.1')).toThrow('cannot be used with');
});
