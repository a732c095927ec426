// What the proxy warns of as soon as it is up.
import { expect, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';
import { pumpInWords, warnOfServers } from '../../../src/cli/proxy/proxy-notices.js';

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

test('what carries large transfers', () => {
  const told = [
    pumpInWords({ kind: 'kernel', threads: 1 }),
    pumpInWords({ kind: 'kernel', threads: 7 }),
    pumpInWords({ kind: 'portable', reason: 'the optional package koffi is not installed' }),
  ];
  expect(told).toEqual([
    'large plain transfers go through the kernel (splice), in one thread',
    'large plain transfers go through the kernel (splice), in up to 7 threads',
    'large plain transfers go through this process: the optional package koffi is not installed',
  ]);
});
