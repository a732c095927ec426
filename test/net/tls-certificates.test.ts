// Certificates: those of servers that are not taken, those that are, and what the client is shown.
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { TlsSeen } from '../../src/dialogue/observation.js';
import { type BadCertificate, badCertificates } from './bad-certificates.js';
import type { ServerSession } from './ftps-server.js';
import { only, serveTls } from './tls-ends.js';
import { ftpsSession, LOOPBACK, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const bad = badCertificates(certificates.own);

describe('a server whose certificate is not good', () => {
  const cases: readonly [BadCertificate, RegExp][] = [
    ['expired', /its certificate has expired/],
    ['not yet valid', /its certificate is not valid yet/],
    ['self-signed', /its certificate is self-signed/],
    ['wrong name', /its certificate is for another name than 127\.0\.0\.1/],
    ['unknown authority', /its certificate was signed by an authority that is not (trusted|known)/],
    ['missing intermediate', /its certificate was signed by an authority that is not known/],
  ];

  test.each(cases)('%s: the client gets 421, and the reason', async (kind, reason) => {
    const { client, server, seen, idle } = await ftpsSession(certificates, { server: { context: bad(kind) } });
    const reply = await (await client.authenticate()).peer.readReply();
    expect(reply).toMatch(/^421 Cannot secure the connection to the server 127\.0\.0\.1:\d+: /);
    expect(reply).toMatch(reason);
    expect(await client.peer.over()).toBe('ended');
    const tls = await seen('tls', ({ failure }) => failure !== null);
    expect(tls).toMatchObject({ side: 'server', leg: 'control', link: null, failure: expect.stringMatching(reason) });
    expect(tls.certificate?.fingerprint256).toBe(new X509Certificate(bad(kind).cert).fingerprint256);
    expect(server.lines).toEqual(['AUTH TLS']);
    await idle();
  });

  test.each(cases)('%s: taken when insecure', async (kind) => {
    const context = bad(kind);
    const { client, server, all } = await ftpsSession(certificates, { server: { context }, tls: { insecure: true } });
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    expect((await client.download('f')).bytes.toString()).toBe('content');
    expect(all('tls').every(({ failure }) => failure === null)).toBe(true);
  });

  test('and implicit FTPS: the client gets 421 in the clear that it speaks', async () => {
    const server = { context: bad('expired'), implicit: true };
    const { client } = await ftpsSession(certificates, { server });
    expect(await client.peer.readReply()).toMatch(/^421 Cannot secure .*expired$/);
  });

  test('a data connection with another certificate than the control connection', async () => {
    const { client, server, seen } = await ftpsSession(certificates, {
      server: {
        acts: {
          RETR: async (session) => {
            session.say('150 Here');
            await serveTls(await session.openPlain(), { ...bad('wrong name') }).catch(() => {});
            session.say('426 Your turn');
          },
        },
      },
    });
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    const open = await client.announce('PASV');
    client.peer.say('RETR f\r\n');
    void open().then((data) => client.encrypt(data).catch(() => {}));
    expect(await client.peer.readReply()).toBe('150 Here');
    expect(await client.peer.readReply()).toBe('426 Your turn');
    const failed = await seen('tls', ({ leg, failure }) => leg === 'data' && failure !== null);
    expect(failed).toMatchObject({ side: 'server', failure: expect.stringContaining('for another name') });
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 0 });
  });
});

describe('whom the user trusts', () => {
  test('serverName: the certificate must be for it, and SNI asks for it', async () => {
    const context = await certificates.leaves().issue({ names: ['ftp.example.com'] });
    const { client, seen } = await ftpsSession(certificates, {
      server: { context },
      tls: { serverName: 'ftp.example.com' },
    });
    await client.begin();
    const tls = await seen('tls', ({ side }) => side === 'server');
    expect(tls).toMatchObject({ serverName: 'ftp.example.com', failure: null });
    expect(tls.certificate?.names).toEqual(['DNS:ftp.example.com']);
  });

  test('an address as the upstream: its certificate must name it, and no SNI is sent', async () => {
    const { client, seen } = await ftpsSession(certificates);
    await client.begin();
    expect(await seen('tls', ({ side }) => side === 'server')).toMatchObject({ serverName: null, failure: null });
  });

  test('without serverCa only those that Node trusts', async () => {
    const { own, leaves, forServer } = certificates;
    const session = await ftpsSession(
      { own, leaves, forServer, ca: () => certificates.ca() },
      { tls: { serverCa: undefined } },
    );
    await session.client.authenticate();
    expect(await session.client.peer.readReply()).toMatch(/^421 .*signed by an authority that is not (trusted|known)$/);
  });
});

