// Certificates: what a server shows, what a client says to the proxy's own, and what a server wants to see of a client.
import type { CertificateSummary, TlsSeen } from '../../dialogue/observation.js';
import { type DiagnosisRow, on, type Rule, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Who renews automatically does it long before. */
const SOON_DAYS = 14;
/** Certificates that live shorter are renewed by a machine, a few days before they end. */
const LONG_LIVED_DAYS = 60;
const MAX_NAMES = 5;

/** RFC 8446 section 6.2. */
const ALERTS = {
  ...{ handshakeFailure: 40, badCertificate: 42, revoked: 44, expired: 45, unknown: 46, unknownAuthority: 48 },
  certificateRequired: 116,
} as const;

const namesIn = ({ names, subject }: CertificateSummary) =>
  names.length === 0 ? subject : names.slice(0, MAX_NAMES).join(', ');

/** The name that the certificate should have been for. */
const wanted = (it: TlsSeen, session: SessionPicture) =>
  it.serverName ?? session.opened?.server?.address ?? session.connected?.remote.address ?? 'the server';

const day = (time: string) => {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : new Date(at).toISOString().slice(0, 10);
};

/** A server's certificate that the check found fault with: accepted, it is a warning; in a capture nobody checked. */
function found(it: TlsSeen, values: Sighting['values']): Sighting {
  const severity = it.failure === null ? 'warning' : 'error';
  return { confidence: 'certain', leg: 'server', severity, values: { ...values, where: whereOf(it) } };
}

const whereOf = ({ leg }: TlsSeen) => (leg === 'data' ? ' on a data connection' : '');

function onVerifyError(
  codes: readonly string[],
  valuesOf: (it: TlsSeen, session: SessionPicture) => Sighting['values'],
): Rule {
  return on('tls', (it, session) =>
    it.side === 'server' && it.verifyError !== undefined && codes.includes(it.verifyError)
      ? found(it, valuesOf(it, session))
      : null,
  );
}

/** A client refuses what the proxy shows; in a capture, what the server does. */
function onClientsAlert(
  numbers: readonly number[],
  see: (it: TlsSeen) => Pick<Sighting, 'confidence' | 'values'>,
): Rule {
  return on('tls', (it, session) => {
    if (it.alert?.from !== 'client' || !numbers.includes(it.alert.number)) return null;
    // On the server's leg the client is the proxy, which says so in `verifyError`.
    if (it.side === 'server' && session.isRelayed) return null;
    const { confidence, values } = see(it);
    const whose = session.isRelayed ? { whose: 'proxy' } : {};
    const fault = session.isRelayed ? 'client' : 'server';
    return { leg: 'client', severity: 'error', fault, confidence, values: { ...values, ...whose } };
  });
}

const validityOf = ({ certificate }: TlsSeen) => ({
  from: certificate === null ? 'a later day' : day(certificate.validFrom),
  to: certificate === null ? 'an earlier day' : day(certificate.validTo),
});

/** A capture holds a certificate, and its own time; nobody has checked it. */
function onCapturedCertificate(
  see: (it: TlsSeen, certificate: CertificateSummary, session: SessionPicture) => Sighting | null,
): Rule {
  return on('tls', (it, session) =>
    session.isRelayed || it.side !== 'server' || it.certificate === null ? null : see(it, it.certificate, session),
  );
}

/** As RFC 6125 section 6.4 has it: a star stands for one label. */
function isFor({ names }: CertificateSummary, host: string): boolean {
  const parent = host.slice(host.indexOf('.'));
  return names.some((name) => {
    const own = name.slice(name.indexOf(':') + 1).toLowerCase();
    return own === host.toLowerCase() || (own.startsWith('*.') && own.slice(1) === parent.toLowerCase());
  });
}

/** Which of three an untrusted certificate is, and what to do about it. */
function untrusted({ verifyError, chain = [], certificate }: TlsSeen): Sighting['values'] {
  const issuer = chain.at(-1)?.issuer ?? certificate?.issuer ?? 'an unknown authority';
  const url = certificate?.issuerUrl;
  switch (verifyError) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { why: 'it is self-signed' };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return url === undefined
        ? { why: `${issuer} signed it, which is not known, and no certificate of that authority came with it` }
        : { why: `the intermediate certificate of ${issuer} is missing (${url})` };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return { why: `its chain ends at ${issuer}, a private authority` };
    default:
      return { why: `its chain ends at ${issuer}, which is not known` };
  }
}

const CERTIFICATE_FILES = {
  vsftpd: 'rsa_cert_file=FILE, rsa_private_key_file=FILE; restart it',
  proftpd: 'TLSRSACertificateFile FILE, TLSRSACertificateKeyFile FILE; restart it',
  pureftpd: '/etc/ssl/private/pure-ftpd.pem: key, certificate and chain in one file; restart it',
  pyftpdlib: 'TLS_FTPHandler.certfile = FILE',
  filezilla: 'Server configuration, "FTP and FTP over TLS", the certificate',
  iis: 'FTP SSL Settings, the certificate',
} as const;

