// Wrong options, as a program in JavaScript can write them: each is one error that says which option, what is wrong and what would
// be right. Nothing listens then.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createProxy, ProxyOptionError } from '../../../src/index.js';
import { FORWARD_OPTIONS, PROXY_OPTIONS, TLS_OPTIONS } from '../../../src/net/proxy-options.js';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { ownAuthority } from '../tls/own-authority.js';

const own = ownAuthority();
const SERVER = { address: '127.0.0.1', port: 21 };
const LISTEN = [{ address: '127.0.0.1', port: 0 }];
const certificatesFor = async () => [];

/** As a program without types calls it. */
function refusal(options: unknown): Promise<unknown> {
  return Reflect.apply(createProxy, null, [options]).then(
    (proxy: { close(): Promise<void> }) => proxy.close(),
    (error: unknown) => error,
  );
}

/** Options, and the message; each is given with a server and a listener that are right. */
type Wrong = readonly (readonly [object, string])[];

const TIME = 'a whole number of milliseconds from 1 to 2073600000';
const RANGE = 'a range { from, to } of ports from 1 to 65535, the lower one first';
const PATTERN = 'a pattern such as *, ftp.example.com, *.example.com:2121, 10.0.0.0/8:21-2121 or [2001:db8::1]:*';
const ADVERTISED = 'an IP address such as 203.0.113.5, a host name, or @FILE that holds one';

const PLACES: Wrong = [
  [{ server: 'ftp://host' }, "server: 'ftp://host' is not an object { address, port }"],
  [{ server: null }, 'server: null is not an object { address, port }'],
  [{ server: { port: 21 } }, 'server.address: it is missing; give an IP address or a host name'],
  [{ server: { address: 'a b', port: 21 } }, "server.address: 'a b' is not an IP address or a host name"],
  [{ server: { address: '1.2.3', port: 21 } }, "server.address: '1.2.3' is not an IP address or a host name"],
  [{ server: { address: '[::1]', port: 21 } }, "server.address: '[::1]' is not an IP address or a host name"],
  [{ server: { address: 'a', port: 0 } }, 'server.port: 0 is not a port from 1 to 65535'],
  [{ server: { address: 'a', port: '21' } }, "server.port: '21' is not a port from 1 to 65535"],
  [{ server: { ...SERVER, implicitTls: 1 } }, 'server.implicitTls: 1 is not true or false'],
  [{ server: { host: 'a', port: 21 } }, 'server.host: there is no such option; there are address, port, implicitTls'],
  [
    { server: { ...SERVER, implicitTLS: true } },
    'server.implicitTLS: there is no such option; did you mean implicitTls?',
  ],
  [{ listen: SERVER }, 'listen: an object is not an array'],
  [{ listen: [] }, 'listen: an empty array; give at least one { address, port }'],
  [{ listen: [2121] }, 'listen[0]: 2121 is not an object { address, port }'],
  [{ listen: [...LISTEN, { address: 'a', port: 70_000 }] }, 'listen[1].port: 70000 is not a port from 0 to 65535'],
  [
    { listen: [{ ...SERVER, to: { address: '', port: 1 } }] },
    "listen[0].to.address: '' is not an IP address or a host name",
  ],
];

