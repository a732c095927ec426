// Certificates: what a server shows, and what a client says to the proxy's own.
import type { TlsSeen } from '../../dialogue/observation.js';
import {
  day,
  foundFault,
  isBehindHandshake,
  isFor,
  namesIn,
  onCapturedCertificate,
  onClientsAlert,
  TLS_ALERTS,
  whereOf,
} from '../certificate-rules.js';
import { type DiagnosisRow, on, type Rule, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Who renews automatically does it long before. */
const SOON_DAYS = 14;
/** Certificates that live shorter are renewed by a machine, a few days before they end. */
const LONG_LIVED_DAYS = 60;
const MAX_NAMES = 5;

/** The name that the certificate should have been for. */
const wanted = (it: TlsSeen, session: SessionPicture) =>
  it.serverName ?? session.opened?.server?.address ?? session.connected?.remote.address ?? 'the server';

function onVerifyError(
  codes: readonly string[],
  valuesOf: (it: TlsSeen, session: SessionPicture) => Sighting['values'],
): Rule {
  return on('tls', (it, session) =>
    it.side === 'server' && it.verifyError !== undefined && codes.includes(it.verifyError)
      ? foundFault(it, valuesOf(it, session))
      : null,
  );
}

const validityOf = ({ certificate }: TlsSeen) => ({
  from: certificate === null ? 'a later day' : day(certificate.validFrom),
  to: certificate === null ? 'an earlier day' : day(certificate.validTo),
});

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
    const sighting = foundFault(it, untrusted(it));
    return it.failure === null ? { ...sighting, severity: 'note' } : sighting;
  });
}

export const TLS_CERTIFICATES: readonly DiagnosisRow[] = [
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
      onClientsAlert([TLS_ALERTS.expired], () => ({
        confidence: 'certain',
        values: { to: ', says the client: check its clock' },
      })),
      onCapturedCertificate((it, { validTo }) =>
        Date.parse(validTo) < it.at ? foundFault(it, { to: ` on ${day(validTo)}` }) : null,
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
        Date.parse(validFrom) > it.at + DAY_MS ? foundFault(it, validityOf(it)) : null,
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
        return foundFault(it, { names: namesIn(certificate), wanted: serverName });
      }),
      // OpenSSL's clients say so of a name that does not fit; of other faults, too.
      onClientsAlert([TLS_ALERTS.badCertificate], (it) => ({
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
      onClientsAlert([TLS_ALERTS.unknownAuthority, TLS_ALERTS.unknown, TLS_ALERTS.revoked], (it) => ({
        confidence: it.alert?.number === TLS_ALERTS.unknownAuthority ? 'certain' : 'likely',
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
];
