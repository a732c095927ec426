// TLS sessions that have to be resumed on data connections (RFC 4217 section 12; the servers' own demand).
import { type DiagnosisRow, on } from '../row.js';

const SAYS_REUSE =
  /session reuse required|TLS session of data connection (has )?not resumed|must use cached TLS session|TLS session resumption required/i;

export const TLS_RESUMPTION: readonly DiagnosisRow[] = [
  {
    id: 'tls-session-reuse-required',
    severity: 'error',
    fault: 'client',
    title: 'the server wants the data connection to resume the TLS session of the control connection, which it did not',
    cause:
      'The server demands it as a proof that both connections come from the same client. Many TLS libraries make a new session for each connection.',
    fix: {
      client: 'Resume the session of the control connection on data connections.',
      server: 'Or do without that proof, which is less safe.',
      proxy:
        'Let the proxy encrypt its own leg: it resumes towards the server, whatever the client does (--client-tls, --server-tls).',
    },
    settings: {
      vsftpd: 'require_ssl_reuse=NO',
      proftpd: 'TLSOptions NoSessionReuseRequired',
    },
    clientSettings: {
      lftp: 'set ftp:ssl-copy-sid yes',
      python: 'ftplib cannot; wrap the data socket with session=self.sock.session',
    },
    signs:
      '522 or 425 that speaks of session reuse or resumption, behind a 150 and a full handshake on the data connection.',
    rules: [
      on('reply', (reply, session) =>
        reply.by === 'server' && reply.code >= 400 && SAYS_REUSE.test(reply.lines.join(' '))
          ? { confidence: 'certain', leg: 'server', evidence: [session.linkOf(reply)?.tls.server ?? null] }
          : null,
      ),
    ],
  },
];
