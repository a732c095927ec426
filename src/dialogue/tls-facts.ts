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
}

export function certificateSummary(certificate: PresentedCertificate): CertificateSummary {
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = certificate;
  const oneLine = (name: string) => name.split('\n').join(', ');
  const names = subjectAltName?.split(', ') ?? [];
  return { subject: oneLine(subject), issuer: oneLine(issuer), names, validFrom, validTo, fingerprint256 };
}

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
}

/** Of a handshake that never came so far. */
export const NO_TLS_FACTS: TlsFacts = {
  protocol: null,
  cipher: null,
  serverName: null,
  resumed: false,
  certificate: null,
};
