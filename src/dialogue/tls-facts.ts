// What is told of a TLS handshake, on whichever leg: a part of the observations' words.

/** A certificate in short, as the peer presented it. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  /** Names that it is good for: `DNS:ftp.example.com`, `IP Address:10.0.0.7`. */
  readonly names: readonly string[];
  readonly validFrom: string;
  readonly validTo: string;
  /** Of the SHA-256 fingerprint, in upper-case hexadecimal with colons. */
  readonly fingerprint256: string;
  /** Where its authority publishes the certificate that signed it, as it says itself (RFC 5280 section 4.2.2.1). */
  readonly issuerUrl?: string;
}

/** As crypto reads a certificate: an X509Certificate is one. */
export interface PresentedCertificate {
  /** One attribute a line. */
  readonly subject: string;
  readonly issuer: string;
  readonly subjectAltName: string | undefined;
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint256: string;
  /** One way to get at something a line. */
  readonly infoAccess?: string | undefined;
}

export function certificateSummary(certificate: PresentedCertificate): CertificateSummary {
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = certificate;
  const oneLine = (name: string) => name.split('\n').join(', ');
  const names = subjectAltName?.split(', ') ?? [];
  const issuerUrl = /^CA Issuers - URI:(\S{1,500})$/m.exec(certificate.infoAccess ?? '')?.[1];
  return {
    ...{ subject: oneLine(subject), issuer: oneLine(issuer), names, validFrom, validTo, fingerprint256 },
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
  };
}

/**
 * Why a handshake failed, as a word for programs.
 * - alert: the peer said so with an alert, or we did;
 * - certificate: the peer's certificate was not accepted; `verifyError` says why;
 * - not-tls: the peer said something that is no TLS;
 * - not-begun: the peer said nothing;
 * - timeout: it began, and took too long;
 * - closed, reset: the peer closed the connection in the middle, or broke it off;
 * - other: what TLS itself found wrong.
 */
export type TlsFault = 'alert' | 'certificate' | 'not-tls' | 'not-begun' | 'timeout' | 'closed' | 'reset' | 'other';

/** Which end of a connection: the proxy is the server towards clients, and the client towards servers. */
export type TlsEnd = 'client' | 'server';

/** RFC 8446 section 6. */
export interface TlsAlert {
  readonly from: TlsEnd;
  readonly number: number;
}

/** What no check of OpenSSL's names: the certificate is for another name. Its own word for it. */
export const HOSTNAME_MISMATCH = 'HOSTNAME_MISMATCH';

/** What a TLS handshake came to. */
export interface TlsFacts {
  /** `TLSv1.3` and the like; null when the handshake failed before it was agreed on. */
  readonly protocol: string | null;
  readonly cipher: string | null;
  /** The name that the TLS client asked for (SNI). */
  readonly serverName: string | null;
  /** Whether an earlier TLS session was resumed. */
  readonly resumed: boolean;
  /** The peer's certificate; null when it showed none. */
  readonly certificate: CertificateSummary | null;
  /** Names in the certificate that the proxy showed the client; absent towards the server. */
  readonly shownNames?: readonly string[];
  /** Absent when the handshake succeeded. */
  readonly fault?: TlsFault;
  readonly alert?: TlsAlert;
  /** What the check of the certificate found, in OpenSSL's word (`CERT_HAS_EXPIRED`): also where it is accepted all the same. */
  readonly verifyError?: string;
  /** Where the check failed: the certificates that the peer sent, its own first. */
  readonly chain?: readonly ChainLink[];
  /** The server asked for a certificate of the client. It may do without; where that is encrypted (TLS 1.3), it is not seen. */
  readonly asksForCertificate?: true;
  /** The TLS client wanted to resume a session. */
  readonly offersSession?: true;
  /** What the peer said that is no TLS: its first line. */
  readonly said?: string;
}

/** Why a handshake failed that ended with an alert, for people who look on; null where it did not. */
export function alertWords({ alert }: TlsFacts): string | null {
  return alert === undefined ? null : `the ${alert.from} broke TLS off with alert ${alert.number}`;
}

/** A certificate among those that came. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
}

/** Of a handshake that never came so far. */
export const NO_TLS_FACTS: TlsFacts = {
  protocol: null,
  cipher: null,
  serverName: null,
  resumed: false,
  certificate: null,
};
