// A proxy as the commands run it: recorded before it is shown, and clear lines for what goes wrong.
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';
import { reachableHere } from '../../../src/cli/proxy/listening-address.js';
import { startRelay } from '../../../src/cli/proxy/relay.js';
import { RecordingFaults } from '../../../src/cli/recordings/recording-faults.js';
import { runDemoScript } from '../../../src/demo/demo-script.js';
import { startSampleServer } from '../../../src/demo/sample-server.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { RecordingError } from '../../../src/dialogue/recording-error.js';
import type { Endpoint } from '../../../src/protocol/endpoint.js';

const LOOPBACK: Endpoint = { address: '127.0.0.1', port: 0 };
const NOWHERE: Endpoint = { address: '127.0.0.1', port: 1 };

/** Starts a relay whose notices, records and shown observations can be looked at. */
async function started(upstream: Endpoint, listen: readonly Endpoint[], record = (_: Observation) => {}) {
  const told: string[] = [];
  const notices = new Notices((text) => told.push(text), false);
  const recorded: Observation[] = [];
  const shown: Observation[] = [];
  const proxy = await startRelay(
    { server: upstream, listen },
    {
      record: (observation) => {
        record(observation);
        recorded.push(observation);
      },
      show: (observation) => shown.push(observation),
      notices,
      faults: new RecordingFaults(notices, 'wait', () => {}),
    },
  );
  onTestFinished(() => proxy.close());
  const [{ address, port } = LOOPBACK] = proxy.addresses;
  return { proxy, told, recorded, shown, client: { address, port } };
}

async function sampleServer(): Promise<Endpoint> {
  const server = await startSampleServer();
  onTestFinished(() => server.close());
  return server.address;
}

test('says where it listens, with the real port, for every address', async () => {
  const { proxy, told } = await started(NOWHERE, [LOOPBACK, LOOPBACK]);
  expect(told).toEqual(proxy.addresses.map(({ port }) => `listening on 127.0.0.1:${port}\n`));
});

test('warns when other machines can reach it', async () => {
  const { told } = await started(NOWHERE, [LOOPBACK, { address: '0.0.0.0', port: 0 }]);
  expect(told[2]).toMatch(/^ftpscope: warning: 0\.0\.0\.0:\d+ can be reached from other machines: /);
});

test('everything is recorded, and shown', async () => {
  const { recorded, shown, client } = await started(await sampleServer(), [LOOPBACK]);
  const { allBytesMatched } = await runDemoScript(client);
  expect(allBytesMatched).toBe(true);
  expect(recorded.length).toBeGreaterThan(50);
  expect(shown).toEqual(recorded);
});

test('what cannot be recorded is not relayed, and told once for each place', async () => {
  let failures = 0;
  const full = (observation: Observation) => {
    if (observation.kind !== 'command') return;
    failures += 1;
    const message = `cannot keep payload in x/000${failures}: no space left on device`;
    throw new RecordingError(message, 'x', 'ENOSPC');
  };
  const { told, shown, client } = await started(await sampleServer(), [LOOPBACK], full);
  await expect(runDemoScript(client)).rejects.toThrow();
  await expect(runDemoScript(client)).rejects.toThrow();
  expect(shown.map(({ kind }) => kind)).not.toContain('command');
  expect(told.slice(1)).toEqual([
    'ftpscope: cannot keep payload in x/0001: no space left on device; sessions that cannot be recorded are ended until it can be written. Make room, or mend what the message says\n',
  ]);
});

test('a fault of ours is told with its stack, and ends that session alone', async () => {
  let faults = 0;
  const faulty = ({ kind, session }: Observation) => {
    if (kind !== 'command' || session !== 1) return;
    faults += 1;
    throw new TypeError('not a function');
  };
  const { told, client } = await started(await sampleServer(), [LOOPBACK], faulty);
  await expect(runDemoScript(client)).rejects.toThrow();
  await runDemoScript(client);
  expect(faults).toBe(1);
  expect(told[1]).toMatch(/^ftpscope: session 1 failed and was ended; .*\nTypeError: not a function\n +at /);
});

describe('where it cannot listen', () => {
  test('because the address is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(started(NOWHERE, [LOOPBACK, { address: '127.0.0.1', port }])).rejects.toMatchObject({
      name: 'Failure',
      message: `cannot listen on 127.0.0.1:${port}: address already in use; choose another with --listen, or port 0 for any that is free`,
    });
  });

  test('because this machine has no such address', async () => {
    await expect(started(NOWHERE, [{ address: '192.0.2.1', port: 0 }])).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringMatching(/^cannot listen on 192\.0\.2\.1: address not available; /),
    });
  });

  test('because there is no such host', async () => {
    await expect(started(NOWHERE, [{ address: 'no-such-host.invalid', port: 0 }])).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringMatching(/^cannot listen on no-such-host\.invalid: /),
    });
  });
});

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
  ['192.0.2.1', '192.0.2.1'],
])('a client on this machine reaches %s at %s', (address, here) => {
  expect(reachableHere({ address, port: 21 })).toEqual({ address: here, port: 21 });
});
