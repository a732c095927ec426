// PROXY headers in front of data: a load balancer that sends them there, too. They are no part of the file, and say whose data it is.
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { formatProxyHeader } from '../../src/protocol/proxy-protocol.js';
import { connectPeer, listenForPeers, type Peer } from '../support/scripted-server.js';
import { ownAuthority } from './tls/own-authority.js';
import { endpointOf227, leavesNothingOpen, scriptedSession } from './watched-proxy.js';

leavesNothingOpen();
const authority = ownAuthority();

/** The load balancer is 127.0.0.1. */
const CLIENT = { source: { address: '127.0.0.7', port: 40_007 }, destination: { address: '127.0.0.8', port: 21 } };
const OTHER = { ...CLIENT, source: { address: '127.0.0.9', port: 40_009 } };
const HEADERS = [formatProxyHeader('v1', CLIENT), formatProxyHeader('v2', CLIENT)];
const ACCEPTING = { acceptProxyProtocolFrom: ['127.0.0.1'] };
const CONTENT = 'x'.repeat(5000);

/** A client that the load balancer brought, with a passive data port. */
async function brought(answers: Record<string, string>, options = {}) {
  const data = await listenForPeers();
  const session = await scriptedSession(
    { answers: { PASV: `227 (${data.hostPort})`, ...answers } },
    { ...ACCEPTING, ...options },
  );
  session.client.say(formatProxyHeader('v2', CLIENT));
  expect(await session.client.readReply()).toBe('220 Scripted server');
  const port = endpointOf227(await session.client.ask('PASV'));
  return { ...session, data, port };
}

type Brought = Awaited<ReturnType<typeof brought>>;

/** What the server gets. */
async function stored({ client, data }: Brought, leg: Peer): Promise<string> {
  client.say('STOR f\r\n');
  expect(await client.readReply()).toBe('150 Go on');
  leg.socket.end();
  const upload = await data.accept();
  await upload.over();
  return upload.received;
}

const UPLOADING = { STOR: '150 Go on' };

