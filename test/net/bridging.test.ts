// Bridging over real sockets: each leg in its own mode, its own ports and its own addresses, with the sample server and client.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DataMode } from '../../src/demo/client-transfer.js';
import { contentBytes, contentSha256, patternContent } from '../../src/demo/file-content.js';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { problemOfAdvertised } from '../../src/net/advertised-address.js';
import { createProxy } from '../../src/net/proxy.js';
import type { ProxyOptions } from '../../src/net/proxy-options.js';

const CONTENT = contentBytes(patternContent(300_000));

async function bridge(options: Partial<ProxyOptions>) {
  const server = await startSampleServer({ files: { '/f': CONTENT } });
  const observations: Observation[] = [];
  const proxy = await createProxy({
    server: server.address,
    listen: [{ address: '127.0.0.1', port: 0 }],
    observe: (observation) => observations.push(observation),
    ...options,
  });
  const client = await ScriptedClient.connect({ address: '127.0.0.1', port: proxy.addresses[0]?.port ?? 0 });
  onTestFinished(async () => {
    await client.close();
    await proxy.close();
    await server.close();
  });
  await client.login('demo', 'sesame');
  return { client, server, observations };
}

function modesOf(observations: readonly Observation[]): string[] {
  return observations.flatMap((one) =>
    one.kind === 'link-closed' && one.outcome === 'complete' ? [`${one.client.mode}/${one.server.mode}`] : [],
  );
}

const MODES: readonly DataMode[] = ['passive', 'extended-passive', 'active', 'extended-active'];

describe.each(['same', 'passive', 'active', 'auto'] as const)('server mode %s', (serverMode) => {
  test.each(MODES)('a client in %s mode gets and puts the same bytes', async (mode) => {
    const { client, server, observations } = await bridge({ serverMode });
    const down = await client.download('f', { mode });
    expect(down.reply.code).toBe(226);
    expect(down.bytes.equals(CONTENT)).toBe(true);
    const rest = await client.download('f', { mode, rest: 250_000 });
    expect(rest.bytes.equals(CONTENT.subarray(250_000))).toBe(true);
    expect((await client.upload('g', CONTENT, { mode })).reply.code).toBe(226);
    // Compared by their sums: element by element takes a second.
    expect(contentSha256(server.files.read('/g') ?? Buffer.alloc(0))).toBe(contentSha256(CONTENT));
    const asked = mode.endsWith('passive') ? 'passive' : 'active';
    const towardsServer = serverMode === 'same' ? asked : serverMode === 'auto' ? 'passive' : serverMode;
    expect(modesOf(observations)).toEqual(Array.from({ length: 3 }, () => `${asked}/${towardsServer}`));
  });
});

describe('addresses and ports', () => {
  test('a range for each side', async () => {
    const { client, observations } = await bridge({
      serverMode: 'active',
      dataPorts: { client: { from: 41_000, to: 41_099 }, server: { from: 41_100, to: 41_199 } },
    });
    await client.download('f', { mode: 'passive' });
    const link = observations.find((one) => one.kind === 'link-opened');
    expect(link?.client.local?.port).toSatisfy((port: number) => port >= 41_000 && port <= 41_099);
    expect(link?.server.local?.port).toSatisfy((port: number) => port >= 41_100 && port <= 41_199);
  });

  test('an address in a file, read anew for each link', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ftpscope-advertise-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'address');
    const { client } = await bridge({ advertise: { client: `@${file}` } });
    expect((await client.command('PASV')).lines).toEqual([
      '425 Cannot open a data port: cannot read the file that holds the address to advertise: no such file or directory',
    ]);
    writeFileSync(file, '\n203.0.113.5\n');
    expect((await client.command('PASV')).lines).toEqual([
      '425 Cannot open a data port: the file that holds the address to advertise has none in its first line',
    ]);
    for (const address of ['203.0.113.5', '203.0.113.6']) {
      writeFileSync(file, `${address}\n`);
      expect((await client.command('PASV')).lines[0]).toContain(`(${address.replaceAll('.', ',')},`);
    }
  });

  test('a host name, and one that is none', async () => {
    const named = await bridge({ advertise: 'localhost' });
    expect((await named.client.command('PASV')).lines[0]).toContain('(127,0,0,1,');
    const unknown = await bridge({ advertise: 'no-such-host.invalid' });
    const problem = 'cannot look up no-such-host.invalid, the address to advertise: host name not found';
    expect((await unknown.client.command('PASV')).lines[0]).toBe(`425 Cannot open a data port: ${problem}`);
    expect(await problemOfAdvertised('no-such-host.invalid')).toBe(problem);
  });

  test('an address of the other family is for clients of that family', async () => {
    const { client } = await bridge({ advertise: '2001:db8::5' });
    expect((await client.command('PASV')).lines[0]).toContain('(127,0,0,1,');
  });

  test('the source port towards active clients, and the source address towards the server', async () => {
    const { client, observations } = await bridge({ activeSourcePort: 19_220, serverSourceAddress: '127.0.0.3' });
    await client.download('f', { mode: 'active' });
    await client.download('f', { mode: 'active' });
    const locals = observations.flatMap((one) => (one.kind === 'link-closed' ? [one.client.local?.port] : []));
    expect(locals).toEqual([19_220, 19_220]);
    expect(observations.find((one) => one.kind === 'server-connected')?.local.address).toBe('127.0.0.3');
  });
});
