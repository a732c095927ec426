// Somebody speaks another protocol than FTP, or FTP where TLS is expected, or TLS where FTP is.
import type { Side } from '../../dialogue/observation.js';
import { type DiagnosisRow, on, type Rule, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

/** A client that dials the wrong port is to change; a server is what the proxy's user named. */
function spoken(side: Side, session: SessionPicture, values: Sighting['values'] = {}): Sighting {
  const fault = side === 'client' || !session.isRelayed ? 'client' : 'proxy';
  return { confidence: 'certain', leg: side, fault, values: { who: side, ...values } };
}

/** That side's first bytes were recognised. */
function speaks(protocol: string, only?: Side): Rule {
  return on('violation', (it, session) =>
    it.code === 'not-ftp' && it.protocol === protocol && (only ?? it.side) === it.side
      ? spoken(it.side, session)
      : null,
  );
}

/** Where a server has greeted before, a capture shows what the client says as commands. */
function clientSays(words: RegExp): Rule {
  return on('command', (it, session) =>
    it.number === 1 && it.by !== 'proxy' && words.test(it.line.slice(0, 500)) ? spoken('client', session) : null,
  );
}

const IMPLICIT_PORT = 990;

/** The proxy or the client has asked for TLS by AUTH, so that neither side waits for it from the first byte. */
const askedForTls = ({ said, newestExchange }: SessionPicture) =>
  said.has('AUTH') || newestExchange?.command.verb === 'AUTH';

export const WRONG_PROTOCOL: readonly DiagnosisRow[] = [
  {
    id: 'ssh-on-ftp-port',
    severity: 'error',
    fault: 'client',
    title: 'the {who|client} speaks SSH (SFTP), not FTP',
    cause:
      'SFTP is a part of SSH, and has nothing in common with FTP but the name: one of the two is set up for the other.',
    fix: {
      client: 'Choose FTP in the client, or SFTP with the port of the SSH server (22).',
      server: 'If users want SFTP, send them to the SSH server.',
      proxy:
        'If it is the server that speaks SSH, name its FTP port: ftpscope proxy ftp://HOST:21. SFTP is not relayed.',
    },
    signs: 'A first line that begins with SSH-2.0-, from either side.',
    rules: [speaks('SSH'), clientSays(/^SSH-\d/i)],
  },
  {
    id: 'http-on-ftp-port',
    severity: 'error',
    fault: 'client',
    title: 'the {who|client} speaks HTTP, not FTP',
    cause:
      'A browser, a health check, a scanner, or a client with the FTP port set as its HTTP proxy; or the port of a web server given as that of an FTP server.',
    fix: {
      client: 'Use the port of the web server; in a client that has an HTTP proxy set, remove it.',
      network: 'Let the load balancer check that the port accepts connections (TCP), or expect 220.',
      proxy: 'If it is the server that speaks HTTP, name its FTP port: ftpscope proxy ftp://HOST:21.',
    },
    signs: 'A first line such as GET / HTTP/1.1 from the client, or HTTP/1.1 400 from the server.',
    rules: [speaks('HTTP'), clientSays(/^(?:GET|HEAD|POST|PUT|CONNECT|OPTIONS) \S{1,300} HTTP\/\d/)],
  },
  {
    id: 'tls-clienthello-on-plain-port',
    severity: 'error',
    fault: 'client',
    title: 'the client begins with TLS on a port for plain FTP and AUTH TLS',
    cause: 'The client is set to implicit FTPS (ftps://), which speaks TLS from the first byte, usually on port 990.',
    fix: {
      client: 'Choose explicit FTPS (FTPES, AUTH TLS), or the port for implicit FTPS (990).',
      proxy: 'Add a port for implicit FTPS: ftpscope proxy ftp://HOST --listen ftps://127.0.0.1:2990',
    },
    clientSettings: {
      curl: 'ftp:// with --ssl-reqd, not ftps://',
      lftp: 'ftp:// with set ftp:ssl-force true, not ftps://',
      filezilla: 'Encryption: Require explicit FTP over TLS',
      winscp: 'Encryption: TLS/SSL Explicit encryption',
      python: 'FTP_TLS() speaks explicit FTPS, and needs no change of the socket',
    },
    signs: 'The first bytes of the client are 16 03: a TLS ClientHello in the place of USER.',
    rules: [speaks('TLS', 'client')],
  },
  {
    id: 'plain-client-on-implicit-port',
    severity: 'error',
    fault: 'client',
    title: 'plain FTP on a port for implicit FTPS: {what|the client waits for a greeting, the server for TLS}',
    cause:
      'Implicit FTPS (port 990) begins with TLS. A plain client waits for the greeting, the server waits for TLS, and both are silent until one gives up.',
    fix: {
      client: 'Choose implicit FTPS, or the port for FTP (21).',
      proxy: 'If it is the server that waits for TLS, say so: ftpscope proxy ftps://HOST:990',
    },
    clientSettings: {
      curl: 'ftps://',
      lftp: 'ftps://',
      filezilla: 'Encryption: Require implicit FTP over TLS',
      winscp: 'Encryption: TLS/SSL Implicit encryption',
    },
    signs: 'Silence, or a line in the place of a ClientHello, on a port where the other side waits for TLS.',
    rules: [
      on('tls', (it, session) =>
        it.side === 'client' &&
        it.leg === 'control' &&
        (it.fault === 'not-tls' || it.fault === 'not-begun') &&
        !askedForTls(session)
          ? { confidence: 'certain', leg: 'client', values: { what: 'the client does not begin with TLS' } }
          : null,
      ),
      on('session-closed', ({ cause, by }, session) =>
        cause === 'no-greeting' &&
        by === 'server' &&
        session.opened?.server?.port === IMPLICIT_PORT &&
        !session.tls.server
          ? {
              ...{ confidence: 'likely', leg: 'server', fault: session.isRelayed ? 'proxy' : 'client' },
              values: { what: 'the server at port 990 does not greet, and waits for TLS' },
            }
          : null,
      ),
      on('violation', ({ code, side, protocol }, session) =>
        code === 'not-ftp' && protocol === 'TLS' && side === 'server'
          ? { ...spoken('server', session), values: { what: 'the server speaks TLS from the first byte' } }
          : null,
      ),
    ],
  },
  {
    id: 'plain-server-on-implicit-port',
    severity: 'error',
    fault: 'proxy',
    title: 'the server speaks plain FTP where implicit FTPS was expected{said|}',
    cause: 'The server was asked for TLS from the first byte, and its port is one for plain FTP and AUTH TLS.',
    fix: {
      proxy:
        'Name the server with ftp:// in the place of ftps://, and with --server-tls require if its side is to be encrypted: ftpscope proxy ftp://HOST --server-tls require',
      client: 'Without the proxy: choose explicit FTPS (AUTH TLS) for this port.',
    },
    signs: 'A 220 in the clear in answer to a ClientHello.',
    rules: [
      on('tls', (it, session) =>
        it.side === 'server' && it.leg === 'control' && it.fault === 'not-tls' && !askedForTls(session)
          ? {
              ...{ confidence: 'certain', leg: 'server' },
              values: { said: it.said === undefined ? '' : `: ${it.said.slice(0, 60)}` },
            }
          : null,
      ),
    ],
  },
  {
    id: 'upstream-not-ftp',
    severity: 'error',
    fault: 'proxy',
    title: 'the server speaks {protocol|another protocol}, not FTP',
    cause: 'The host or the port is that of another service.',
    fix: {
      client: 'Use the host and the port of the FTP server.',
      proxy: 'Name the host and port of the FTP server: ftpscope proxy ftp://HOST:21',
    },
    signs: 'A greeting that is no 220 of FTP: +OK, * OK, RFB 003, or 220 ... ESMTP.',
    rules: [
      on('violation', (it, session) =>
        it.code === 'not-ftp' && it.side === 'server' && !OWN_ROWS.has(it.protocol ?? '')
          ? spoken('server', session, it.protocol === undefined ? {} : { protocol: it.protocol })
          : null,
      ),
      on('reply', (it, session) =>
        it === session.greeting && it.by === 'server' && /^220[ -]\S{1,255} (?:ESMTP|LMTP)\b/.test(it.lines[0] ?? '')
          ? { ...spoken('server', session, { protocol: 'SMTP' }), confidence: 'likely' }
          : null,
      ),
    ],
  },
];

/** Protocols with a row of their own. */
const OWN_ROWS: ReadonlySet<string> = new Set(['SSH', 'HTTP', 'TLS']);