const CHAIN_FILES = {
  ...CERTIFICATE_FILES,
  vsftpd: 'rsa_cert_file=FILE, with the certificate first and the intermediate behind it; restart it',
  proftpd: 'TLSCertificateChainFile FILE, or the intermediate behind the certificate; restart it',
} as const;

const INSECURE = {
  curl: '-k, which takes any certificate',
  lftp: 'set ssl:verify-certificate no, which takes any certificate',
} as const;

/** Accepted with --insecure, or nobody knows: a self-signed one may be meant so. */
function onUntrusted(codes: readonly string[]): Rule {
  return on('tls', (it) => {
    if (it.side !== 'server' || it.verifyError === undefined || !codes.includes(it.verifyError)) return null;
    const sighting = found(it, untrusted(it));
    return it.failure === null ? { ...sighting, severity: 'note' } : sighting;
  });
}

/** The server broke the connection off as it has seen no certificate, or none that it takes. */
function wantsCertificate(it: TlsSeen): Sighting | null {
  if (it.side !== 'server' || it.failure === null) return null;
  const { alert, fault, asksForCertificate } = it;
  const isAlert = alert?.from === 'server';
  if (isAlert && alert.number === ALERTS.certificateRequired) return { confidence: 'certain', leg: 'server' };
  if (asksForCertificate !== true) return null;
  const refuses = isAlert && (alert.number === ALERTS.handshakeFailure || alert.number === ALERTS.badCertificate);
  return refuses || fault === 'closed' || fault === 'reset' ? { confidence: 'likely', leg: 'server' } : null;
}

