// The options on encryption, and what they mean to the proxy: which certificates it shows, whom it trusts, where keys are logged.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { ProxyTlsOptions, TlsVersion } from '../net/proxy-options.js';
import { AuthorityError, openAuthority } from '../net/tls/authority.js';
import { defaultAuthorityFolder } from '../net/tls/authority-folder.js';
import { LeafCertificates } from '../net/tls/leaf-certificates.js';
import type { CertificateAndKey } from '../net/tls/session-tls.js';
import { systemReason } from '../protocol/system-errors.js';
import type { ClientTlsPolicy, ServerTlsPolicy } from '../session/policy.js';
import { UsageError } from './errors.js';
import { option, parsed } from './options.js';
import { parsePath } from './values.js';

export interface TlsOptions {
  readonly tls: 'inspect' | 'passthrough';
  readonly clientTls: ClientTlsPolicy;
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
      option('--client-tls <policy>', 'TLS towards clients').choices(['offer', 'require', 'off']).default('offer'),
    )
    .addOption(
      option(
        '--server-tls <policy>',
        'TLS towards the server: the same as the client asks for, always, never, or if it has it',
      )
        .choices(['same', 'require', 'off', 'auto'])
        .default('same'),
    );
  file('--cert <file>', 'certificate to show to clients, PEM (default: signed by the authority of `ca`)');
  file('--key <file>', 'key of that certificate, PEM');
  file('--upstream-ca <file>', "authorities that may have signed the server's certificate, PEM");
  command
    .option('--insecure', 'take whatever certificate the server shows')
    .option('--server-name <name>', "name that the server's certificate must be for");
  file('--client-cert <file>', 'certificate to show to the server, PEM');
  file('--client-key <file>', 'key of that certificate, PEM');
  command.addOption(
    option('--client-tls-min <version>', 'oldest version towards clients').choices([
      'TLSv1',
      'TLSv1.1',
      'TLSv1.2',
      'TLSv1.3',
    ]),
  );
  file('--keylog <file>', 'append NSS key log lines, for Wireshark');
}

/** Throws a UsageError for files that are not what they must be. */
export function tlsOptions(options: TlsOptions): ProxyTlsOptions {
  const fixed = pair('--cert', options.cert, '--key', options.key);
  const clientCertificate = pair('--client-cert', options.clientCert, '--client-key', options.clientKey);
  const { keylog, upstreamCa, serverName, clientTlsMin } = options;
  return {
    client: options.clientTls,
    server: options.serverTls,
    passthrough: options.tls === 'passthrough',
    certificatesFor: fixed === null ? mintedCertificates() : () => Promise.resolve([fixed]),
    insecure: options.insecure ?? false,
    ...(upstreamCa === undefined ? {} : { upstreamCa: authorities(upstreamCa) }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(clientCertificate === null ? {} : { clientCertificate }),
    ...(clientTlsMin === undefined ? {} : { clientMinVersion: clientTlsMin }),
    ...(keylog === undefined ? {} : { onKeyLog: keyLog(keylog) }),
  };
}

/** The authority is opened, or made, with the first client that asks for TLS. */
function mintedCertificates(): ProxyTlsOptions['certificatesFor'] {
  let leaves: Promise<LeafCertificates> | null = null;
  return async (names) => {
    leaves ??= openAuthority(defaultAuthorityFolder()).then(({ authority }) => new LeafCertificates(authority));
    try {
      const issuer = await leaves;
      return await Promise.all([issuer.issue({ names }), issuer.issue({ names, algorithm: 'rsa' })]);
    } catch (error) {
      if (error instanceof AuthorityError) leaves = null;
      throw error;
    }
  };
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

function authorities(file: string): string {
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
function keyLog(file: string): (line: Buffer) => void {
  try {
    closeSync(openSync(file, 'a', KEY_LOG_OWNER_ONLY));
  } catch (error) {
    throw new UsageError(`--keylog ${file}: cannot write it: ${systemReason(error)}`);
  }
  return (line) => appendFileSync(file, line);
}
