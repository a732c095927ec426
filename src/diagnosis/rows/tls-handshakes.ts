// Handshakes that do not come about, and TLS that ends otherwise than it should.
import type { LinkClosed, TlsSeen } from '../../dialogue/observation.js';
import type { LinkPicture } from '../link-picture.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

/** RFC 8446 section 6.2: handshake_failure, protocol_version, insufficient_security. */
const NO_COMMON_CIPHER = 40;
const NO_COMMON_VERSION = 70;
const TOO_WEAK = 71;
/** RFC 5246 section 7.2.2. */
const NO_RENEGOTIATION = 100;

const WEAK: ReadonlySet<string> = new Set(['EE_KEY_TOO_SMALL', 'CA_KEY_TOO_SMALL', 'CA_MD_TOO_WEAK']);

/** What they do not have in common; null where it is something else. */
function lacks({ alert, verifyError }: TlsSeen): string | null {
  if (verifyError !== undefined && WEAK.has(verifyError))
    return 'key or signature of the certificate that is strong enough';
  if (alert === undefined) return null;
  if (alert.number === NO_COMMON_VERSION) return 'TLS version';
  if (alert.number === NO_COMMON_CIPHER) return 'cipher or version';
  return alert.number === TOO_WEAK ? 'cipher that is strong enough' : null;
}

/** The sender's side: the one whose end may have come too early. */
const senderOf = ({ direction }: LinkClosed) => (direction === 'upload' ? 'client' : 'server');

function endedAbruptly(closed: LinkClosed, session: SessionPicture): boolean {
  return session.violations.some(({ code, link }) => code === 'possibly-truncated' && link === closed.link);
}

/** How many bytes the server said that there are; null where it said nothing, or a transfer began in the middle. */
function announcedBytes(link: LinkPicture): number | null {
  const text = link.replies.find(({ code }) => code === 150 || code === 125)?.lines.at(-1) ?? '';
  const said = /\((\d{1,15}) bytes\)/.exec(text.slice(0, 1000))?.[1];
  return said === undefined ? null : Number(said);
}

/** Whether less came than there is, with the evidence for it in words. */
function shortOf(closed: LinkClosed, session: SessionPicture): string | null {
  const link = session.linkOf(closed);
  if (link === null) return null;
  const announced = closed.direction === 'download' && session.type !== 'A' ? announcedBytes(link) : null;
  if (announced !== null && closed.bytes < announced) return `${closed.bytes} of ${announced} bytes came`;
  const final = link.replies.findLast(({ preliminary }) => !preliminary);
  return final !== undefined && (final.code === 426 || final.code === 451) ? `the server answered ${final.code}` : null;
}

