// What the user said of TLS, as the session core and the handshakes want to hear it.
import type { TlsSettings } from '../../ends/tls/session-tls.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { NO_TLS, type TlsPolicy } from '../../relay/policy.js';
import type { ProxyOptions } from '../proxy-options.js';
import type { ProxySettings } from '../proxy-settings.js';
import { certificateNames, namesOfServer } from './server-names.js';

/** Without options on TLS there is none, implicit or not. */
export function tlsPolicy({ tls }: Pick<ProxySettings, 'tls'>, server: FtpEndpoint | null): TlsPolicy {
  if (tls === undefined) return NO_TLS;
  return {
    client: tls.client,
    server: tls.server,
    clientImplicit: false,
    serverImplicit: server?.implicitTls ?? false,
    passthrough: tls.passthrough,
  };
}

/** `server` is null while the client has not named it; `reachedAs` are the addresses at which the client found the proxy. */
export function tlsSettings(
  { tls, forward }: Pick<ProxyOptions, 'tls' | 'forward'>,
  server: FtpEndpoint | null,
  reachedAs: readonly string[],
  timeoutMs: number,
): TlsSettings {
  const { serverCa, clientCertificate, clientMinVersion } = tls ?? {};
  // OpenSSL's own bar is higher than the oldest versions: they need ciphers that it has struck off.
  const old = clientMinVersion === 'TLSv1' || clientMinVersion === 'TLSv1.1';
  return {
    certificatesFor: tls?.certificatesFor ?? (() => Promise.reject(new Error('no certificate to show'))),
    ownNames: server === null ? certificateNames(reachedAs) : namesOfServer({ host: server.address, reachedAs }),
    serverName: tls?.serverName ?? server?.address ?? '',
    // In forward mode the client's hello names the proxy, and its login the server.
    asksFor: tls?.serverName !== undefined ? 'own' : forward !== undefined ? 'host' : 'client',
    insecure: tls?.insecure ?? false,
    serverContext: { ...(serverCa === undefined ? {} : { ca: serverCa }), ...clientCertificate },
    clientContext: {
      ...(clientMinVersion === undefined ? {} : { minVersion: clientMinVersion }),
      ...(old ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
    },
    onKeyLog: tls?.onKeyLog ?? null,
    timeoutMs,
  };
}
