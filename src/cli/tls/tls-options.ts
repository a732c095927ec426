// The options on encryption, and what they mean to the proxy: which certificates it shows, whom it trusts, where keys are logged.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CertificateAndKey } from '../../ends/tls/session-tls.js';
import { type FtpListener, type ProxyTlsOptions, TLS_VERSIONS, type TlsVersion } from '../../net/proxy-options.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { systemReason } from '../../protocol/system-errors.js';
import {
  CLIENT_TLS_POLICIES,
  type ClientTlsPolicy,
  SERVER_TLS_POLICIES,
  type ServerTlsPolicy,
} from '../../relay/policy.js';
import { option, parsed } from '../options/options.js';
import { parsePath } from '../options/values.js';
import { UsageError } from '../program/errors.js';
import { type ClientCertificates, clientCertificates } from './client-certificates.js';

export interface TlsOptions {
  readonly tls: 'inspect' | 'passthrough';
  /** Undefined when nothing was said. */
  readonly clientTls?: ClientTlsPolicy;
  readonly serverTls: ServerTlsPolicy;
  /** Files. */
  readonly cert?: string;
  readonly key?: string;
  readonly upstreamCa?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly keylog?: string;
  readonly insecure?: boolean;
  readonly serverName?: string;
  readonly clientTlsMin?: TlsVersion;
  /** Undefined for the user's own. */
  readonly caFolder?: string;
}

const KEY_LOG_OWNER_ONLY = 0o600;

export function addTlsOptions(command: Command): void {
  const file = (flags: string, description: string) =>
    command.addOption(option(flags, description).argParser(parsed(parsePath)));
  command
    .addOption(
      option('--tls <how>', 'see into encrypted sessions, or relay them unseen')
        .choices(['inspect', 'passthrough'])
        .default('inspect'),
    )
    .addOption(
      option(
        '--client-tls <policy>',
        'TLS towards clients (default: "offer"; with a warning "off", where the authority of `ca` can be neither opened nor made)',
      ).choices(CLIENT_TLS_POLICIES),
    )
    .addOption(
      option(
        '--server-tls <policy>',
        'TLS towards the server: the same as the client asks for, always, never, or if it has it',
      )
        .choices(SERVER_TLS_POLICIES)
        .default('same'),
    );
  file('--cert <file>', 'certificate to show to clients, PEM (default: signed by the authority of `ca`)');
  file('--key <file>', 'key of that certificate, PEM');
  command.addOption(
    option('--ca-folder <folder>', 'where that authority is kept, as `ca` has it with --folder')
      .argParser(parsed(parsePath))
      .conflicts('cert'),
  );
  file('--upstream-ca <file>', "authorities that may have signed the server's certificate, PEM");
  command
    .option('--insecure', 'take whatever certificate the server shows')
    .addOption(
      option('--server-name <name>', "name that the server's certificate must be for").argParser(parsed(parseName)),
    );
  file('--client-cert <file>', 'certificate to show to the server, PEM');
  file('--client-key <file>', 'key of that certificate, PEM');
  command.addOption(option('--client-tls-min <version>', 'oldest version towards clients').choices(TLS_VERSIONS));
  file('--keylog <file>', 'append NSS key log lines, for Wireshark');
}

/** Where the proxy listens and what it stands before: whether that is implicit FTPS. */
export interface TlsPlaces {
  readonly listen: readonly FtpListener[];
  /** The server of listeners that have none of their own. */
  readonly upstream?: FtpEndpoint;
}

/** What the options come to, and the certificates for clients, which are ready. */
export interface ChosenTls {
  readonly tls: ProxyTlsOptions;
  readonly certificates: ClientCertificates;
}

/** Rejects with a UsageError for files that are not what they must be. `tell` is for what goes wrong later. */
export async function chooseTls(
  options: TlsOptions,
  places: TlsPlaces,
  tell: (line: string) => void,
): Promise<ChosenTls> {
  const passthrough = options.tls === 'passthrough';
  if (passthrough) {
    refuseMixed(places);
    refuseUnseen(options);
  }
  if (options.serverTls === 'off' && serversOf(places).some((server) => server?.implicitTls))
    throw new UsageError('--server-tls off and a server at ftps:// contradict each other; leave one of them out');
  const own = pair('--cert', options.cert, '--key', options.key);
  const clientCertificate = pair('--client-cert', options.clientCert, '--client-key', options.clientKey);
  const { keylog, upstreamCa, serverName, clientTlsMin, caFolder } = options;
  const trusted = upstreamCa === undefined ? {} : { upstreamCa: authorities(upstreamCa) };
  const { listen } = places;
  const certificates = await clientCertificates({
    own,
    policy: options.clientTls,
    passthrough,
    listen,
    ...(caFolder === undefined ? {} : { folder: caFolder }),
  });
  const tls = {
    client: certificates.policy,
    server: options.serverTls,
    passthrough,
    certificatesFor: certificates.certificatesFor,
    insecure: options.insecure ?? false,
    ...trusted,
    ...(serverName === undefined ? {} : { serverName }),
    ...(clientCertificate === null ? {} : { clientCertificate }),
    ...(clientTlsMin === undefined ? {} : { clientMinVersion: clientTlsMin }),
    ...(keylog === undefined ? {} : { onKeyLog: keyLog(keylog, tell) }),
  };
  return { tls, certificates };
}

