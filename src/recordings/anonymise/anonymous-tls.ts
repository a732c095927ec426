// What is reported of TLS, so that it can be passed on: names in certificates are made up, what libraries name stays.
import type { CertificateSummary, ChainLink, TlsAlert, TlsSeen } from '../../dialogue/observation.js';
import type { Secrets } from '../../dialogue/secrets.js';
import type { AnonymousText } from './anonymous-text.js';
import type { Pseudonyms } from './pseudonyms.js';

const PROTOCOL = /^(?:TLSv1(?:\.[1-3])?|SSLv3)$/;
/** Of OpenSSL and of RFC 8446: `ECDHE-RSA-AES128-GCM-SHA256`, `TLS_AES_256_GCM_SHA384`. */
const CIPHER = /^[A-Z0-9_-]{1,64}$/;
/** The keys of a distinguished name, and the kinds of alternative names. */
const NAME_KEYS =
  /((?:^|[\n,/+] ?)(?:CN|O|OU|C|L|ST|DC|serialNumber|emailAddress)=|^(?:DNS|IP Address|URI|email|DirName):)/;
const CERTIFICATE_TIME = /^([A-Z][a-z]{2} [ \d]\d) \d\d:\d\d:\d\d (\d{4}) GMT$/;
/** OpenSSL's, for what the check of a certificate found: `CERT_HAS_EXPIRED`. */
const WORD = /^[A-Z0-9_]{1,64}$/;

export class AnonymousTls {
  constructor(
    private readonly pseudonyms: Pseudonyms,
    private readonly texts: AnonymousText,
    private readonly secrets: Secrets,
  ) {}

  handshake(it: TlsSeen): Omit<TlsSeen, 'session' | 'at'> {
    const { kind, side, leg, link, resumed, early, protocol, cipher, serverName, certificate, shownNames, failure } =
      it;
    return {
      ...{ kind, side, leg, link },
      protocol: protocol !== null && PROTOCOL.test(protocol) ? protocol : null,
      cipher: cipher !== null && CIPHER.test(cipher) ? cipher : null,
      serverName: serverName === null ? null : this.host(serverName),
      resumed,
      certificate: certificate && this.certificate(certificate),
      ...(shownNames === undefined ? {} : { shownNames: shownNames.map((name) => this.certified(name)) }),
      ...(early === undefined ? {} : { early }),
      failure: failure === null ? null : this.text(failure),
      ...this.found(it),
    };
  }

  /** What a check found is one of OpenSSL's words. */
  private found({ fault, alert, verifyError, chain, asksForCertificate, offersSession, said }: TlsSeen) {
    return {
      ...(fault === undefined ? {} : { fault }),
      ...(alert === undefined ? {} : { alert: alertOf(alert) }),
      ...(verifyError === undefined || !WORD.test(verifyError) ? {} : { verifyError }),
      ...(chain === undefined ? {} : { chain: chain.map((one) => this.chainLink(one)) }),
      ...(asksForCertificate === undefined ? {} : { asksForCertificate }),
      ...(offersSession === undefined ? {} : { offersSession }),
      ...(said === undefined ? {} : { said: this.text(said) }),
    };
  }

  private chainLink({ subject, issuer }: ChainLink): ChainLink {
    return { subject: this.certified(subject), issuer: this.certified(issuer) };
  }

  private certificate({
    subject,
    issuer,
    names,
    validFrom,
    validTo,
    fingerprint256,
  }: CertificateSummary): CertificateSummary {
    const digest = this.pseudonyms.digest(fingerprint256).toUpperCase().match(/../g) ?? [];
    return {
      subject: this.certified(subject),
      issuer: this.certified(issuer),
      names: names.map((name) => this.certified(name)),
      validFrom: dayOf(validFrom),
      validTo: dayOf(validTo),
      fingerprint256: digest.join(':'),
    };
  }

  private host(name: string): string {
    this.texts.learn(name);
    return this.texts.name(name);
  }

  private text(text: string): string {
    return this.texts.text(this.secrets.mask(text));
  }

  /** A name in a certificate: what kind of name it is stays. */
  private certified(name: string): string {
    const parts = name.split(NAME_KEYS);
    return parts.map((part, index) => (index % 2 === 1 ? part : this.texts.name(part))).join('');
  }
}

export function alertOf({ from, number }: TlsAlert): TlsAlert {
  return { from, number };
}

/** To the second, validity would find the certificate in the public logs of all of them (RFC 9162). */
function dayOf(time: string): string {
  return CERTIFICATE_TIME.test(time) ? time.replace(CERTIFICATE_TIME, '$1 00:00:00 $2 GMT') : '';
}
