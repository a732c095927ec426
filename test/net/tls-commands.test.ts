// Commands in TLS: REIN, a second AUTH, CCC, PBSZ and PROT, and what may be said while a transfer runs.
import { describe, expect, test } from 'vitest';
import type { Peer } from '../support/scripted-server.js';
import type { ServerSession } from './ftps-server.js';
import { type FtpsSetup, ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();

test('PBSZ, PROT, CCC and AUTH, before and after', async () => {
  const { client, server, all } = await ftpsSession(certificates);
  await client.peer.readReply();
  expect(await client.ask('CCC')).toMatch(/^502 /);
  expect(await client.ask('AUTH GSSAPI')).toMatch(/^504 /);
  expect(await client.ask('AUTH TLS-C')).toMatch(/^234 /);
  await client.secure();
  expect(await client.ask('AUTH TLS')).toMatch(/^503 /);
  expect(await client.ask('PBSZ 0')).toBe('200 PBSZ=0');
  expect(await client.ask('PROT P')).toBe('200 Protection P');
  expect(await client.ask('CCC')).toMatch(/^534 /);
  expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  expect(server.lines).toEqual(['CCC', 'AUTH TLS-C', 'PBSZ 0', 'PROT P', 'NOOP']);
  expect(all('violation')).toMatchObject([{ side: 'client', code: 'protection-refused' }]);
});

test('a second AUTH leaves the connection as it is', async () => {
  const { client, server } = await ftpsSession(certificates);
  server.files.set('f', Buffer.from('content'));
  await client.begin();
  expect(await client.ask('AUTH TLS')).toBe('503 This connection is encrypted already');
  expect((await client.download('f')).bytes.toString()).toBe('content');
});

describe.each(['TLS-P', 'SSL'])('AUTH %s protects data connections too', (mechanism) => {
  const begun = async (setup: FtpsSetup) => {
    const session = await ftpsSession(certificates, setup);
    await session.client.peer.readReply();
    expect(await session.client.ask(`AUTH ${mechanism}`)).toMatch(/^234 /);
    await session.client.secure();
    session.client.protection = 'P';
    return session;
  };

  test('on both legs', async () => {
    const { client, server, all } = await begun({});
    expect(await client.upload('f', Buffer.from('up'))).toBe('226 Stored');
    expect(server.lines.slice(0, 3)).toEqual([`AUTH ${mechanism}`, 'PBSZ 0', 'PROT P']);
    const data = all('tls').filter(({ leg }) => leg === 'data');
    expect(data.map(({ side, failure }) => `${side} ${failure}`).sort()).toEqual(['client null', 'server null']);
  });

  test('until PROT C', async () => {
    const { client, all } = await begun({});
    await client.protect('C');
    expect(await client.upload('f', Buffer.from('up'))).toBe('226 Stored');
    expect(all('tls').filter(({ leg }) => leg === 'data')).toEqual([]);
  });

  test("on the client's leg alone, where the server has no TLS", async () => {
    const { client, seen } = await begun({ plainServer: true, tls: { server: 'off' } });
    expect(await client.upload('f', Buffer.from('up'))).toBe('226 Stored');
    expect(await seen('tls', ({ leg }) => leg === 'data')).toMatchObject({ side: 'client', failure: null });
  });
});

test('REIN: data connections are in the clear again, and can be protected anew', async () => {
  const { client, server, all } = await ftpsSession(certificates);
  server.files.set('f', Buffer.from('content'));
  await client.begin();
  expect(await client.ask('REIN')).toBe('220 Anew');
  client.protection = 'C';
  expect((await client.download('f')).bytes.toString()).toBe('content');
  expect(all('tls').filter(({ leg }) => leg === 'data')).toEqual([]);
  await client.protect('P');
  expect((await client.download('f')).bytes.toString()).toBe('content');
  expect(all('tls').filter(({ leg }) => leg === 'data')).toHaveLength(2);
});

test('REIN with a server that the proxy protects itself: it is protected again', async () => {
  const { client, server, all } = await ftpsSession(certificates, { tls: { server: 'require' } });
  server.files.set('f', Buffer.from('content'));
  await client.begin('C', 'none');
  expect(await client.ask('REIN')).toBe('220 Anew');
  expect((await client.download('f')).bytes.toString()).toBe('content');
  expect(server.lines.filter((line) => line.startsWith('PROT'))).toEqual(['PROT P', 'PROT P']);
  expect(all('tls').filter(({ leg }) => leg === 'data')).toHaveLength(1);
});

test('PROT C that the server refuses', async () => {
  const { client, server } = await ftpsSession(certificates, {
    server: {
      acts: {
        PROT: (session, level) => {
          if (level !== 'P') return session.say('534 Only PROT P');
          session.protection = 'P';
          session.say('200 P');
        },
      },
    },
  });
  server.files.set('f', Buffer.from('content'));
  await client.begin('P');
  expect(await client.ask('PROT C')).toBe('534 Only PROT P');
  expect((await client.download('f')).bytes.toString()).toBe('content');
});

test('EPSV ALL, and a server that takes PASV all the same', async () => {
  const { client, server } = await ftpsSession(certificates);
  server.files.set('f', Buffer.from('content'));
  await client.begin();
  expect(await client.ask('EPSV ALL')).toBe('200 EPSV only');
  expect(await client.ask('PASV')).toMatch(/^227 /);
  expect((await client.download('f', 'EPSV')).bytes.toString()).toBe('content');
});

describe('while a transfer runs', () => {
  /** A download whose server sends a little, and waits for what the test has it do. */
  async function running() {
    const legs: Peer[] = [];
    const RETR = async (session: ServerSession) => {
      session.say('150 Here');
      const data = await session.open();
      if (data === null) return;
      data.say('half');
      legs.push(data);
    };
    const ABOR = (session: ServerSession) => {
      for (const leg of legs) leg.socket.destroy();
      session.say('426 Aborted');
      session.say('226 ABOR done');
    };
    const session = await ftpsSession(certificates, { server: { acts: { RETR, ABOR } } });
    await session.client.begin();
    const transfer = await session.client.transfer('RETR f');
    await transfer.data.readBytes(4);
    return { ...session, ...transfer, legs };
  }

  test('STAT and NOOP are answered at once', async () => {
    const { client, data, legs, server } = await running();
    expect(await client.ask('STAT')).toBe('211 All well');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    for (const leg of legs) leg.socket.end('half');
    expect(await data.over()).toBe('ended');
    (await server.session()).say('226 Sent');
    expect(await client.peer.readReply()).toBe('226 Sent');
    expect(data.received).toBe('halfhalf');
  });

  test('ABOR ends it, and the session goes on', async () => {
    const { client, data, seen, tls } = await running();
    client.peer.say('ABOR\r\n');
    expect(await client.peer.readReply()).toBe('426 Aborted');
    expect(await client.peer.readReply()).toBe('226 ABOR done');
    expect(await data.over()).not.toBe('open');
    expect(tls?.saidFarewell()).toBe(false);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'aborted', bytes: 4 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('ABOR with Telnet bytes before it, one byte a record', async () => {
    const { client, seen } = await running();
    for (const byte of Buffer.from('\xff\xf4\xff\xf2ABOR\r\n', 'latin1')) client.peer.say(Buffer.from([byte]));
    expect(await client.peer.readReply()).toBe('426 Aborted');
    expect(await client.peer.readReply()).toBe('226 ABOR done');
    expect(await seen('noise')).toMatchObject({ from: 'client', what: 'telnet' });
  });
});

test('FEAT shows what the client can have', async () => {
  const { client } = await ftpsSession(certificates, { plainServer: true, tls: { server: 'off' } });
  await client.peer.readReply();
  expect(await client.ask('FEAT')).toBe('211-Features:\n SIZE\n AUTH TLS\n PBSZ\n PROT\n211 End');
});