/** What is relayed unseen is TLS from the first byte for both or for neither. */
function refuseMixed(places: TlsPlaces): void {
  const servers = serversOf(places);
  const isImplicit = (place: FtpListener | FtpEndpoint | undefined) => place?.implicitTls ?? false;
  if (places.listen.every((listener, index) => isImplicit(listener) === isImplicit(servers[index]))) return;
  throw new UsageError('--tls passthrough: server and --listen must be ftps:// both, or ftp:// both');
}

/** The server of each listener. */
function serversOf({ listen, upstream }: TlsPlaces): (FtpEndpoint | undefined)[] {
  return listen.map(({ to = upstream }) => to);
}

/** The options that mean nothing where TLS is left to client and server. */
const MEANT_FOR_INSPECTION: readonly (readonly [string, keyof TlsOptions])[] = [
  ['--client-tls', 'clientTls'],
  ['--server-tls', 'serverTls'],
  ['--cert', 'cert'],
  ['--key', 'key'],
  ['--ca-folder', 'caFolder'],
  ['--upstream-ca', 'upstreamCa'],
  ['--insecure', 'insecure'],
  ['--server-name', 'serverName'],
  ['--client-cert', 'clientCert'],
  ['--client-key', 'clientKey'],
  ['--client-tls-min', 'clientTlsMin'],
  ['--keylog', 'keylog'],
];

function refuseUnseen(options: TlsOptions): void {
  const given = MEANT_FOR_INSPECTION.find(([, name]) => (options[name] ?? 'same') !== 'same');
  if (given === undefined) return;
  throw new UsageError(
    `--tls passthrough leaves TLS to client and server; leave ${given[0]} out, or --tls passthrough`,
  );
}

function parseName(text: string): string {
  if (text.trim() === '') throw new UsageError("Give the name in the server's certificate.");
  return text;
}

function pair(
  certFlag: string,
  certFile: string | undefined,
  keyFlag: string,
  keyFile: string | undefined,
): CertificateAndKey | null {
  if (certFile === undefined && keyFile === undefined) return null;
  if (certFile === undefined || keyFile === undefined)
    throw new UsageError(`${certFlag} and ${keyFlag} go together; give both`);
  const found = { cert: read(certFlag, certFile), key: read(keyFlag, keyFile) };
  const certificate = checked(certFlag, certFile, 'certificate', () => new X509Certificate(found.cert));
  const key = checked(keyFlag, keyFile, 'private key', () => createPrivateKey(found.key));
  if (!certificate.checkPrivateKey(key))
    throw new UsageError(`${keyFlag} ${keyFile}: it is not the key of ${certFile}`);
  return found;
}

/** The certificates in the file of `--upstream-ca`. Throws a UsageError when there are none. */
export function authorities(file: string): string {
  const pem = read('--upstream-ca', file);
  checked('--upstream-ca', file, 'certificate', () => new X509Certificate(pem));
  return pem;
}

function checked<T>(flag: string, file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new UsageError(`${flag} ${file}: it holds no ${what} in PEM form`);
  }
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag} ${file}: cannot read it: ${systemReason(error)}`);
  }
}

/** Whoever has the lines can read the sessions: the file is its owner's alone. */
function keyLog(file: string, tell: (line: string) => void): (line: Buffer) => void {
  try {
    closeSync(openSync(file, 'a', KEY_LOG_OWNER_ONLY));
  } catch (error) {
    throw new UsageError(`--keylog ${file}: cannot write it: ${systemReason(error)}`);
  }
  let failed = false;
  // Called in the middle of a handshake, where nobody would catch what is thrown.
  return (line) => {
    try {
      appendFileSync(file, line);
    } catch (error) {
      if (!failed) tell(`--keylog ${file}: keys are missing from it: ${systemReason(error)}`);
      failed = true;
    }
  };
}
