// Transparent mode without rules in the kernel: who comes to the proxy itself is told so, and the proxy does not call itself.
// What it does with them is shown in test/e2e/namespaces.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
import { loopReason } from '../../src/net/interception.js';
import { InterceptionError, openKernel } from '../../src/net/linux/kernel.js';
import { createProxy } from '../../src/net/proxy.js';
import { watchProxy } from './watched-proxy.js';

const onLinux = process.platform === 'linux';

describe.runIf(onLinux)('a connection to the proxy itself', () => {
  test('is refused with a line that says why, and observed', async () => {
    const { proxy, endpoint, all, idle } = await watchProxy({ transparent: 'redirect' });
    const { port } = endpoint;
    const socket = createConnection({ host: '127.0.0.1', port });
    const [said] = await once(socket, 'data');
    socket.destroy();
    expect(String(said)).toMatch(/^421 .*redirected.*\r\n$/);
    expect(proxy.sessionCount).toBe(0);
    expect(all('session-opened')).toMatchObject([{ how: 'transparent', server: endpoint }]);
    expect(all('violation')).toMatchObject([{ side: 'client', code: 'proxy-loop' }]);
    expect(all('server-connected')).toEqual([]);
    await idle();
  });
});

describe('the loop guard', () => {
  const listeners = [{ address: '0.0.0.0', port: 2121 }];
  test.each([
    ['nobody redirected', null, /not redirected to the proxy/],
    ['that was meant for the proxy', { address: '127.0.0.1', port: 2121 }, /^127\.0\.0\.1:2121 is this proxy itself/],
  ])('refuses a connection %s', (_, destination, reason) => {
    expect(loopReason(destination, listeners)).toMatch(reason);
  });

  test.each([
    { address: '127.0.0.1', port: 21 },
    { address: '203.0.113.7', port: 2121 },
  ])('lets through what is meant for %j', (destination) => {
    expect(loopReason(destination, listeners)).toBeNull();
  });
});

test.runIf(onLinux)('without koffi there is one line that says what is missing', async () => {
  const missing = openKernel(() => Promise.reject(new Error("Cannot find package 'koffi'")));
  await expect(missing).rejects.toThrow(InterceptionError);
  await expect(missing).rejects.toThrow(
    /^--transparent needs the optional package koffi, which is not installed: run "npm install -g/,
  );
});

test('a proxy with no server to relay to is a mistake', async () => {
  await expect(createProxy({})).rejects.toThrow('has no server to relay to');
});