export const TLS_CERTIFICATES: readonly DiagnosisRow[] = [
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
      pureftpd: '-Y 2 without the client certificate check',
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
        by === 'server' && alert?.from === 'server' && alert.number === ALERTS.certificateRequired
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
    id: 'tls-cert-expired',
    severity: 'error',
    fault: 'server',
    title: "the {whose|server}'s certificate{where|} has expired{to|}",
    cause: 'It was not renewed; or it was, and the server still shows the old one, as servers read it when they start.',
    fix: {
      server: 'Renew the certificate, and restart the server.',
      client: 'Check the clock of the machine, if others have no trouble.',
      proxy: 'Until then, accept it: ftpscope proxy ftp://HOST --insecure, which accepts any certificate.',
    },
    settings: CERTIFICATE_FILES,
    clientSettings: INSECURE,
    signs:
      'notAfter lies before the time of the handshake; the client sends alert 45, or closes behind the Certificate message.',
    rules: [
      onVerifyError(['CERT_HAS_EXPIRED'], (it) => ({ to: ` on ${validityOf(it).to}` })),
      onClientsAlert([ALERTS.expired], () => ({
        confidence: 'certain',
        values: { to: ', says the client: check its clock' },
      })),
      onCapturedCertificate((it, { validTo }) =>
        Date.parse(validTo) < it.at ? found(it, { to: ` on ${day(validTo)}` }) : null,
      ),
    ],
  },
  {
    id: 'tls-cert-not-yet-valid',
    severity: 'error',
    fault: 'server',
    title: "the server's certificate{where|} is not valid before {from|a later day}",
    cause: 'The certificate was made for later, or the clock of one of the machines is wrong.',
    fix: {
      server: 'Check the clock of the machine that made it, and make it anew.',
      client: 'Check the clock of the machine.',
      proxy: 'Check the clock of the machine; until then, --insecure accepts any certificate.',
    },
    settings: CERTIFICATE_FILES,
    signs: 'notBefore lies behind the time of the handshake.',
    rules: [
      onVerifyError(['CERT_NOT_YET_VALID'], validityOf),
      onCapturedCertificate((it, { validFrom }) =>
        Date.parse(validFrom) > it.at + DAY_MS ? found(it, validityOf(it)) : null,
      ),
    ],
  },
  {
    id: 'tls-cert-ends-soon',
    severity: 'warning',
    fault: 'server',
    title: "the server's certificate ends {days|soon}, on {to|a day that is near}",
    cause:
      'From then on clients refuse it. Where renewal is automatic, it should have happened by now, or the server was not restarted.',
    fix: { server: 'Renew the certificate, and restart the server.' },
    settings: CERTIFICATE_FILES,
    signs: 'notAfter lies less than 14 days behind the time of the handshake.',
    rules: [
      on('tls', (it) => {
        if (it.side !== 'server' || it.certificate === null || it.leg === 'data') return null;
        const { validFrom, validTo } = it.certificate;
        const left = Date.parse(validTo) - it.at;
        const lifetime = Date.parse(validTo) - Date.parse(validFrom);
        if (!(left > 0 && left < SOON_DAYS * DAY_MS && lifetime > LONG_LIVED_DAYS * DAY_MS)) return null;
        const days = Math.floor(left / DAY_MS);
        const values = { days: days === 0 ? 'today' : `in ${days} ${days === 1 ? 'day' : 'days'}`, to: day(validTo) };
        return { confidence: 'certain', leg: 'server', values };
      }),
    ],
  },
  {
    id: 'tls-cert-name-mismatch',
    severity: 'error',
    fault: 'server',
    title:
      "the {whose|server}'s certificate{where|} is for {names|other names}, not for {wanted|the name that was asked for}",
    cause:
      'The certificate is that of a hoster or of another name, an address was given in the place of a name, or the client checks a data connection against another name than its control connection.',
    fix: {
      client: 'Connect by a name that is in the certificate.',
      server: 'Have the certificate made for the name that clients use.',
      proxy:
        'Towards the server: ftpscope proxy ftp://HOST --server-name NAME, with a name of its certificate; or --insecure. Clients are shown a certificate for the name that they ask for (SNI); --cert and --key show another.',
    },
    settings: CERTIFICATE_FILES,
    clientSettings: INSECURE,
    signs: 'No subjectAltName fits the name in the ClientHello, or the host that was connected to.',
    rules: [
      onVerifyError(['HOSTNAME_MISMATCH'], (it, session) => ({
        names: it.certificate === null ? 'another name' : namesIn(it.certificate),
        wanted: wanted(it, session),
      })),
      onCapturedCertificate((it, certificate) => {
        const { serverName } = it;
        if (serverName === null || certificate.names.length === 0 || isFor(certificate, serverName)) return null;
        return found(it, { names: namesIn(certificate), wanted: serverName });
      }),
      // OpenSSL's clients say so of a name that does not fit; of other faults, too.
      onClientsAlert([ALERTS.badCertificate], (it) => ({
        confidence: 'possible',
        values: {
          ...{ where: whereOf(it), wanted: it.serverName ?? 'the name that the client connects to' },
          names: it.shownNames?.slice(0, MAX_NAMES).join(', ') ?? 'other names',
        },
      })),
    ],
  },
  {
    id: 'tls-cert-untrusted',
    severity: 'error',
    fault: 'server',
    title:
      "the {whose|server}'s certificate{where|} is not trusted: {why|it is self-signed, its authority is private, or an intermediate is missing}",
    cause:
      'Clients trust certificates that lead to an authority that they know. A self-signed one leads to none; a private authority has to be made known; and an intermediate certificate has to be sent along by the server.',
    fix: {
      server:
        'Send the whole chain: the certificate, and behind it the intermediate of its authority. For strangers, use a public authority.',
      client: "Trust the authority that signed it. For the proxy's own, `ftpscope ca` prints how.",
      proxy:
        'Trust it: ftpscope proxy ftp://HOST --server-ca FILE, with the certificate of its authority (for a self-signed one, with itself); or --insecure. To show clients another certificate: --cert FILE --key FILE.',
    },
    settings: CHAIN_FILES,
    clientSettings: {
      curl: '--cacert FILE',
      lftp: 'set ssl:ca-file FILE',
      python: 'FTP_TLS(context=ssl.create_default_context(cafile=FILE))',
    },
    signs:
      'The chain that came does not lead to a known authority; the client sends alert 48 or 46, or closes behind the handshake.',
    rules: [
      onUntrusted([
        ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
        ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT', 'CERT_UNTRUSTED', 'INVALID_CA'],
        ...['CERT_SIGNATURE_FAILURE', 'INVALID_PURPOSE'],
      ]),
      onClientsAlert([ALERTS.unknownAuthority, ALERTS.unknown, ALERTS.revoked], (it) => ({
        confidence: it.alert?.number === ALERTS.unknownAuthority ? 'certain' : 'likely',
        values: { where: whereOf(it), why: 'the client says that it does not know its authority' },
      })),
      on('session-closed', ({ by, cause }, session) => {
        const tls = session.tls.client;
        if (by !== 'client' || cause === 'quit' || cause === 'tls-failed') return null;
        if (tls === undefined || tls.failure !== null || !isBehindHandshake(session)) return null;
        const values = { whose: 'proxy', why: 'the client closed the connection right behind the handshake' };
        return { confidence: 'possible', severity: 'warning', leg: 'client', fault: 'client', values, evidence: [tls] };
      }),
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

/** Of a client's certificate. */
const REFUSED_CERTIFICATE: ReadonlySet<number> = new Set([
  ...[ALERTS.badCertificate, ALERTS.revoked, ALERTS.expired, ALERTS.unknown, ALERTS.unknownAuthority],
]);

/** Nothing was said behind AUTH and its handshake. */
function isBehindHandshake({ newestExchange }: SessionPicture): boolean {
  return newestExchange === null || newestExchange.command.verb === 'AUTH';
}
