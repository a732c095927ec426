// The options on encryption, and what they mean to the proxy: which certificates it shows, whom it trusts, where keys are logged.
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import type { CertificateAndKey } from '../../ends/tls/session-tls.js';
import { isOpenToOthers, makePrivate, openToAppend } from '../../files/private-file.js';
import type { FtpListener } from '../../net/options/endpoint-values.js';
import { CERTIFICATE, CERTIFICATE_AND_KEY, CERTIFICATE_NAME, PRIVATE_KEY } from '../../net/options/ftp-values.js';
import { isOfKind, type ValueKind } from '../../net/options/value-kinds.js';
import { type ProxyTlsOptions, TLS_OPTIONS, type TlsVersion } from '../../net/proxy-options.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { systemReason } from '../../protocol/system-errors.js';
import type { ClientTlsPolicy, ServerTlsPolicy } from '../../relay/policy.js';
import { option, parsed } from '../options/options.js';
import { optionText, parsePath } from '../options/values.js';
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
  readonly serverCa?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly keylog?: string;
  readonly insecure?: boolean;
  readonly serverName?: string;
  readonly clientTlsMin?: TlsVersion;
  /** Undefined for the user's own. */
  readonly caFolder?: string;
}

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
        `TLS towards clients (default: "${TLS_OPTIONS.client.byDefault}"; with a warning "off", where the authority of \`ca\` can be neither opened nor made)`,
      ).choices(TLS_OPTIONS.client.value.choices),
    )
    .addOption(
      option(
        '--server-tls <policy>',
        'TLS towards the server: the same as the client asks for, always, never, or if it has it',
      )
        .choices(TLS_OPTIONS.server.value.choices)
        .default(TLS_OPTIONS.server.byDefault),
    );
  file('--cert <file>', 'certificate to show to clients, PEM (default: signed by the authority of `ca`)');
  file('--key <file>', 'key of that certificate, PEM');
  command.addOption(
    option('--ca-folder <folder>', 'where that authority is kept, as `ca` has it with --folder')
      .argParser(parsed(parsePath))
      .conflicts('cert'),
  );
  file('--server-ca <file>', "authorities that may have signed the server's certificate, PEM");
  command
    .option('--insecure', 'accept any certificate of the server')
    .addOption(
      option('--server-name <name>', "name that the server's certificate must be for").argParser(
        parsed(optionText(CERTIFICATE_NAME)),
      ),
    );
  file('--client-cert <file>', 'certificate to show to the server, PEM');
  file('--client-key <file>', 'key of that certificate, PEM');
  command.addOption(
    option('--client-tls-min <version>', 'oldest version towards clients').choices(
      TLS_OPTIONS.clientMinVersion.value.choices,
    ),
  );
  file('--keylog <file>', 'append NSS key log lines, for Wireshark');
}

/** Where the proxy listens and what it stands before: whether that is implicit FTPS. */
export interface TlsPlaces {
  readonly listen: readonly FtpListener[];
  /** The server of listeners that have none of their own. */
  readonly server?: FtpEndpoint;
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
  const { keylog, serverCa, serverName, clientTlsMin, caFolder } = options;
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
    insecure: options.insecure,
    serverCa: serverCa === undefined ? undefined : authorities(serverCa),
    serverName,
    clientCertificate: clientCertificate ?? undefined,
    clientMinVersion: clientTlsMin,
    onKeyLog: keylog === undefined ? undefined : keyLog(keylog, tell),
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
function serversOf({ listen, server }: TlsPlaces): (FtpEndpoint | undefined)[] {
  return listen.map(({ to = server }) => to);
}

/** The options that mean nothing where TLS is left to client and server. */
const MEANT_FOR_INSPECTION: readonly (readonly [string, keyof TlsOptions])[] = [
  ['--client-tls', 'clientTls'],
  ['--server-tls', 'serverTls'],
  ['--cert', 'cert'],
  ['--key', 'key'],
  ['--ca-folder', 'caFolder'],
  ['--server-ca', 'serverCa'],
  ['--insecure', 'insecure'],
  ['--server-name', 'serverName'],
  ['--client-cert', 'clientCert'],
  ['--client-key', 'clientKey'],
  ['--client-tls-min', 'clientTlsMin'],
  ['--keylog', 'keylog'],
];

function refuseUnseen(options: TlsOptions): void {
  const given = MEANT_FOR_INSPECTION.find(
    ([, name]) => (options[name] ?? TLS_OPTIONS.server.byDefault) !== TLS_OPTIONS.server.byDefault,
  );
  if (given === undefined) return;
  throw new UsageError(
    `--tls passthrough leaves TLS to client and server; leave ${given[0]} out, or --tls passthrough`,
  );
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
  const found = { cert: read(certFlag, certFile), key: readKey(keyFlag, keyFile) };
  check(CERTIFICATE, found.cert, `${certFlag} ${certFile}: it holds no certificate in PEM form`);
  check(PRIVATE_KEY, found.key, `${keyFlag} ${keyFile}: it holds no private key in PEM form`);
  if (!isOfKind(CERTIFICATE_AND_KEY, found))
    throw new UsageError(`${keyFlag} ${keyFile}: it is not the key of ${certFile}`);
  return found;
}

/** The certificates in the file of `--server-ca`. Throws a UsageError when there are none. */
export function authorities(file: string): string {
  const pem = read('--server-ca', file);
  check(CERTIFICATE, pem, `--server-ca ${file}: it holds no certificate in PEM form`);
  return pem;
}

function check(kind: ValueKind<string>, pem: string, problem: string): void {
  if (!isOfKind(kind, pem)) throw new UsageError(problem);
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag} ${file}: cannot read it: ${systemReason(error)}`);
  }
}

/** Whoever has the key can pose as its server: others must not be able to read it. */
function readKey(flag: string, file: string): string {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const stats = fstatSync(descriptor);
    if (stats.isFile() && isOpenToOthers(stats)) {
      const octal = (stats.mode & 0o777).toString(8).padStart(4, '0');
      throw new UsageError(`${flag} ${file}: it is open to other users (mode ${octal}); say: chmod 600 '${file}'`);
    }
    return readFileSync(descriptor, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${flag} ${file}: cannot read it: ${systemReason(error)}`);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Opened anew for each line, as it may be moved away meanwhile. */
function appendTo(file: string, line: Buffer | null): void {
  const descriptor = openToAppend(file);
  try {
    makePrivate(descriptor);
    if (line !== null) writeSync(descriptor, line);
  } finally {
    closeSync(descriptor);
  }
}

/** Whoever has the lines can read the sessions: the file is its owner's alone. */
function keyLog(file: string, tell: (line: string) => void): (line: Buffer) => void {
  try {
    appendTo(file, null);
  } catch (error) {
    throw new UsageError(`--keylog ${file}: cannot write it: ${systemReason(error)}`);
  }
  let failed = false;
  // Called in the middle of a handshake, where nobody would catch what is thrown.
  return (line) => {
    try {
      appendTo(file, line);
    } catch (error) {
      if (!failed) tell(`--keylog ${file}: keys are missing from it: ${systemReason(error)}`);
      failed = true;
    }
  };
}
