// One control connection, as the system sees it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ControlConnection } from '../../src/ends/control-connection.js';
import { FROM_ANYWHERE } from '../../src/ends/dial.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { listenForPeers } from '../support/scripted-server.js';

const IGNORED = { bytes: () => {}, ended: () => {}, lost: () => {}, drained: () => {} };

/** The seconds until the kernel's next probe of a silent connection; null when it sends none (proc(5), net/tcp: timer 02). */
function keepAliveProbeIn({ port }: Endpoint): number | null {
  const connection = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => state === '01' && Number.parseInt(local?.split(':')[1] ?? '', 16) === port);
  const [timer, when] = connection?.[5]?.split(':') ?? [];
  return timer === '02' ? Number.parseInt(when ?? '', 16) / 100 : null;
}

test.skipIf(process.platform !== 'linux')('a silent connection is kept alive, dialled or accepted', async () => {
  const listener = await listenForPeers();
  const dialled = await new Promise<ControlConnection>((resolve) => {
    const made = ControlConnection.dial(listener.endpoint, FROM_ANYWHERE, 4000, IGNORED, () => resolve(made));
  });
  const accepted = new ControlConnection((await listener.accept()).detach(), IGNORED);
  for (const { local } of [dialled, accepted]) {
    expect(keepAliveProbeIn(local)).toBeGreaterThan(50);
    expect(keepAliveProbeIn(local)).toBeLessThanOrEqual(60);
  }
  dialled.socket.destroy();
  accepted.socket.destroy();
});