export const TLS_HANDSHAKES: readonly DiagnosisRow[] = [
  {
    id: 'tls-version-or-cipher',
    severity: 'error',
    fault: 'unknown',
    title: 'no {what|TLS version or cipher} in common with the {who|server}',
    cause:
      'One of the two is old (TLS 1.0, small keys, RSA key exchange alone), and the other refuses what is not safe any more.',
    fix: {
      client: 'Update the client, or the library that it encrypts with.',
      server: 'Update the server, or switch TLS 1.2 and 1.3 on.',
      proxy:
        "Towards old clients: ftpscope proxy ftp://HOST --client-tls-min TLSv1. Towards old servers: NODE_OPTIONS='--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0' ftpscope proxy ftp://HOST",
    },
    settings: {
      vsftpd: 'ssl_tlsv1_2=YES (3.0.4 and later), ssl_ciphers=HIGH',
      proftpd: 'TLSProtocol TLSv1.2 TLSv1.3, TLSCipherSuite HIGH',
      pureftpd: '-J HIGH (TLSCipherSuite)',
    },
    clientSettings: {
      curl: '--tls-max 1.2, --ciphers DEFAULT@SECLEVEL=0',
      lftp: 'set ssl:priority NORMAL:+VERS-TLS1.0',
    },
    signs: 'Alert 70 (protocol_version), 40 (handshake_failure) or 71 (insufficient_security).',
    rules: [
      on('tls', (it, session) => {
        const what = it.failure === null ? null : lacks(it);
        if (what === null) return null;
        // A server that asked for a certificate, and got none, says handshake_failure as well.
        if (it.asksForCertificate && it.alert?.from === 'server' && it.alert.number === NO_COMMON_CIPHER) return null;
        const isPeer = it.side === 'server' || session.isRelayed;
        return {
          confidence: it.alert?.number === NO_COMMON_CIPHER ? 'likely' : 'certain',
          leg: it.side,
          fault: isPeer ? it.side : 'unknown',
          values: { what, who: it.side },
        };
      }),
    ],
  },
  {
    id: 'tls-data-handshake-deadlock',
    severity: 'note',
    fault: 'client',
    title: 'the client finished the TLS handshake on the data connection before it asked for the transfer',
    cause:
      'vsftpd and other servers answer a handshake on a data connection only once the transfer was asked for: a client that waits for it first waits forever.',
    fix: {
      client: 'Send the transfer command as soon as the data connection stands, and shake hands then.',
      proxy: 'Nothing to do: the proxy answers the handshake at once.',
    },
    signs: 'A ClientHello on a data connection, and no ServerHello until the transfer command.',
    rules: [
      on('tls', ({ early, side, failure }) =>
        early === true && side === 'client' && failure === null
          ? { confidence: 'possible', leg: 'client', mended: true }
          : null,
      ),
      on('tls', ({ early, side, fault }) =>
        early === true && side === 'client' && fault === 'timeout'
          ? { confidence: 'likely', leg: 'client', severity: 'error' }
          : null,
      ),
    ],
  },
  {
    id: 'tls-truncated-data',
    severity: 'error',
    fault: 'unknown',
    title: 'the {who|server} cut data connection {number|1} off without close_notify, and bytes are missing: {short|}',
    cause:
      'A peer that cuts a TCP connection cannot say close_notify. That it is missing, and that bytes are, shows that what was saved is not the whole file.',
    fix: {
      client: 'Transfer the file again, or resume it (REST); do not keep what came.',
      server: 'Look into its log for what ended the transfer: a limit, a timeout, a crash.',
      network: 'Look for a firewall or a proxy that ends long connections.',
    },
    signs: 'FIN without a TLS alert before it, and fewer bytes than 150 or SIZE said; or 426 or 451.',
    rules: [
      on('link-closed', (closed, session) => {
        if (!endedAbruptly(closed, session)) return null;
        const short = shortOf(closed, session);
        const who = senderOf(closed);
        return short === null ? null : { confidence: 'certain', leg: who, values: { who, number: closed.link, short } };
      }),
    ],
  },
  {
    id: 'tls-no-close-notify',
    severity: 'warning',
    fault: 'server',
    title: 'the {who|server} ends data connections without close_notify',
    cause:
      'It closes the socket beneath TLS. A file that was cut off on the way looks the same, so careful peers refuse it: FileZilla ("non-properly terminated"), curl (56), vsftpd with strict_ssl_read_eof.',
    fix: {
      client: 'Shut TLS down before the socket is closed (in Node.js socket.end(), not destroy(); in Python unwrap()).',
      server: 'Update the server.',
    },
    settings: {
      vsftpd: 'strict_ssl_read_eof=NO takes uploads that end so',
      pureftpd: 'versions before 1.0.49 do it with TLS 1.3',
    },
    signs: 'The last record before the FIN is no alert (close_notify).',
    rules: [
      on('link-closed', (closed, session) => {
        if (!endedAbruptly(closed, session) || closed.outcome !== 'complete') return null;
        if (shortOf(closed, session) !== null) return null;
        const who = senderOf(closed);
        return { confidence: 'certain', leg: who, fault: who, values: { who } };
      }),
    ],
  },
  {
    id: 'tls-renegotiation-or-cache-expiry',
    severity: 'error',
    fault: 'server',
    title: 'the session ended as the {who|server} wanted to negotiate TLS again',
    cause:
      'Renegotiation, which ProFTPD asks for after a while or so many bytes, is switched off in most libraries, and gone in TLS 1.3.',
    fix: { server: 'Switch renegotiation off.', client: 'Use TLS 1.3, which has none.' },
    settings: { proftpd: 'TLSRenegotiate none' },
    signs: 'Alert 100 (no_renegotiation), minutes into the session.',
    rules: [
      on('session-closed', ({ alert }) =>
        alert?.number === NO_RENEGOTIATION
          ? { confidence: 'likely', leg: alert.from, values: { who: alert.from } }
          : null,
      ),
    ],
  },
  {
    id: 'tls-handshake-failed',
    severity: 'error',
    fault: 'unknown',
    title: 'TLS with the {who|server}{where|} failed: {reason|the handshake was broken off}',
    cause:
      'The peer closed or broke off the connection in the handshake, or did not go on with it, and gave no reason.',
    fix: {
      client:
        "Look into its log: it may say what it did not accept. Does it trust the proxy's authority? `ftpscope ca` prints how.",
      server: 'Look into its log: it may say what it did not accept.',
      network: 'Look for a firewall that looks into TLS.',
    },
    signs: 'The connection ends between the ClientHello and the Finished messages.',
    rules: [
      symptomOn('tls', ({ failure, side, leg, link }) =>
        failure === null
          ? null
          : {
              confidence: 'certain',
              leg: side,
              values: {
                who: side,
                where: leg === 'data' ? ` on data connection ${link}` : '',
                reason: failure.slice(0, 120),
              },
            },
      ),
    ],
  },
];