const RELAYING: Wrong = [
  [{ serverMode: 'bogus' }, "serverMode: 'bogus' is not one of same, passive, active, auto"],
  [{ dataPorts: 50_000 }, `dataPorts: 50000 is not ${RANGE}`],
  [{ dataPorts: { from: 9, to: 1 } }, `dataPorts: 9 to 1 is not ${RANGE}`],
  [{ dataPorts: { from: 1 } }, 'dataPorts.to: it is missing; give a port from 1 to 65535'],
  [{ dataPorts: { client: { from: 0, to: 1 } } }, 'dataPorts.client.from: 0 is not a port from 1 to 65535'],
  [{ dataPorts: { server: [1, 2] } }, `dataPorts.server: an array is not ${RANGE}`],
  [{ advertise: 'not me' }, `advertise: 'not me' is not ${ADVERTISED}`],
  [{ advertise: { server: '@' } }, `advertise.server: '@' is not ${ADVERTISED}`],
  [{ activeSourcePort: 1.5 }, 'activeSourcePort: 1.5 is not a port from 1 to 65535'],
  [{ serverSourceAddress: 'localhost' }, "serverSourceAddress: 'localhost' is not an IP address such as 203.0.113.5"],
  [{ pasvAddress: 'follows' }, "pasvAddress: 'follows' is not one of ignore, strict, follow"],
  [{ allowForeignPort: 'yes' }, "allowForeignPort: 'yes' is not true or false"],
  [{ requireDataResumption: 1 }, 'requireDataResumption: 1 is not true or false'],
  [{ transparent: true }, 'transparent: true is not one of redirect, tproxy'],
  [{ spoofClient: 'no' }, "spoofClient: 'no' is not true or false"],
  [{ spoofClient: true }, "spoofClient: only transparent: 'tproxy' can take the client's address; give both"],
  [{ acceptProxyProtocolFrom: '10.0.0.0/8' }, "acceptProxyProtocolFrom: '10.0.0.0/8' is not an array"],
  [
    { acceptProxyProtocolFrom: ['10.0.0.0/8', '10.0.0.0/33'] },
    "acceptProxyProtocolFrom[1]: '10.0.0.0/33' is not an IP address or a range of them (CIDR), such as 10.0.0.0/8 or 2001:db8::/32",
  ],
  [{ dataProxyHeader: true }, 'dataProxyHeader: true is not one of accept, require, off'],
  [{ sendProxyProtocol: 2 }, 'sendProxyProtocol: 2 is not one of v1, v2'],
  [{ connectTimeoutMs: 0 }, `connectTimeoutMs: 0 is not ${TIME}`],
  [{ loginTimeoutMs: 0 }, `loginTimeoutMs: 0 is not ${TIME}`],
  [{ idleTimeoutMs: -1 }, `idleTimeoutMs: -1 is not ${TIME}`],
  [{ idleTimeoutMs: Number.POSITIVE_INFINITY }, `idleTimeoutMs: Infinity is not ${TIME}`],
  [{ replyTimeoutMs: 0.5 }, `replyTimeoutMs: 0.5 is not ${TIME}`],
  [{ dataTimeoutMs: Number.NaN }, `dataTimeoutMs: NaN is not ${TIME}`],
  [{ maxSessions: 0 }, 'maxSessions: 0 is not a whole number from 1 to 1000000'],
  [{ maxSessionsPerClient: 0 }, 'maxSessionsPerClient: 0 is not a whole number from 1 to 1000000'],
  [{ maxLineBytes: 127 }, 'maxLineBytes: 127 is not a whole number of bytes from 128 to 16777216'],
  [{ onRecordingError: 'stop' }, "onRecordingError: 'stop' is not one of wait, exit"],
  [{ pump: 'kernel' }, "pump: 'kernel' is not one of auto, portable"],
  [{ showSecrets: null }, 'showSecrets: null is not true or false'],
  [{ findings: 'no' }, "findings: 'no' is not true or false"],
  [{ payloads: { open: true } }, 'payloads: an object is not a store with a function open'],
  [{ observe: console }, 'observe: an object is not a function'],
  [{ onFault: 'log' }, "onFault: 'log' is not a function"],
];

const NESTED: Wrong = [
  [{ forward: true }, 'forward: true is not an object { allow, proxyUsers }'],
  [{ forward: {} }, 'forward.allow: it is missing; give an array'],
  [{ forward: { allow: '*' } }, "forward.allow: '*' is not an array"],
  [{ forward: { allow: ['host:x'] } }, `forward.allow[0]: 'host:x' is not ${PATTERN}`],
  [{ forward: { allow: ['*'], proxyUsers: [' '] } }, "forward.proxyUsers[0]: ' ' is not the name of a user"],
  [{ tls: true }, 'tls: true is not an object { certificatesFor, ... }'],
  [{ tls: {} }, 'tls.certificatesFor: it is missing; give a function'],
  [{ tls: { certificatesFor: [] } }, 'tls.certificatesFor: an array is not a function'],
  [{ tls: { client: 'auto' } }, "tls.client: 'auto' is not one of offer, require, off"],
  [{ tls: { server: 'offer' } }, "tls.server: 'offer' is not one of same, require, off, auto"],
  [{ tls: { passthrough: 1 } }, 'tls.passthrough: 1 is not true or false'],
  [{ tls: { serverCa: '/etc/ca.pem' } }, 'tls.serverCa: what is given is not the text of a certificate in PEM form'],
  [{ tls: { insecure: 'true' } }, "tls.insecure: 'true' is not true or false"],
  [{ tls: { serverName: '' } }, "tls.serverName: '' is not the name in the server's certificate"],
  [
    { tls: { clientCertificate: 'pem' } },
    "tls.clientCertificate: 'pem' is not a certificate and its key, { cert, key }",
  ],
  [{ tls: { clientMinVersion: '1.2' } }, "tls.clientMinVersion: '1.2' is not one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"],
  [{ tls: { onKeyLog: 'keys.log' } }, "tls.onKeyLog: 'keys.log' is not a function"],
  [{ tls: { clients: 'off' } }, 'tls.clients: there is no such option; did you mean client?'],
];

