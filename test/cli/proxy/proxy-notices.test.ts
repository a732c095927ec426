// What the proxy warns of as soon as it is up.
import { expect, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';
import { warnOfServers } from '../../../src/cli/proxy/proxy-notices.js';

async function warnings(...servers: string[]): Promise<string[]> {
  const told: string[] = [];
  const listeners = servers.map((address) => ({ address: '127.0.0.1', port: 0, to: { address, port: 21 } }));
  await warnOfServers(listeners, new Notices((text) => told.push(text), false));
  return told;
}

test('a server whose name does not resolve', async () => {
  expect(await warnings('ftp.invalid', 'ftp.invalid', 'localhost', '192.0.2.7', '2001:db8::1')).toEqual([
    'ftpscope: warning: server ftp.invalid: host name not found; sessions fail as long as that is so, check the name\n',
  ]);
});
