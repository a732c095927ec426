// TLS sessions that have to be resumed on data connections (RFC 4217 section 12; the servers' own demand).
import type { ReplySeen } from '../../dialogue/observation.js';
import type { LinkPicture } from '../link-picture.js';
import type { ServerKind } from '../peers.js';
import { type DiagnosisRow, on, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const SAYS_REUSE =
  /session reuse required|session (?:of data connection )?(?:has |was )?not (?:been )?resumed|must use cached TLS session|(?:session )?resumption (?:is )?required/i;
/** ProFTPD's words for it, and for nothing else where the connection was made and encrypted. */
const PROFTPD_SAYS = /^425 Unable to build data connection: Operation not permitted/;

/** Those that demand it unless they are told not to. */
const DEMANDING: ReadonlySet<ServerKind> = new Set<ServerKind>(['vsftpd', 'proftpd', 'filezilla']);

/** The server refuses a data connection, as its TLS session is a new one. */
function refusesNewSession(reply: ReplySeen, session: SessionPicture): boolean {
  if (reply.by !== 'server' || reply.code < 400) return false;
  const text = reply.lines.join(' ').slice(0, 500);
  if (SAYS_REUSE.test(text)) return true;
  const tls = session.linkOf(reply)?.tls.server;
  return PROFTPD_SAYS.test(text) && tls !== undefined && tls.failure === null && !tls.resumed;
}

function resumedBefore(session: SessionPicture, link: LinkPicture | null, side: 'client' | 'server'): boolean {
  return session.allLinks.some((one) => one !== link && one.tls[side]?.resumed === true);
}

/** On the server's leg the proxy is the one who resumes; in a capture the client is. */
function refused(reply: ReplySeen, session: SessionPicture) {
  if (!refusesNewSession(reply, session)) return null;
  const link = session.linkOf(reply);
  const tls = link?.tls.server ?? null;
  return {
    wasLost: resumedBefore(session, link, 'server'),
    offered: tls?.offersSession === true && !tls.resumed,
    sighting: {
      confidence: 'certain',
      leg: 'server',
      fault: session.isRelayed ? 'proxy' : 'client',
      evidence: [tls],
    } satisfies Sighting,
  };
}

const NOT_REQUIRED = {
  vsftpd: 'require_ssl_reuse=NO',
  proftpd: 'TLSOptions NoSessionReuseRequired',
} as const;

const CLIENT_RESUMES = {
  lftp: 'set ftp:ssl-copy-sid yes',
  python:
    'ftplib cannot; in a subclass of FTP_TLS, wrap the data socket in ntransfercmd() with session=self.sock.session',
} as const;

export const TLS_RESUMPTION: readonly DiagnosisRow[] = [
  {
    id: 'tls-session-reuse-lost',
    severity: 'error',
    fault: 'client',
    title: 'a data connection did not resume the TLS session, as earlier ones of this session did',
    cause:
      'Tickets of TLS 1.3 are used up by clients that take each for once and keep no newer ones; or the server has forgotten the session, as OpenSSL does after 300 s.',
    fix: {
      client: 'Keep the newest ticket of the control and of the data connections, or limit the client to TLS 1.2.',
      server: 'Let sessions live as long as transfers take.',
      proxy:
        'Let the proxy encrypt its own leg, which keeps the newest ticket: ftpscope proxy ftp://HOST (--tls inspect, the default)',
    },
    settings: {
      vsftpd: 'require_ssl_reuse=NO, if it cannot be helped',
      proftpd:
        'TLSSessionCache with a longer timeout (mod_tls_shmcache); TLSOptions NoSessionReuseRequired, if it cannot be helped',
    },
    signs: '522 or 425 that speaks of session reuse, behind data connections that were resumed.',
    rules: [
      on('reply', (reply, session) => {
        const found = refused(reply, session);
        return found?.wasLost ? found.sighting : null;
      }),
    ],
  },
  {
    id: 'proxy-runtime-cannot-resume',
    severity: 'error',
    fault: 'proxy',
    title: 'the proxy offered the server a TLS session to resume, and none was resumed',
    cause:
      'Some versions of Node.js do not resume sessions over a connection that stands already; or the server takes back none of the sessions that it gives out.',
    fix: {
      proxy: 'Run ftpscope with another version of Node.js (20, or the newest of 22 and 24), and report it.',
      server: 'Or do without the proof of resumption, which is less safe.',
    },
    settings: NOT_REQUIRED,
    signs: 'A full handshake on each data connection of the proxy, though it offered a session; then 522 or 425.',
    rules: [
      on('reply', (reply, session) => {
        const found = refused(reply, session);
        if (found === null || found.wasLost || !found.offered || !session.isRelayed) return null;
        return { ...found.sighting, confidence: 'likely' };
      }),
    ],
  },
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
        'Let the proxy encrypt its own leg: it resumes towards the server, whatever the client does: ftpscope proxy ftp://HOST (--tls inspect, the default; without --require-data-resumption)',
    },
    settings: NOT_REQUIRED,
    clientSettings: CLIENT_RESUMES,
    signs:
      '522 or 425 that speaks of session reuse or resumption, behind a 150 and a full handshake on the data connection.',
    rules: [
      on('reply', (reply, session) => {
        const found = refused(reply, session);
        return found === null || found.wasLost || (found.offered && session.isRelayed) ? null : found.sighting;
      }),
      // --require-data-resumption
      on('reply', (reply, session) => {
        if (reply.by !== 'proxy' || reply.code !== 522) return null;
        const tls = session.linkOf(reply)?.tls.client;
        return tls === undefined || tls.resumed || tls.failure !== null
          ? null
          : { confidence: 'certain', leg: 'client', evidence: [tls] };
      }),
    ],
  },
  {
    id: 'tls-client-never-resumes',
    severity: 'note',
    fault: 'client',
    title: 'the client makes a new TLS session for each data connection{refuses|}',
    cause:
      'vsftpd, ProFTPD and FileZilla Server refuse such data connections unless they are told otherwise (522, 425).',
    fix: {
      client: 'Resume the session of the control connection on data connections.',
      server: 'Or do without that proof, which is less safe.',
      proxy: 'Nothing to do: the proxy resumes towards the server, whatever the client does.',
    },
    settings: NOT_REQUIRED,
    clientSettings: CLIENT_RESUMES,
    signs: 'Each data handshake of the client is a full one, though it was given a session to resume.',
    rules: [
      on('link-closed', (closed, session) => {
        const link = session.linkOf(closed);
        const side = session.isRelayed ? 'client' : 'server';
        const own = link?.tls[side];
        if (closed.outcome !== 'complete' || own === undefined || own.resumed || own.failure !== null) return null;
        if (session.tls[side] === undefined || resumedBefore(session, link, side)) return null;
        const { serverKind } = session;
        const isMended = serverKind !== null && DEMANDING.has(serverKind) && link?.tls.server?.resumed === true;
        return {
          ...{ confidence: isMended ? 'likely' : 'certain', leg: 'client', evidence: [own] },
          ...(isMended && session.isRelayed
            ? {
                ...{ severity: 'warning', mended: true },
                values: { refuses: ', which this server refuses unless it is told otherwise' },
              }
            : {}),
        };
      }),
    ],
  },
];