describe('a server that asks for a certificate', () => {
  const context = () => ({ ...certificates.forServer(), ca: certificates.ca() });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('gets ours with %s', async (version) => {
    const clientCertificate = await certificates.leaves().issue({ names: ['proxy.example.com'] });
    const server = { context: { ...context(), maxVersion: version }, asksForCertificate: true };
    const { client, server: upstream } = await ftpsSession(certificates, { server, tls: { clientCertificate } });
    upstream.files.set('f', Buffer.from('content'));
    await client.begin();
    expect((await client.download('f')).bytes.toString()).toBe('content');
    const { control } = await upstream.session();
    expect(control?.socket.getPeerCertificate().subject.CN).toBe('proxy.example.com');
    expect(upstream.resumed.data).toEqual([true]);
  });

  test('and gets none, with TLS 1.2: the client is told', async () => {
    const server = { context: { ...context(), maxVersion: 'TLSv1.2' }, asksForCertificate: true } as const;
    const { client } = await ftpsSession(certificates, { server });
    await client.authenticate();
    expect(await client.peer.readReply()).toMatch(/^421 .*(certificate|broke off the handshake)/);
  });

  // The server of TLS 1.3 looks at our certificate when the handshake is done for us.
  test('and gets none, with TLS 1.3: the client is told once it is encrypted', async () => {
    const server = { context: context(), asksForCertificate: true };
    const { client, seen } = await ftpsSession(certificates, { server });
    await client.peer.readReply();
    expect(await client.ask('AUTH TLS')).toMatch(/^234 /);
    await client.secure();
    const reason = 'onnection to the server broke: the peer asks for a certificate of ours';
    expect(await client.peer.readReply()).toContain(`421 The c${reason}`);
    expect((await seen('session-closed')).reason).toContain(reason);
    expect(await client.peer.over()).toBe('ended');
  });
});

describe('the name that the client asks for', () => {
  const twoHosts = async () => ({ context: await certificates.leaves().issue({ names: ['a.example', 'b.example'] }) });
  const asked = (all: (kind: 'tls') => readonly TlsSeen[]) =>
    all('tls').map(({ side, leg, serverName }) => `${side} ${leg} ${serverName}`);

  test('is asked of the server as well, on control and data connections', async () => {
    const { client, server, all } = await ftpsSession(certificates, {
      server: await twoHosts(),
      client: { servername: 'b.example' },
    });
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    expect((await client.download('f')).bytes.toString()).toBe('content');
    expect(asked(all).sort()).toEqual([
      'client control b.example',
      'client data b.example',
      'server control b.example',
      'server data b.example',
    ]);
    const { control, data } = await server.session();
    expect([control?.socket.servername, data?.socket.servername]).toEqual(['b.example', 'b.example']);
    expect(server.resumed.data).toEqual([true]);
  });

  test.each([
    ['implicit', 'same'],
    ['explicit', 'same'],
    ['explicit', 'require'],
    ['explicit', 'auto'],
  ] as const)(
    'is asked of a server in %s FTPS (--server-tls %s), by a client of implicit FTPS',
    async (how, policy) => {
      const { client, all } = await ftpsSession(certificates, {
        server: { ...(await twoHosts()), implicit: how === 'implicit' },
        tls: { server: policy },
        implicit: true,
        client: { servername: 'b.example' },
      });
      await client.begin('P', 'implicit');
      expect(asked(all).sort()).toEqual(['client control b.example', 'server control b.example']);
    },
  );

  test('gives way to --server-name', async () => {
    const { client, all } = await ftpsSession(certificates, {
      server: await twoHosts(),
      tls: { serverName: 'a.example' },
      client: { servername: 'b.example' },
    });
    await client.begin();
    expect(asked(all).sort()).toEqual(['client control b.example', 'server control a.example']);
  });

  test('may be in a HOST command, where the hello has none', async () => {
    const acts = { HOST: (session: ServerSession) => session.say('220 Welcome') };
    const { client, server, all } = await ftpsSession(certificates, { server: { ...(await twoHosts()), acts } });
    await client.peer.readReply();
    expect(await client.ask('HOST b.example')).toBe('220 Welcome');
    expect(await client.ask('AUTH TLS')).toMatch(/^234/);
    await client.secure();
    expect(await client.ask('NOOP')).toMatch(/^200/);
    expect(asked(all).sort()).toEqual(['client control null', 'server control b.example']);
    expect(server.lines).toContain('HOST b.example');
  });

  test('is no other name for a certificate of nobody that was asked for', async () => {
    const context = await certificates.leaves().issue({ names: ['c.example'] });
    const { client } = await ftpsSession(certificates, { server: { context }, client: { servername: 'b.example' } });
    await client.authenticate();
    const fault = 'its certificate is for another name than b.example or 127.0.0.1';
    expect(await client.peer.readReply()).toContain(fault);
  });

  test('localhost means the proxy', async () => {
    const { client, all } = await ftpsSession(certificates, { client: { servername: 'localhost' } });
    await client.begin();
    expect(asked(all).sort()).toEqual(['client control localhost', 'server control null']);
  });

  test.each([
    ['with implicit FTPS', { implicit: true, tls: { server: 'off' } }, 'implicit'],
    ['with a server in the clear', { plainServer: true, tls: { server: 'off' } }, 'AUTH TLS'],
    ['with the server encrypted for a plain client', { tls: { server: 'require' } }, 'AUTH TLS'],
  ] as const)('is in the certificate that the client is shown, %s', async (_name, setup, auth) => {
    const { client } = await ftpsSession(certificates, { ...setup, client: { servername: 'ftp.partner.example' } });
    await client.begin('P', auth);
    const shown = client.control?.socket.getPeerX509Certificate();
    expect(shown?.checkHost('ftp.partner.example')).toBe('ftp.partner.example');
    expect(shown?.checkIP(LOOPBACK)).toBe(LOOPBACK);
  });
});

