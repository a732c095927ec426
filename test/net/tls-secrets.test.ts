// Key log lines, when they are asked for, and no secret anywhere else.
import { describe, expect, test } from 'vitest';
import { badCertificates } from './bad-certificates.js';
import { only } from './tls-ends.js';
import { ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const bad = badCertificates(certificates.own);

/** https://datatracker.ietf.org/doc/html/rfc9850: label, client random, secret. */
const LABELS = {
  'TLSv1.2': /^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/,
  'TLSv1.3':
    /^(SERVER_HANDSHAKE_TRAFFIC_SECRET|CLIENT_HANDSHAKE_TRAFFIC_SECRET|EXPORTER_SECRET|SERVER_TRAFFIC_SECRET_0|CLIENT_TRAFFIC_SECRET_0) [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})\n$/,
} as const;

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('the key log of a session in %s', (version) => {
  test('holds what both peers log, of control and data connections', async () => {
    const lines: string[] = [];
    const { client, server } = await ftpsSession(certificates, {
      server: { context: { ...certificates.forServer(), ...only(version) } },
      client: only(version),
      tls: { onKeyLog: (line) => lines.push(line.toString()) },
    });
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    const { tls } = await client.download('f');
    const upstream = await server.session();
    const ends = [client.control, tls, upstream.control, upstream.data];
    const theirs = ends.map((end) => end?.keyLog ?? []);
    expect(theirs.map((log) => log.length > 0)).toEqual([true, true, true, true]);
    expect([...new Set(lines)].sort()).toEqual([...new Set(theirs.flat())].sort());
    expect(lines.filter((line) => !LABELS[version].test(line))).toEqual([]);
    const randoms = new Set(lines.map((line) => line.split(' ')[1]));
    expect(randoms.size).toBe(4);
  });
});

describe('secrets', () => {
  test('passwords and keys are in no observation, and in nothing that a peer is told', async () => {
    const clientCertificate = await certificates.leaves().issue({ names: ['proxy.example.com'] });
    const { client, server, observations, faults } = await ftpsSession(certificates, { tls: { clientCertificate } });
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    await client.download('f');
    await client.ask('QUIT');
    const told = JSON.stringify([observations, faults, client.peer.received]);
    expect(told).not.toMatch(/sesame|PRIVATE KEY/);
    for (const line of clientCertificate.key.split('\n').slice(1, 3)) expect(told).not.toContain(line);
  });

  test('nor when the certificate and its key do not belong together', async () => {
    const { cert } = bad('expired');
    const { key } = bad('self-signed');
    const session = await ftpsSession(certificates, {
      tls: { certificatesFor: () => Promise.resolve([{ cert, key }]) },
    });
    const { client, seen, idle } = session;
    await client.peer.readReply();
    await client.ask('AUTH TLS');
    await expect(client.secure()).rejects.toThrow();
    expect(await client.peer.over()).not.toBe('open');
    expect(await seen('tls', ({ side }) => side === 'client')).toMatchObject({
      failure: expect.stringMatching(/key values mismatch/),
    });
    expect(JSON.stringify(session.observations)).not.toContain(key.split('\n')[1]);
    await idle();
  });

  test.each(['cert', 'key'] as const)('nor when the %s is no such thing', async (what) => {
    const leaf = { ...bad('self-signed'), [what]: 'sesame sesame' };
    const session = await ftpsSession(certificates, { tls: { certificatesFor: () => Promise.resolve([leaf]) } });
    await session.client.peer.readReply();
    await session.client.ask('AUTH TLS');
    await expect(session.client.secure()).rejects.toThrow();
    expect(await session.client.peer.over()).not.toBe('open');
    await session.seen('tls', ({ side, failure }) => side === 'client' && failure !== null);
    expect(JSON.stringify([session.observations, session.faults])).not.toContain('sesame');
    await session.idle();
  });
});

test("a client certificate that cannot be used towards the server: 421, and not the proxy's fault", async () => {
  const clientCertificate = bad('key too short');
  const { client, idle } = await ftpsSession(certificates, { tls: { clientCertificate } });
  await client.authenticate();
  expect(await client.peer.readReply()).toMatch(/^421 Cannot secure .*key too small/);
  await idle();
});
