// Handshakes of control connections that come to nothing: named, and closed quickly, whoever it was.
import { connect, type SecureContextOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Peer } from '../support/scripted-server.js';
import type { ServerSession } from './ftps-server.js';
import { only } from './tls-ends.js';
import { type FtpsSession, type FtpsSetup, ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();

/** The client has its 234 and does not begin. */
async function granted(setup: FtpsSetup = {}): Promise<FtpsSession & { readonly peer: Peer }> {
  const session = await ftpsSession(certificates, setup);
  const { peer } = session.client;
  await peer.readReply();
  expect(await peer.ask('AUTH TLS')).toMatch(/^234 /);
  return { ...session, peer };
}

/** The client's handshake failed for that reason, and the session is over soon. */
async function expectClientFailure({ seen, idle }: FtpsSession, reason: RegExp): Promise<void> {
  const tls = await seen('tls', ({ failure }) => failure !== null);
  expect(tls).toMatchObject({ side: 'client', leg: 'control', failure: expect.stringMatching(reason) });
  expect(await seen('session-closed')).toMatchObject({ by: 'client', reason: expect.stringMatching(reason) });
  await idle();
}

describe('a client that was granted TLS', () => {
  test.each([
    ['garbage', Buffer.from('\x00\x01\x02garbage garbage garbage\r\n', 'latin1')],
    ['plain FTP', Buffer.from('USER anna\r\n')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('sends %s', async (_, bytes) => {
    const session = await granted();
    session.peer.say(bytes);
    expect(await session.peer.over()).not.toBe('open');
    await expectClientFailure(session, /does not speak TLS here|speaks HTTP/);
    expect(session.server.lines).toEqual(['AUTH TLS']);
  });

  test('sends nothing', async () => {
    const session = await granted({ proxy: { connectTimeoutMs: 200 } });
    expect(await session.peer.over()).not.toBe('open');
    await expectClientFailure(session, /never began the handshake/);
  });

  test('closes', async () => {
    const session = await granted();
    session.peer.socket.end();
    await expectClientFailure(session, /closed the connection and never began the handshake/);
  });

  test('closes in the middle of the handshake', async () => {
    const session = await granted();
    // The first bytes of a ClientHello.
    session.peer.socket.end(Buffer.from('16030100c8010000c40303', 'hex'));
    await expectClientFailure(session, /closed the connection during the handshake/);
  });

  test('breaks the connection', async () => {
    const session = await granted();
    session.peer.reset();
    await expectClientFailure(session, /broke off the handshake/);
  });

  test('has no version in common', async () => {
    const session = await granted({ client: only('TLSv1.2'), tls: { clientMinVersion: 'TLSv1.3' } });
    await expect(session.client.secure()).rejects.toThrow(/protocol version/);
    await expectClientFailure(session, /no TLS version in common/);
  });

  test('has no cipher in common', async () => {
    const ciphers = { ciphers: 'AES128-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;
    const certificate = await certificates.leaves().issue({ names: ['127.0.0.1'] });
    const certificatesFor = () => Promise.resolve([certificate]);
    const session = await granted({ client: ciphers, tls: { certificatesFor } });
    await expect(session.client.secure()).rejects.toThrow(/handshake failure/);
    await expectClientFailure(session, /no cipher in common/);
  });

  test('does not trust the authority', async () => {
    const session = await granted({ client: { ca: [] } });
    await expect(session.client.secure()).rejects.toThrow(/self-signed certificate in certificate chain/);
    expect(await session.seen('session-closed')).toMatchObject({ by: 'client' });
    await session.idle();
  });

  test('when no certificate can be made', async () => {
    const certificatesFor = () => Promise.reject(new Error('the key /x is open to other users'));
    const session = await granted({ tls: { certificatesFor } });
    await expect(session.client.secure()).rejects.toThrow();
    expect(await session.peer.over()).not.toBe('open');
    await session.idle();
    expect(JSON.stringify(session.observations)).toContain('the key /x is open to other users');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('ends as soon as TLS stands, %s', async (version) => {
    const session = await granted();
    const socket = connect({ socket: session.peer.detach(), ...only(version), rejectUnauthorized: false });
    socket.on('error', () => {});
    socket.once('secureConnect', () => socket.end());
    expect(await session.seen('session-closed')).toMatchObject({
      by: 'client',
      reason:
        'the client closed the connection right after the TLS handshake (does it trust our certificate for 127.0.0.1, ftp.example.com?)',
    });
    await session.idle();
  });

  test.each(['NOOP\r\n', '500 OOPS: child died\r\n'])('sends plain text once TLS stands: %j', async (text) => {
    const session = await ftpsSession(certificates);
    await session.client.begin();
    const { tap } = session.client.control ?? expect.fail('no TLS');
    tap.write(text);
    expect(await session.client.peer.over()).not.toBe('open');
    expect(await session.seen('session-closed')).toMatchObject({
      by: 'client',
      reason: 'the connection to the client broke: plain text inside TLS',
    });
    await session.idle();
  });
});

describe('a server that agreed to TLS', () => {
  const after234 = (act: (session: ServerSession) => void, reply = '234 Go ahead\r\n'): FtpsSetup => ({
    server: {
      acts: {
        AUTH: (session) => {
          session.peer.say(reply);
          act(session);
        },
      },
    },
    proxy: { connectTimeoutMs: 1000 },
  });

  test.each<[string, FtpsSetup, RegExp]>([
    ['sends garbage', after234(({ peer }) => peer.say('\x00\x01garbage garbage')), /does not speak TLS here/],
    [
      'goes on in the clear',
      after234(({ peer }) => peer.say('220 Hello again\r\n')),
      /TLS here \(plain FTP\?\): (220 Hello again|502 Not in the script)$/,
    ],
    ['closes', after234(({ peer }) => peer.socket.end()), /broke off the handshake|closed the connection/],
    ['breaks the connection', after234(({ peer }) => peer.reset()), /broke off the handshake|closed the connection/],
    ['is silent', after234(({ peer }) => peer.detach()), /the handshake took too long/],
  ])('%s: the client gets 421', async (_, setup, reason) => {
    const { client, seen, idle } = await ftpsSession(certificates, setup);
    const reply = await (await client.authenticate()).peer.readReply();
    expect(reply).toMatch(/^421 /);
    expect(reply).toMatch(reason);
    expect(await seen('tls', ({ failure }) => failure !== null)).toMatchObject({
      side: 'server',
      leg: 'control',
      failure: expect.stringMatching(reason),
    });
    expect(await client.peer.over()).toBe('ended');
    await idle();
  });

  test('writes plain text once TLS stands: its words are the reason', async () => {
    const server: FtpsSetup['server'] = {
      acts: { NOOP: ({ control }) => void control?.tap.write('500 OOPS: child died\r\n') },
    };
    const { client, seen, idle } = await ftpsSession(certificates, { server });
    await client.begin();
    const reason = 'the connection to the server broke: plain text inside TLS: 500 OOPS: child died';
    expect(await client.ask('NOOP')).toBe(`421 ${reason.replace('the', 'The')}`);
    expect(await seen('session-closed')).toMatchObject({ by: 'server', cause: 'lost', reason });
    await idle();
  });

  const offering: Readonly<Record<string, SecureContextOptions>> = {
    version: only('TLSv1.1'),
    cipher: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0' },
  };

  test.each([
    ['version', /no TLS version in common/],
    ['cipher', /no cipher or version in common/],
  ])('has no %s in common', async (what, reason) => {
    const { client } = await ftpsSession(certificates, {
      server: { context: { ...certificates.forServer(), ...offering[what] } },
    });
    const reply = await (await client.authenticate()).peer.readReply();
    expect(reply).toMatch(/^421 /);
    expect(reply).toMatch(reason);
  });

  test('with words behind its 234, in one breath: dropped, and told', async () => {
    const { client, seen, server, all } = await ftpsSession(certificates, {
      server: {
        acts: {
          AUTH: (session) => {
            session.peer.say('234 Go ahead\r\n230 Logged in, honestly\r\n');
            return session.secure();
          },
        },
      },
    });
    await client.begin();
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'pipelined-behind-auth', action: 'dropped' });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(all('reply').filter(({ lines }) => lines.join().includes('honestly'))).toEqual([]);
    expect(server.lines).toContain('NOOP');
  });
});

describe('commands behind AUTH TLS', () => {
  test('in one segment with it: dropped, and told', async () => {
    const { client, server, seen } = await ftpsSession(certificates);
    await client.peer.readReply();
    client.peer.say('AUTH TLS\r\nUSER mallory\r\nPASS injected\r\n');
    expect(await client.peer.readReply()).toMatch(/^234 /);
    await client.secure();
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'pipelined-behind-auth', action: 'dropped' });
    expect(await client.ask('USER anna')).toBe('331 Password, please');
    expect(server.lines).toEqual(['AUTH TLS', 'USER anna']);
  });

  test('in a later segment, before the 234', async () => {
    let goOn = () => {};
    const session = await ftpsSession(certificates, {
      server: {
        acts: {
          AUTH: (upstream) => {
            goOn = () => {
              upstream.say('234 Go ahead');
              void upstream.secure();
            };
          },
        },
      },
    });
    const { peer } = session.client;
    await peer.readReply();
    peer.say('AUTH TLS\r\n');
    await session.server.got('AUTH TLS');
    peer.say('USER mallory\r\n');
    goOn();
    expect(await peer.readReply()).toMatch(/^234 /);
    await expectClientFailure(session, /does not speak TLS here/);
    expect(session.server.lines).toEqual(['AUTH TLS']);
  });

  test('after the 234', async () => {
    const session = await granted();
    session.peer.say('USER mallory\r\n');
    await expectClientFailure(session, /does not speak TLS here/);
    expect(session.server.lines).toEqual(['AUTH TLS']);
  });
});
