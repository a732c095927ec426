// Which certificates the proxy shows to clients: the user's own, or ones signed by the user's authority, which is opened, or
// made, when the proxy starts, so that what is wrong with it is told then and not to the first client.
import { dirname } from 'node:path';
import type { CertificateAndKey } from '../../ends/tls/session-tls.js';
import { type ProxyTlsOptions, TLS_OPTIONS } from '../../net/proxy-options.js';
import { AuthorityError, openAuthority } from '../../net/tls/authority.js';
import { defaultAuthorityFolder } from '../../net/tls/authority-folder.js';
import { LeafCertificates } from '../../net/tls/leaf-certificates.js';
import { LeafFiles } from '../../net/tls/leaf-files.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import type { ClientTlsPolicy } from '../../relay/policy.js';
import { UsageError } from '../program/errors.js';

export interface ClientCertificates {
  readonly policy: ClientTlsPolicy;
  readonly certificatesFor: ProxyTlsOptions['certificatesFor'];
  /** Why clients are offered no TLS although they would be by default; null when all is as it should be. */
  readonly problem: string | null;
  /** Does in the background what the first client would have to wait for. */
  prepare(): void;
}

export interface CertificateWishes {
  /** The user's own certificate; null for those of the authority. */
  readonly own: CertificateAndKey | null;
  /** Undefined when the user said nothing. */
  readonly policy: ClientTlsPolicy | undefined;
  readonly passthrough: boolean;
  readonly listen: readonly FtpEndpoint[];
  /** Where the authority is kept. */
  readonly folder?: string;
}

/**
 * Without a word of the user on TLS towards clients, an authority that cannot be had is no reason not to start: clients are
 * offered no TLS then. Rejects with a UsageError where the user asked for what needs it.
 */
export async function clientCertificates(wishes: CertificateWishes): Promise<ClientCertificates> {
  const { own, policy, passthrough, listen, folder = defaultAuthorityFolder() } = wishes;
  const implicit = listen.some(({ implicitTls }) => implicitTls);
  if (policy === 'off' && implicit && !passthrough)
    throw new UsageError('--client-tls off and --listen ftps://... contradict each other; leave one of them out');
  if (own !== null)
    return { ...NOTHING_TO_DO, policy: policy ?? TLS_OPTIONS.client.byDefault, certificatesFor: async () => [own] };
  if (passthrough || policy === 'off') return { ...NOTHING_TO_DO, policy: policy ?? TLS_OPTIONS.client.byDefault };
  try {
    const { authority } = await openAuthority(folder);
    const files = new LeafFiles(dirname(authority.keyFile));
    return minted(new LeafCertificates(authority, undefined, undefined, files), policy ?? TLS_OPTIONS.client.byDefault);
  } catch (error) {
    if (!(error instanceof AuthorityError)) throw error;
    if (policy !== undefined || implicit)
      throw new UsageError(`no certificate for clients: ${error.message} (or give --cert and --key)`);
    return { ...NOTHING_TO_DO, policy: 'off', problem: `clients are offered no TLS: ${error.message}` };
  }
}

const NOTHING_TO_DO: Omit<ClientCertificates, 'policy'> = {
  certificatesFor: () => Promise.reject(new Error('there is no certificate for clients')),
  problem: null,
  prepare: () => {},
};

function minted(leaves: LeafCertificates, policy: ClientTlsPolicy): ClientCertificates {
  return {
    policy,
    certificatesFor: (names) => Promise.all([leaves.issue({ names }), leaves.issue({ names, algorithm: 'rsa' })]),
    problem: null,
    // Whoever needs what could not be made is told then.
    prepare: () => void leaves.prepare(['ecdsa', 'rsa']).catch(() => {}),
  };
}