describe('what the client is shown', () => {
  test("a certificate with the upstream's names and the address that it came to", async () => {
    const names = ['ftp.example.com', '*.sub.example.com', '127.0.0.1'];
    const context = await certificates.leaves().issue({ names });
    const { client } = await ftpsSession(certificates, { server: { context } });
    await client.begin();
    const shown = client.control?.socket.getPeerX509Certificate();
    for (const name of ['ftp.example.com', 'any.sub.example.com']) expect(shown?.checkHost(name)).toBeTruthy();
    expect(shown?.checkIP(LOOPBACK)).toBe(LOOPBACK);
    expect(shown?.checkHost('www.example.com')).toBeUndefined();
    expect(shown?.issuer).toBe(certificates.own().authority.certificate.subject);
  });

  test('as the upstream is called, before it has shown anything', async () => {
    const { client } = await ftpsSession(certificates, { plainServer: true, tls: { server: 'off' } });
    await client.begin();
    expect(client.control?.socket.getPeerX509Certificate()?.subject).toBe(`CN=${LOOPBACK}`);
  });

  test('a client that knows RSA alone', async () => {
    const options = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } as const;
    const { client } = await ftpsSession(certificates, { client: options });
    await client.begin();
    expect(client.control?.socket.getPeerCertificate()).toMatchObject({ bits: 2048 });
    expect(client.control?.socket.getCipher().name).toBe('ECDHE-RSA-AES128-GCM-SHA256');
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)(
    'a client of %s, when it is let in, before a server of TLS 1.3',
    async (version) => {
      const setup = { tls: { clientMinVersion: version }, client: only(version) };
      const { client, server, all } = await ftpsSession(certificates, setup);
      server.files.set('f', Buffer.from('content'));
      await client.begin();
      expect((await client.download('f')).bytes.toString()).toBe('content');
      expect(new Set(all('tls').map(({ side, protocol }) => `${side} ${protocol}`))).toEqual(
        new Set([`client ${version}`, 'server TLSv1.3']),
      );
    },
  );

  test('a client of TLS 1.1, when it is not', async () => {
    const { client, seen, idle } = await ftpsSession(certificates, { client: only('TLSv1.1') });
    await client.peer.readReply();
    await client.ask('AUTH TLS');
    await expect(client.secure()).rejects.toThrow(/protocol version|closed|disconnected/);
    expect(await seen('tls', ({ side }) => side === 'client')).toMatchObject({ failure: 'no TLS version in common' });
    await idle();
  });
});
