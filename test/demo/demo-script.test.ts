import { describe, expect, test } from 'vitest';
import { runDemoScript } from '../../src/demo/demo-script.js';
import { contentSize } from '../../src/demo/file-content.js';
import { sampleFiles } from '../../src/demo/sample-files.js';
import { connectTo, families, openTcpResources, rawServer, startServer } from './sample-session.js';

describe.each(families)('over $name', ({ host, available }) => {
  test.skipIf(!available)('everything arrives, and nothing stays', async () => {
    const before = await openTcpResources();
    const server = await startServer({ host });
    const result = await runDemoScript(server.address);
    expect(result).toEqual({ transfers: 8, bytes: expect.any(Number), allBytesMatched: true, mismatches: [] });
    expect(result.bytes).toBeGreaterThan(500_000);
    expect(server.files.entries('/').map(([name]) => name)).not.toContain('holiday photos');
    await server.close();
    expect(await openTcpResources()).toEqual(before);
  });
});

test('the session shows every mode, an error, and a restart', async () => {
  const server = await startServer();
  const client = await connectTo(server.address);
  await runDemoScript(client);
  const lines = client.transcript.join('\n');
  for (const part of ['C: PASV', 'C: EPSV', 'C: PORT ', 'C: EPRT |1|', 'C: STOR ', 'C: REST ', 'S: 550 ', 'C: RNTO ']) {
    expect(lines).toContain(part);
  }
  expect(client.transcript.at(-1)).toBe('S: 221 Goodbye.');
});

test('can be run again on the same server', async () => {
  const server = await startServer();
  await runDemoScript(server.address);
  expect((await runDemoScript(server.address)).allBytesMatched).toBe(true);
});

test('bytes that differ are told', async () => {
  const readme = Buffer.from('something else');
  const server = await startServer({ files: { ...sampleFiles, '/README.txt': readme } });
  const result = await runDemoScript(server.address);
  expect(result).toMatchObject({ transfers: 8, allBytesMatched: false, mismatches: ['README.txt'] });
});

test('a reply that is not expected ends the script and the session', async () => {
  const server = await startServer({ files: {} });
  await expect(runDemoScript(server.address)).rejects.toThrow(
    'SIZE report.pdf answered "550 report.pdf: no such file."',
  );
  await expect(runDemoScript(server.address, { user: 'demo', password: 'x' })).rejects.toThrow('login as demo refused');
  const closed = await rawServer((socket) => socket.end('421 Too busy\r\n'));
  await expect(runDemoScript(closed)).rejects.toThrow('the connection answered "421 Too busy", expected 220');
});

test('the sample files are of every kind a client may stumble over', () => {
  const paths = Object.keys(sampleFiles);
  expect(paths).toContain('/name with spaces.txt');
  expect(paths.some((path) => /[\x80-\xff]/.test(path))).toBe(true);
  expect(paths.every((path) => /^[\0-\xff]+$/.test(path))).toBe(true);
  expect(Object.values(sampleFiles).some((content) => content !== null && contentSize(content) === 0)).toBe(true);
  expect(Object.values(sampleFiles)).toContain(null);
});
