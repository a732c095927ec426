// Who has to encrypt data connections: PBSZ, PROT and CCC, as servers demand or refuse them.
import { verbFacts } from '../../protocol/verbs.js';
import { clientEncrypts, firstLineOf, refusalIn, serverEncrypts } from '../encryption-rules.js';
import { type DiagnosisRow, on } from '../row.js';

const WANTS_PROTECTED_DATA =
  /data connections must be encrypted|SSL\/TLS required on the data|with this PROT setting|PROT P (?:is )?required|requires? protected data|policy requires SSL|data channel .{0,40}(?:must be|required).{0,20}(?:encrypt|protect)/i;

export const TLS_PROTECTION: readonly DiagnosisRow[] = [
  {
    id: 'tls-prot-missing',
    severity: 'error',
    fault: 'client',
    title: 'the server wants the data connections to be encrypted, too: {reply|522}',
    cause:
      'The client encrypts the control connection and said no PROT P, as happens with implicit FTPS, or said PROT C.',
    fix: {
      client: 'Send PBSZ 0 and PROT P behind the login, and again behind another AUTH.',
      server: 'Or accept data in the clear.',
      proxy: 'Let the proxy say them to the server: ftpscope proxy ftp://HOST --server-tls require',
    },
    settings: {
      vsftpd: 'force_local_data_ssl=NO (force_anon_data_ssl=NO for anonymous)',
      proftpd: 'TLSRequired ctrl',
      pureftpd: '-Y 2 in the place of -Y 3 (TLS 2)',
      pyftpdlib: 'handler.tls_data_required = False',
      iis: 'FTP SSL Settings, data channel "Allow"',
    },
    clientSettings: {
      curl: '--ssl-reqd, without --ftp-ssl-control',
      lftp: 'set ftp:ssl-protect-data yes',
      python: 'FTP_TLS.prot_p() behind login()',
    },
    signs: '522, 521, 425 or 534 to a transfer or to its PASV, on an encrypted session without PROT P.',
    rules: [
      on('reply', (reply, session) => {
        if (!WANTS_PROTECTED_DATA.test(refusalIn(reply)) || !serverEncrypts(session)) return null;
        const facts = verbFacts(session.commandOf(reply)?.verb ?? '');
        if (facts?.transfer === undefined && facts?.announces === undefined) return null;
        return { confidence: 'certain', leg: 'server', values: { reply: firstLineOf(reply) } };
      }),
    ],
  },
  {
    id: 'tls-prot-before-pbsz',
    severity: 'warning',
    fault: 'client',
    title: 'the client sends {verb|PROT} out of order: {reply|503}',
    cause: 'The order is AUTH TLS, the handshake, PBSZ 0, PROT P (RFC 4217 sections 8 and 9).',
    fix: {
      client: 'Send PBSZ 0 behind the handshake, then PROT P.',
      proxy: 'Let the proxy say them to the server: ftpscope proxy ftp://HOST --server-tls require',
    },
    signs: '503 in answer to PROT or PBSZ.',
    rules: [
      on('reply', (reply, session) => {
        if (reply.code !== 503) return null;
        const verb = session.commandOf(reply)?.verb;
        if (verb !== 'PROT' && verb !== 'PBSZ') return null;
        const leg = reply.by === 'proxy' ? 'client' : 'server';
        return { confidence: 'certain', leg, values: { verb, reply: firstLineOf(reply) } };
      }),
    ],
  },
  {
    id: 'tls-prot-clear-refused',
    severity: 'warning',
    fault: 'client',
    title: 'the {who|server} refuses PROT {level|C}: {reply|534}',
    cause:
      'Client and server do not agree on whether data connections are encrypted: the one of them is set to insist on it, or on the contrary.',
    fix: {
      client: 'Ask for what the server has: PROT P where it insists on encryption, PROT C where it encrypts no data.',
      server: 'Or let the client choose.',
      proxy:
        'Let each leg have its own: ftpscope proxy ftp://HOST --server-tls require (or auto, where the server encrypts no data)',
    },
    settings: {
      vsftpd: 'force_local_data_ssl=NO, force_anon_data_ssl=NO',
      proftpd: 'TLSRequired ctrl',
      pureftpd: '-Y 2 in the place of -Y 3 (TLS 2)',
      pyftpdlib: 'handler.tls_data_required = False',
      filezilla: 'it takes PROT P alone',
    },
    signs: '534, 536, 504 or 431 in answer to PROT.',
    rules: [
      on('reply', (reply, session) => {
        if (reply.code < 400 || reply.code === 503 || reply.code === 530) return null;
        const command = session.commandOf(reply);
        if (command?.verb !== 'PROT' || !/^[CSEP]$/i.test(command.argument) || !clientEncrypts(session)) return null;
        const { by } = reply;
        const values = { who: by, level: command.argument.toUpperCase(), reply: firstLineOf(reply) };
        const fault = command.by === 'proxy' ? 'server' : 'client';
        return { confidence: 'certain', leg: by === 'proxy' ? 'client' : 'server', fault, values };
      }),
    ],
  },
  {
    id: 'tls-data-mode-mismatch',
    severity: 'error',
    fault: 'server',
    title: 'PROT P was agreed on, and the {who|server} does not encrypt data connection {number|1}',
    cause:
      'One side passed over PROT: a server of implicit FTPS that never heard of it, or a client that sends PROT P and opens a plain connection.',
    fix: {
      client: 'Say PROT as it is meant: PROT P and a TLS handshake, or PROT C and none.',
      server: 'Encrypt data connections behind PROT P.',
      proxy:
        'Where the server encrypts no data, let the proxy encrypt for the client alone: ftpscope proxy ftp://HOST --server-tls off',
    },
    signs: 'The first bytes of a data connection are no TLS record (16 03) behind PROT P.',
    rules: [
      on('tls', (it) =>
        it.leg === 'data' && it.fault === 'not-tls'
          ? { confidence: 'certain', leg: it.side, fault: it.side, values: { who: it.side, number: it.link ?? 0 } }
          : null,
      ),
    ],
  },
  {
    id: 'tls-ccc-used',
    severity: 'note',
    fault: 'client',
    title: 'the client asks to go on in the clear (CCC): {reply|200}',
    cause:
      'Behind CCC the commands can be read, and changed, by everybody on the way. It was meant for firewalls that have to see the ports; many servers refuse it, and ProFTPD stops to ask for resumed sessions.',
    fix: {
      client: 'Do without CCC: passive mode with a range of ports that is open works without a firewall that reads them.',
      network: 'Open the passive ports of the server.',
    },
    signs: 'CCC, answered with 200; or 533, 534 or 502 where it is refused.',
    rules: [
      on('reply', (reply, session) =>
        session.commandOf(reply)?.verb === 'CCC'
          ? { confidence: 'certain', leg: 'client', values: { reply: firstLineOf(reply) } }
          : null,
      ),
    ],
  },
];
