// Who has to encrypt the control connection: AUTH, as servers demand or refuse it, and passwords in the clear.
import type { Observation } from '../../dialogue/observation.js';
import { clientEncrypts, firstLineOf, refusalIn, serverEncrypts } from '../encryption-rules.js';
import { type DiagnosisRow, on } from '../row.js';
import type { ExchangePicture, SessionPicture } from '../session-picture.js';

const WANTS_TLS =
  /must use encryption|policy requires SSL|SSL\/TLS required on the control|cleartext sessions .{0,40}not accepted|does not allow plain FTP|(?:SSL|TLS|encryption)(?: is)? (?:is )?required|requires? (?:SSL|TLS|encryption)|use AUTH (?:TLS |SSL )?first|must (?:first )?(?:use|issue) AUTH/i;

/** AUTH, refused, and none granted; null otherwise. `by`: only the proxy's own are looked at. */
function refusedAuth(session: SessionPicture, by?: 'proxy'): ExchangePicture | null {
  if (serverEncrypts(session)) return null;
  const asked = session.allExchanges.filter(
    ({ command }) => command.verb === 'AUTH' && (by === undefined || command.by === by),
  );
  const last = asked.at(-1);
  if (last === undefined || asked.some(({ replies }) => replies.some(({ code }) => code < 400))) return null;
  return last.replies.length === 0 ? null : last;
}

function evidenceOf(exchange: ExchangePicture): readonly (Observation | null)[] {
  return [exchange.command, exchange.replies.at(-1) ?? null];
}

const isLoopback = (address: string) => /^(?:127\.|::1$|::ffff:127\.)/.test(address);

/** A password went, or goes, in the clear, to a server that offers TLS. */
function saysPasswordInTheClear(session: SessionPicture): boolean {
  const { features, user, opened } = session;
  if (opened === null || isLoopback(opened.client.address) || clientEncrypts(session)) return false;
  if (user === null || /^(?:anonymous|ftp)$/i.test(user) || session.said.has('AUTH')) return false;
  return features?.some((feature) => /^AUTH\b.*\bTLS/.test(feature)) === true;
}

