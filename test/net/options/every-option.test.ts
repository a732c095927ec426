// Every option of a proxy by its type, as a program in TypeScript writes it: given, and as `undefined`. Reads only what the package
// exports, so it compiles only as long as all these types are exported.
import { describe, expect, test } from 'vitest';
import {
  type CertificateAndKey,
  type ClientTlsPolicy,
  createProxy,
  type DataHeaderPolicy,
  type ForwardOptions,
  type FtpEndpoint,
  type FtpListener,
  type InterceptionMethod,
  type Observation,
  type PasvAddressPolicy,
  type PayloadStore,
  type PerSide,
  type PortRange,
  type ProxyFault,
  type ProxyOptions,
  type ProxyProtocolVersion,
  type ProxyTlsOptions,
  type PumpChoice,
  type RecordingErrorPolicy,
  type ServerModePolicy,
  type ServerTlsPolicy,
  type TlsVersion,
} from '../../../src/index.js';
import { PROXY_OPTIONS } from '../../../src/net/proxy-options.js';

const LOOPBACK = '127.0.0.1';
const server: FtpEndpoint = { address: LOOPBACK, port: 21, implicitTls: undefined };
const listener: FtpListener = { address: LOOPBACK, port: 0, implicitTls: undefined, to: undefined };
const range: PortRange = { from: 50000, to: 50100 };
const ranges: PerSide<PortRange> = { client: range, server: undefined };
const advertised: PerSide<string> = { client: undefined, server: LOOPBACK };
const transparent: InterceptionMethod | undefined = undefined;
const serverMode: ServerModePolicy = 'auto';
const pasvAddress: PasvAddressPolicy = 'strict';
const clientTls: ClientTlsPolicy = 'require';
const serverTls: ServerTlsPolicy = 'same';
const oldest: TlsVersion = 'TLSv1.3';
const header: ProxyProtocolVersion = 'v2';
const onRecordingError: RecordingErrorPolicy = 'exit';
const pump: PumpChoice = 'portable';
const dataHeader: DataHeaderPolicy = 'require';
const shown: CertificateAndKey | undefined = undefined;
const store: PayloadStore = { open: () => Promise.reject(new Error('no transfer is expected')) };
const forward: ForwardOptions = { allow: ['*'], proxyUsers: undefined };

const tls: Omit<Required<ProxyTlsOptions>, 'upstreamCa'> = {
  client: clientTls,
  server: serverTls,
  passthrough: false,
  certificatesFor: async () => [],
  serverCa: undefined,
  insecure: true,
  serverName: 'ftp.example.com',
  clientCertificate: shown,
  clientMinVersion: oldest,
  onKeyLog: (line: Buffer) => void line,
};

const every: Omit<Required<ProxyOptions>, 'upstream' | 'bindUpstream'> = {
  server,
  listen: [listener],
  forward: undefined,
  tls,
  serverMode,
  dataPorts: ranges,
  advertise: advertised,
  activeSourcePort: 20,
  serverSourceAddress: LOOPBACK,
  pasvAddress,
  allowForeignPort: true,
  requireDataResumption: true,
  transparent,
  spoofClient: false,
  acceptProxyProtocolFrom: ['10.0.0.0/8'],
  dataProxyHeader: dataHeader,
  sendProxyProtocol: header,
  connectTimeoutMs: 1000,
  loginTimeoutMs: 1000,
  maxSessionsPerClient: 10,
  idleTimeoutMs: 1000,
  replyTimeoutMs: 1000,
  dataTimeoutMs: 1000,
  maxSessions: 1,
  maxLineBytes: 1024,
  onRecordingError,
  pump,
  showSecrets: true,
  payloads: store,
  observe: (observation: Observation) => void observation,
  findings: true,
  onFault: (fault: ProxyFault) => void fault,
};

async function starts(options: ProxyOptions): Promise<number> {
  const proxy = await createProxy(options);
  await proxy.close();
  return proxy.addresses.length;
}

test('no option is left out here', () => {
  expect(Object.keys(every).sort()).toEqual(Object.keys(PROXY_OPTIONS).sort());
});

test('every option at once', async () => {
  expect(await starts(every)).toBe(1);
});

test('every other option as undefined', async () => {
  const absent = Object.fromEntries(Object.keys(every).map((name) => [name, undefined]));
  expect(await starts({ ...absent, server, listen: [listener] })).toBe(1);
});

test('every option of TLS as undefined', async () => {
  const absent = Object.fromEntries(Object.keys(tls).map((name) => [name, undefined]));
  const bare: ProxyTlsOptions = { ...absent, certificatesFor: tls.certificatesFor };
  expect(await starts({ server, listen: [listener], tls: bare })).toBe(1);
});

describe('options under the names of earlier versions', () => {
  test.each<ProxyOptions>([
    { upstream: server, listen: [listener] },
    { upstream: server, server: undefined, listen: [listener], bindUpstream: LOOPBACK },
    { server, upstream: undefined, listen: [listener], tls: { ...tls, upstreamCa: undefined } },
  ])('%#', async (options) => {
    expect(await starts(options)).toBe(1);
  });

  test('are checked as the present ones are', async () => {
    await expect(createProxy({ server, bindUpstream: 'x' })).rejects.toThrow(
      "serverSourceAddress: 'x' is not an IP address",
    );
  });

  test('are refused beside them', async () => {
    await expect(createProxy({ server, upstream: server })).rejects.toThrow(
      'upstream: it is server now; give one of them',
    );
  });
});

test('forward mode', async () => {
  expect(await starts({ forward, listen: [listener] })).toBe(1);
});

test('one value for both sides, and what the address of a Node server has besides', async () => {
  const withFamily = { address: LOOPBACK, port: 21, family: 'IPv4' };
  expect(await starts({ server: withFamily, listen: [listener], dataPorts: range, advertise: 'ftp.example.com' })).toBe(
    1,
  );
});