const ALL = [...PLACES, ...RELAYING, ...NESTED];

/** An option of `tls` goes with what that cannot do without, and forward mode without a server. */
function completed(options: object): object {
  const asked: { readonly forward?: unknown; readonly tls?: unknown } = options;
  const server = asked.forward === undefined ? { server: SERVER } : {};
  const isPartOfTls = typeof asked.tls === 'object' && asked.tls !== null && Object.keys(asked.tls).length > 0;
  const tls = isPartOfTls ? { tls: { certificatesFor, ...asked.tls } } : {};
  return { ...server, listen: LISTEN, ...options, ...tls };
}

describe('a wrong value', () => {
  test.each(ALL)('%j', async (options, message) => {
    const error = await refusal(completed(options));
    expect(error).toBeInstanceOf(ProxyOptionError);
    expect(error).toMatchObject({ name: 'ProxyOptionError', message, option: message.split(': ', 1)[0] });
  });

  test('is tried for every option', () => {
    const tables = [
      ...Object.keys(PROXY_OPTIONS),
      ...Object.keys(TLS_OPTIONS).map((name) => `tls.${name}`),
      ...Object.keys(FORWARD_OPTIONS).map((name) => `forward.${name}`),
    ];
    const tried = ALL.map(([, message]) => message.split(': ', 1)[0] ?? '');
    expect(tables.filter((name) => !tried.some((one) => new RegExp(`^${name}(?![\\w])`).test(one)))).toEqual([]);
  });
});

describe('what is no option', () => {
  test.each([
    [{ serverMod: 'same' }, 'serverMod: there is no such option; did you mean serverMode?'],
    [{ idleTimeout: 1 }, 'idleTimeout: there is no such option; did you mean idleTimeoutMs?'],
    [{ maxsessions: 1 }, 'maxsessions: there is no such option; did you mean maxSessions?'],
    [{ dataPort: 1 }, 'dataPort: there is no such option; did you mean dataPorts?'],
    [{ toString: undefined }, 'toString: there is no such option; there are server, '],
    [{ nothing: 1 }, 'nothing: there is no such option; there are server, listen, forward, tls, serverMode, '],
  ])('%j', async (options, message) => {
    const error = await refusal(completed(options));
    expect(error).toBeInstanceOf(ProxyOptionError);
    expect(String(error)).toContain(message);
  });

  test.each([
    [undefined, 'options: undefined is not an object'],
    [null, 'options: null is not an object'],
    ['ftp://host', "options: 'ftp://host' is not an object"],
    [[SERVER], 'options: an array is not an object'],
  ])('%j in place of all options', async (options, message) => {
    expect(await refusal(options)).toMatchObject({ name: 'ProxyOptionError', message });
  });
});

describe('a certificate and a key', () => {
  test('that do not belong together', async () => {
    const { cert } = await new LeafCertificates(own().authority).issue({ names: ['client'] });
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const error = await refusal(completed({ tls: { clientCertificate: { cert, key } } }));
    expect(error).toMatchObject({ message: 'tls.clientCertificate: the key is not that of the certificate' });
  });

  test('are not repeated where they do not belong', async () => {
    const { key } = await new LeafCertificates(own().authority).issue({ names: ['client'] });
    const error = await refusal(completed({ tls: { clientCertificate: key } }));
    expect(error).toMatchObject({
      message: 'tls.clientCertificate: PEM text is not a certificate and its key, { cert, key }',
    });
  });

  test('are not repeated in the message', async () => {
    const { cert, key } = await new LeafCertificates(own().authority).issue({ names: ['client'] });
    const error = await refusal(completed({ tls: { clientCertificate: { cert, key: key.slice(0, 100) } } }));
    expect(error).toMatchObject({
      message: 'tls.clientCertificate.key: what is given is not the text of a private key in PEM form',
    });
  });
});

test('a password in a URL is not repeated', async () => {
  expect(await refusal({ server: 'ftp://anna:sesame@host' })).toMatchObject({
    message: "server: 'ftp://...@host' is not an object { address, port }",
  });
});

test('a long or many-lined value is quoted in one short line', async () => {
  const error = await refusal(completed({ serverMode: `\n\x1b[2J${'x'.repeat(1000)}` }));
  expect(String(error)).toMatch(/^ProxyOptionError: serverMode: '\\n\\u001b\[2Jx{1,60}\.\.\.' is not one of /);
});