export const TLS_POLICY: readonly DiagnosisRow[] = [
  {
    id: 'tls-starttls-plaintext-injection',
    severity: 'warning',
    fault: 'unknown',
    title: 'the {who|client} sent text in the clear between AUTH TLS and the handshake',
    cause:
      'What comes there may be from anybody on the way: a peer that believes it once TLS stands takes orders from a stranger. Some clients do it by mistake, and send commands without waiting.',
    fix: {
      client: 'Send nothing between AUTH TLS and the handshake, and throw away what came in the clear before it.',
      server: 'Throw away what came in the clear before the handshake: update the server.',
      network: 'Find out who writes into the connection.',
      proxy: 'Nothing to do: the proxy drops it.',
    },
    signs: 'Bytes behind AUTH TLS, or behind its 234, that are no TLS record.',
    rules: [
      on('violation', ({ code, side }) =>
        code === 'pipelined-behind-auth'
          ? { confidence: 'certain', leg: side, fault: side, values: { who: side } }
          : null,
      ),
    ],
  },
  {
    id: 'tls-required',
    severity: 'error',
    fault: 'client',
    title: 'the server wants the session to be encrypted before the login: {reply|530}',
    cause: 'The client logs in without AUTH TLS, and the server accepts no passwords in the clear.',
    fix: {
      client: 'Choose explicit FTPS (FTPES, AUTH TLS).',
      server: 'Or accept sessions in the clear, which shows passwords to everybody on the way.',
      proxy:
        'Let the proxy encrypt the leg to the server, while the client stays plain: ftpscope proxy ftp://HOST --server-tls require',
    },
    settings: {
      vsftpd: 'force_local_logins_ssl=NO (force_anon_logins_ssl=NO for anonymous)',
      proftpd: 'TLSRequired off',
      pureftpd: '-Y 1 (TLS 1)',
      pyftpdlib: 'handler.tls_control_required = False',
      iis: 'FTP SSL Settings, "Allow SSL connections"',
    },
    clientSettings: {
      curl: '--ssl-reqd',
      lftp: 'set ftp:ssl-force true',
      filezilla: 'Encryption: Require explicit FTP over TLS',
      winscp: 'Encryption: TLS/SSL Explicit encryption',
      python: 'ftplib.FTP_TLS in the place of ftplib.FTP',
    },
    signs: '530, 550, 534, 503 or 421 that speaks of encryption, in answer to USER or PASS in the clear.',
    rules: [
      on('reply', (reply, session) => {
        if (session.isLoggedIn || serverEncrypts(session) || !WANTS_TLS.test(refusalIn(reply))) return null;
        const verb = session.commandOf(reply)?.verb ?? '';
        if (verb === 'AUTH' || verb === 'PBSZ' || verb === 'PROT') return null;
        // The client does encrypt: it is the proxy that does not.
        const fault = clientEncrypts(session) && session.isRelayed ? 'proxy' : 'client';
        return { confidence: 'certain', leg: 'server', fault, values: { reply: firstLineOf(reply) } };
      }),
    ],
  },
  {
    id: 'tls-auth-refused',
    severity: 'note',
    fault: 'server',
    title: 'the {who|server} refuses AUTH TLS: {reply|502}; {next|the client has to go on in the clear, or not at all}',
    cause:
      'TLS is not switched on at the server, or it lacks a certificate. vsftpd without TLS answers AUTH with "530 Please login with USER and PASS.", which is no failed login.',
    fix: {
      server: 'Switch TLS on, with a certificate and its key.',
      client: 'Use plain FTP only if passwords and files may be seen on the way.',
      proxy:
        'Let the proxy encrypt the leg to the client, though the server does not: ftpscope proxy ftp://HOST --server-tls auto (and without --client-tls off)',
    },
    settings: {
      vsftpd: 'ssl_enable=YES, rsa_cert_file=FILE, rsa_private_key_file=FILE',
      proftpd: 'TLSEngine on, TLSRSACertificateFile FILE, TLSRSACertificateKeyFile FILE',
      pureftpd: '-Y 1 (TLS 1), and the certificate in /etc/ssl/private/pure-ftpd.pem',
      pyftpdlib: 'TLS_FTPHandler with certfile = FILE',
      iis: 'FTP SSL Settings, a certificate',
    },
    signs: '500, 502, 504, 530, 534 or 431 in answer to AUTH.',
    rules: [
      on('command', ({ verb, by }, session) => {
        if (verb !== 'PASS' || by === 'proxy') return null;
        const auth = refusedAuth(session);
        const reply = auth?.replies.at(-1);
        if (auth === null || reply === undefined || reply.by === 'proxy') return null;
        const values = { reply: firstLineOf(reply), next: 'the client goes on in the clear' };
        return { confidence: 'certain', leg: 'server', values, evidence: evidenceOf(auth) };
      }),
      on('session-closed', (_, session) => {
        if (session.isLoggedIn || session.said.has('PASS')) return null;
        const auth = refusedAuth(session);
        const reply = auth?.replies.at(-1);
        if (auth === null || reply === undefined) return null;
        const who = reply.by;
        const next = auth.command.by === 'proxy' ? 'which --server-tls require demands' : 'the client gives up';
        const where =
          who === 'proxy'
            ? ({ leg: 'client', fault: 'proxy' } as const)
            : ({ leg: 'server', fault: 'server' } as const);
        const values = { who, reply: firstLineOf(reply), next };
        return { confidence: 'certain', severity: 'error', ...where, values, evidence: evidenceOf(auth) };
      }),
      // --server-tls auto
      on('tls', (it, session) => {
        if (it.side !== 'client' || it.leg !== 'control' || it.failure !== null) return null;
        const told = session.violations.find(({ code }) => code === 'unencrypted-server');
        if (told === undefined) return null;
        const auth = refusedAuth(session, 'proxy');
        const reply = auth?.replies.find(({ by }) => by === 'server');
        const values = {
          reply: reply === undefined ? 'no' : firstLineOf(reply),
          next: 'the proxy encrypts for the client alone',
        };
        const evidence = auth === null ? [told] : evidenceOf(auth);
        return { confidence: 'certain', severity: 'warning', mended: true, leg: 'server', values, evidence };
      }),
    ],
  },
  {
    id: 'tls-credentials-in-clear',
    severity: 'note',
    fault: 'client',
    title: 'the password of {user|the user} goes in the clear, to a server that offers TLS',
    cause: 'The client did not ask for encryption. Everybody on the way can read the password, and use it.',
    fix: {
      client: 'Choose explicit FTPS (FTPES, AUTH TLS).',
      server: 'Refuse logins in the clear.',
      proxy:
        'Encrypt at least the way to the server: ftpscope proxy ftp://HOST --server-tls require; or refuse such logins: --client-tls require',
    },
    settings: {
      vsftpd: 'force_local_logins_ssl=YES',
      proftpd: 'TLSRequired on',
      pureftpd: '-Y 2 (TLS 2)',
      pyftpdlib: 'handler.tls_control_required = True',
    },
    clientSettings: { curl: '--ssl-reqd', lftp: 'set ftp:ssl-force true', python: 'ftplib.FTP_TLS' },
    signs: 'PASS before AUTH, and AUTH TLS among the features (FEAT).',
    rules: [
      on('command', ({ verb, by }, session) =>
        verb === 'PASS' && by !== 'proxy' && saysPasswordInTheClear(session)
          ? { confidence: 'certain', leg: 'client', values: { user: session.user ?? '' } }
          : null,
      ),
      on('reply', (reply, session) =>
        reply.code === 211 &&
        session.said.has('PASS') &&
        session.commandOf(reply)?.verb === 'FEAT' &&
        saysPasswordInTheClear(session)
          ? { confidence: 'certain', leg: 'client', values: { user: session.user ?? '' } }
          : null,
      ),
    ],
  },
];
