// Who is who in TLS: certificates of clients, names in the hello, and servers that are not the same on all connections.
import type { TlsSeen } from '../../dialogue/observation.js';
import { isBehindHandshake, isFor, namesIn, onCapturedCertificate, TLS_ALERTS } from '../certificate-rules.js';
import { type DiagnosisRow, on, type Sighting } from '../row.js';

/** The server broke the connection off as it has seen no certificate, or none that it takes. */
function wantsCertificate(it: TlsSeen): Sighting | null {
  if (it.side !== 'server' || it.failure === null) return null;
  const { alert, fault, asksForCertificate } = it;
  const isAlert = alert?.from === 'server';
  if (isAlert && alert.number === TLS_ALERTS.certificateRequired) return { confidence: 'certain', leg: 'server' };
  if (asksForCertificate !== true) return null;
  const refuses =
    isAlert && (alert.number === TLS_ALERTS.handshakeFailure || alert.number === TLS_ALERTS.badCertificate);
  return refuses || fault === 'closed' || fault === 'reset' ? { confidence: 'likely', leg: 'server' } : null;
}

/** Of a client's certificate. */
const REFUSED_CERTIFICATE: ReadonlySet<number> = new Set([
  ...[
    TLS_ALERTS.badCertificate,
    TLS_ALERTS.revoked,
    TLS_ALERTS.expired,
    TLS_ALERTS.unknown,
    TLS_ALERTS.unknownAuthority,
  ],
]);

export const TLS_IDENTITIES: readonly DiagnosisRow[] = [
  {
    id: 'tls-client-cert-required',
    severity: 'error',
    fault: 'client',
    title: 'the server wants a certificate of the client, and got none that it takes',
    cause:
      'The server knows its clients by their certificates. A certificate of the client itself cannot be passed on by a proxy that ends TLS.',
    fix: {
      client: 'Show a certificate that an authority of the server has signed.',
      server: 'Or ask for one, and do without.',
      proxy: 'Show it in the place of the client: ftpscope proxy ftp://HOST --client-cert FILE --client-key FILE',
    },
    settings: {
      vsftpd: 'require_cert=NO, validate_cert=NO',
      proftpd: 'TLSVerifyClient off (or optional)',
      pureftpd: '-J CIPHERS without -C: in front of them (TLSCipherSuite)',
    },
    clientSettings: {
      curl: '--cert FILE --key FILE',
      lftp: 'set ssl:cert-file FILE; set ssl:key-file FILE',
      python: 'FTP_TLS(context=...) with context.load_cert_chain(FILE)',
    },
    signs:
      'A CertificateRequest, an empty Certificate in answer, and alert 116 or 40. The request alone is no fault: vsftpd always asks.',
    rules: [
      on('tls', wantsCertificate),
      on('session-closed', ({ alert, by }) =>
        by === 'server' && alert?.from === 'server' && alert.number === TLS_ALERTS.certificateRequired
          ? { confidence: 'certain', leg: 'server' }
          : null,
      ),
      on('session-closed', ({ alert, by }, session) =>
        by === 'server' &&
        alert?.from === 'server' &&
        REFUSED_CERTIFICATE.has(alert.number) &&
        isBehindHandshake(session)
          ? { confidence: 'likely', leg: 'server' }
          : null,
      ),
    ],
  },
  {
    id: 'tls-data-cert-differs',
    severity: 'warning',
    fault: 'server',
    title: 'the server shows another certificate on data connection {number|1} than on the control connection',
    cause:
      'Several machines stand behind the name, each with its own certificate, or the data connection leads to another one. FileZilla breaks such transfers off.',
    fix: {
      server: 'Give all machines behind the name the same certificate, or keep a client at one of them.',
      network: 'Find out who answers at the data port, if it is not the server.',
      proxy: 'Nothing to do: clients of the proxy see one certificate on all connections.',
    },
    signs: 'The fingerprint of the data certificate differs from that of the control connection.',
    rules: [
      on('tls', (it, session) => {
        const control = session.tls.server;
        if (it.leg !== 'data' || it.side !== 'server' || it.certificate === null || !control?.certificate) return null;
        if (it.certificate.fingerprint256 === control.certificate.fingerprint256) return null;
        return {
          ...{ confidence: 'certain', leg: 'server', values: { number: it.link ?? 0 }, evidence: [control] },
          ...(session.isRelayed && it.failure === null ? { mended: true } : {}),
        };
      }),
    ],
  },
  {
    id: 'tls-sni-missing',
    severity: 'note',
    fault: 'client',
    title: 'the client names no server in its hello (SNI), and is shown a certificate for {names|other names}',
    cause: 'A server with several names then shows its first certificate, which may be the wrong one.',
    fix: {
      client: 'Connect by name, not by address; in programs, set the server name on control and data connections.',
      server: 'Let the first certificate be for the name that clients use.',
      proxy: 'Towards the server: ftpscope proxy ftp://HOST --server-name NAME',
    },
    signs: 'A ClientHello without server_name, and a certificate that is not for the address.',
    rules: [
      onCapturedCertificate((it, certificate, session) => {
        const address = session.opened?.server?.address;
        if (it.serverName !== null || it.leg === 'data' || it.resumed || address === undefined) return null;
        // An address of IPv6 has many spellings.
        if (certificate.names.length === 0 || address.includes(':') || isFor(certificate, address)) return null;
        return { confidence: 'certain', leg: 'client', values: { names: namesIn(certificate) } };
      }),
    ],
  },
];
