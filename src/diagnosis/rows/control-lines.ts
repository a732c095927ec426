// Lines of control connections that are too long, unfinished, or end in another way than FTP's.
import { type DiagnosisRow, on } from '../row.js';
import { headline, refusal } from '../said.js';

export const CONTROL_LINES: readonly DiagnosisRow[] = [
  {
    id: 'line-too-long',
    severity: 'error',
    fault: 'client',
    title: 'the {who|client} sent a line that is too long{reply|}',
    cause: 'Servers take lines of 512 to 4096 bytes, paths included.',
    fix: {
      client: 'Go to the folder with CWD, step by step, and use short names.',
      proxy: 'The limit of the proxy is --max-line (16KiB).',
    },
    signs: '500 Input line too long. and the end of the connection.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(
          reply,
          session,
          null,
          /(?:line|command|path ?name|file ?name|name) (?:is )?too long/i,
          500,
        );
        return refused === null ? null : { ...refused, values: { who: 'client', reply: `: ${headline(reply)}` } };
      }),
      on('violation', ({ code, side }) =>
        code === 'line-too-long' ? { confidence: 'certain', leg: side, fault: side, values: { who: side } } : null,
      ),
    ],
  },
  {
    id: 'multiline-reply-malformed',
    severity: 'error',
    fault: 'server',
    title:
      'the server begins a reply of several lines and does not end it: clients wait for its end until they give up',
    cause:
      'A reply that begins with "553-" ends with a line that begins with "553 " (RFC 959 section 4.2), which never came.',
    fix: { server: 'Update the server; look for messages and banners that it sends with a wrong code.' },
    settings: { proftpd: 'MultilineRFC2228, DisplayLogin', vsftpd: 'banner_file', pureftpd: '-F (FortunesFile)' },
    signs: 'NNN- and no line that begins with the same NNN and a space.',
    rules: [
      on('violation', ({ code, side }) =>
        code === 'unfinished-reply' && side === 'server' ? { confidence: 'likely', leg: 'server' } : null,
      ),
    ],
  },
  {
    id: 'reply-line-malformed',
    severity: 'warning',
    fault: 'server',
    title: 'the server sends a line that is no reply: {line|no code}',
    cause:
      'A reply begins with three digits, and a line inside a reply belongs to it. Clients stop at anything else, or wait for more.',
    fix: { server: 'Update the server; look for scripts and banners that write to its connection.' },
    signs: 'A line without a code, outside of a reply of several lines.',
    rules: [
      on('noise', ({ from, what, line }, session) =>
        from === 'server' && what === 'line' && line.trim() !== '' && session.greeting !== null
          ? { confidence: 'certain', leg: 'server', values: { line } }
          : null,
      ),
    ],
  },
  {
    id: 'reply-line-ending',
    severity: 'note',
    fault: 'server',
    title: 'the server ends lines with {end|LF} alone, where CR LF is due',
    cause: 'RFC 959 section 5.3 has CR LF. Strict clients wait for it.',
    fix: { server: 'Update the server.', client: 'Take LF for the end of a line, too.' },
    signs: 'Replies whose lines end in LF or CR alone.',
    rules: [
      on('reply', ({ by, ends }) =>
        by === 'server' && ends !== undefined && ends.some((end) => end === '\n' || end === '\r')
          ? { confidence: 'certain', leg: 'server', values: { end: ends.includes('\n') ? 'LF' : 'CR' } }
          : null,
      ),
    ],
  },
  {
    id: 'command-bare-lf',
    severity: 'note',
    fault: 'client',
    title: 'the client ends lines with LF alone, where CR LF is due: strict servers wait for the CR without a word',
    cause: 'RFC 959 section 5.3 has CR LF. Commands typed into telnet or nc, and simple programs, end so.',
    fix: { client: 'End each command with CR LF (nc -C, telnet in its line mode).' },
    signs: 'Commands that end with LF alone.',
    rules: [
      on('violation', ({ code, side }) =>
        code === 'bare-line-feed' && side === 'client' ? { confidence: 'certain', leg: 'client' } : null,
      ),
    ],
  },
];