describe('an upload', () => {
  test.each(HEADERS)('is stored without its header (%#)', async (header) => {
    const session = await brought(UPLOADING);
    const leg = await connectPeer(session.port);
    leg.say(Buffer.concat([header, Buffer.from(CONTENT)]));
    expect(await stored(session, leg)).toBe(CONTENT);
  });

  test('whose header comes byte by byte', async () => {
    const session = await brought(UPLOADING);
    const leg = await connectPeer(session.port);
    for (const byte of HEADERS[1] ?? []) {
      leg.say(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    leg.say(CONTENT);
    expect(await stored(session, leg)).toBe(CONTENT);
  });

  test('of nothing but a header is empty', async () => {
    const session = await brought(UPLOADING);
    const leg = await connectPeer(session.port);
    leg.say(HEADERS[0] ?? '');
    expect(await stored(session, leg)).toBe('');
  });

  test.each(['', 'PROX', '\r\n\r\n', 'PROXY is a word', CONTENT])(
    'without a header stays as it is (%#)',
    async (content) => {
      const session = await brought(UPLOADING);
      const leg = await connectPeer(session.port);
      if (content !== '') leg.say(content);
      expect(await stored(session, leg)).toBe(content);
    },
  );

  test('larger than what is read ahead comes whole behind its header', async () => {
    const session = await brought(UPLOADING);
    const leg = await connectPeer(session.port);
    const large = 'y'.repeat(3_000_000);
    leg.say(Buffer.concat([HEADERS[0] ?? Buffer.alloc(0), Buffer.from(large)]));
    expect((await stored(session, leg)) === large).toBe(true);
  });

  test('keeps its header where none is looked for', async () => {
    const session = await brought(UPLOADING, { dataProxyHeader: 'off' });
    const leg = await connectPeer(session.port);
    leg.say(Buffer.concat([HEADERS[0] ?? Buffer.alloc(0), Buffer.from(CONTENT)]));
    expect(await stored(session, leg)).toBe(`${HEADERS[0]}${CONTENT}`);
  });
});

describe('a download', () => {
  test.each([
    ['with a header', HEADERS[1]],
    ['without one', undefined],
  ])('%s', async (_name, header) => {
    const { client, data, port } = await brought({ RETR: '150 Here' });
    const leg = await connectPeer(port);
    if (header !== undefined) leg.say(header);
    await client.ask('RETR f');
    const download = await data.accept();
    download.say(CONTENT);
    download.socket.end();
    expect(await leg.over()).toBe('ended');
    expect(leg.received).toBe(CONTENT);
  });
});

describe('a header of somebody else', () => {
  test('is turned away, and the client is still served', async () => {
    const session = await brought(UPLOADING);
    const stranger = await connectPeer(session.port);
    stranger.say(formatProxyHeader('v2', OTHER));
    expect(await stranger.over()).not.toBe('open');
    expect(await session.seen('violation')).toMatchObject({
      code: 'foreign-data-peer',
      detail: '127.0.0.9 connected to a data port that is open for the client (127.0.0.7 or 127.0.0.1) alone',
    });
    const leg = await connectPeer(session.port);
    leg.say(`${HEADERS[0]}${CONTENT}`);
    expect(await stored(session, leg)).toBe(CONTENT);
  });

  test.each([
    ['LOCAL', '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0', 'a PROXY header that names no client (a health check?)'],
    ['malformed', 'PROXY TCP4 10.0.0.1\r\n', 'no valid PROXY header: its addresses are not those of TCP4: 10.0.0.1'],
  ])('%s takes the port from nobody', async (_name, header, fault) => {
    const session = await brought(UPLOADING);
    const stranger = await connectPeer(session.port);
    stranger.say(header);
    expect(await stranger.over()).not.toBe('open');
    const violation = { code: 'bad-proxy-header', detail: `127.0.0.1 connected to a data port: ${fault}` };
    expect(await session.seen('violation')).toMatchObject(violation);
    const leg = await connectPeer(session.port);
    leg.say(`${HEADERS[0]}${CONTENT}`);
    expect(await stored(session, leg)).toBe(CONTENT);
  });
});

describe('where a header is required', () => {
  test('data without it is turned away', async () => {
    const session = await brought(UPLOADING, { dataProxyHeader: 'require' });
    const leg = await connectPeer(session.port);
    leg.say(CONTENT);
    expect(await leg.over()).not.toBe('open');
    expect(await session.seen('violation')).toMatchObject({ code: 'bad-proxy-header', action: 'turned away' });
  });

  test('the client itself, past the load balancer, needs none', async () => {
    const session = await brought(UPLOADING, { dataProxyHeader: 'require' });
    const leg = await connectPeer(session.port, { localAddress: '127.0.0.7' });
    leg.say(`${HEADERS[0]}${CONTENT}`);
    expect(await stored(session, leg)).toBe(`${HEADERS[0]}${CONTENT}`);
  });
});

test('a data port that is closed lets go of whoever has not said who it is', async () => {
  const { client, port } = await brought({}, { dataProxyHeader: 'require' });
  const leg = await connectPeer(port);
  leg.say('PROXY');
  client.say('QUIT\r\n');
  expect(await leg.over()).not.toBe('open');
});

test('the header comes before TLS', async () => {
  const leaves = new LeafCertificates(authority().authority);
  const session = await brought(UPLOADING, {
    tls: { server: 'off', certificatesFor: async (names: readonly string[]) => [await leaves.issue({ names })] },
  });
  const { client, data, port } = session;
  expect(await client.ask('AUTH TLS')).toMatch(/^234/);
  const control = connectTls({ socket: client.detach(), rejectUnauthorized: false });
  client.goOnIn(control);
  await new Promise((resolve) => control.once('secureConnect', resolve));
  expect(await client.ask('PBSZ 0')).toMatch(/^200/);
  expect(await client.ask('PROT P')).toMatch(/^200/);
  const leg = await connectPeer(port);
  leg.say(HEADERS[1] ?? '');
  client.say('STOR f\r\n');
  expect(await client.readReply()).toBe('150 Go on');
  const secure = connectTls({ socket: leg.detach(), rejectUnauthorized: false });
  secure.end(CONTENT);
  const upload = await data.accept();
  await upload.over();
  expect(upload.received).toBe(CONTENT);
  secure.destroy();
});
