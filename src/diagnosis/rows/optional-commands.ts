// Commands that a server need not know, and clients that stop when it does not.
import { type DiagnosisRow, on } from '../row.js';
import { headline, refusal } from '../said.js';

/** Asked to find out what there is; whoever asks has to live with a no. */
const OPTIONAL = ['FEAT', 'SYST', 'OPTS', 'CLNT', 'HOST', 'LANG', 'STRU', 'XPWD', 'ALLO'];
const UNKNOWN = [500, 501, 502, 504];

export const OPTIONAL_COMMANDS: readonly DiagnosisRow[] = [
  {
    id: 'optional-command-fatal',
    severity: 'warning',
    fault: 'client',
    title: 'the client stops after the server has refused {command|FEAT}, which is optional: {reply|500}',
    cause: 'Servers need not know this command; a client that takes the refusal for a failure cannot work with them.',
    fix: { client: 'Go on without it.', server: 'Update the server, so that it knows the command.' },
    signs: '500, 501, 502 or 504 to FEAT, SYST, OPTS, CLNT, HOST, LANG, STRU or XPWD as the last thing of a session.',
    rules: [
      on('session-closed', ({ by }, session) => {
        if (by !== 'client' || session.completeTransfers > 0) return null;
        const last = session.allExchanges.findLast(({ command }) => command.verb !== 'QUIT' && command.by !== 'proxy');
        const reply = last?.replies.at(-1);
        if (last === undefined || reply === undefined || !UNKNOWN.includes(reply.code) || reply.by !== 'server')
          return null;
        if (!OPTIONAL.includes(last.command.verb)) return null;
        const values = { command: last.command.line, reply: headline(reply) };
        return { confidence: 'possible', leg: 'client', values, evidence: [last.command, reply] };
      }),
    ],
  },
  {
    id: 'host-command',
    severity: 'warning',
    fault: 'client',
    title: 'the server does not have the host that the client names: {command|HOST}, {reply|504}',
    cause: 'HOST chooses one of several sites of a server (RFC 7151), and this one has none of that name.',
    fix: { client: 'Connect to a name that the server has.', server: 'Add the name.' },
    settings: { proftpd: 'ServerAlias in the <VirtualHost>', iis: 'the "Host name" of the FTP site\'s binding' },
    signs: '504 in answer to HOST.',
    rules: [on('reply', (reply, session) => (reply.code === 504 ? refusal(reply, session, ['HOST'], null) : null))],
  },
  {
    id: 'allo-required-or-refused',
    severity: 'note',
    fault: 'server',
    title: 'the server refuses ALLO: {reply|504}',
    cause: 'ALLO announces the size of an upload. Most servers need no such thing, and answer 200 or 202.',
    fix: { client: 'Go on without it.' },
    signs: '5yz other than 552 in answer to ALLO.',
    rules: [
      on('reply', (reply, session) => {
        if (reply.code === 552 || reply.code === 530) return null;
        return refusal(reply, session, ['ALLO'], null, 500);
      }),
    ],
  },
  {
    id: 'site-unsupported',
    severity: 'note',
    fault: 'server',
    title: 'the server does not do {command|SITE}: {reply|500}',
    cause: 'What SITE can do differs from server to server; rights and times of files may not be kept.',
    fix: { client: 'Go on without it.', server: 'Allow it, where it is wanted.' },
    settings: { vsftpd: 'chmod_enable=YES', proftpd: '<Limit SITE_CHMOD>', pureftpd: 'without -R (NoChmod)' },
    signs: '5yz in answer to SITE.',
    rules: [
      on('reply', (reply, session) => {
        const refused =
          UNKNOWN.includes(reply.code) || reply.code === 550 ? refusal(reply, session, ['SITE'], null) : null;
        // Its own row says so.
        return refused === null || /^550 (?:Permission denied\.|Not enough privileges\.)$/.test(headline(reply))
          ? null
          : refused;
      }),
    ],
  },
  {
    id: 'utf8-opts-refused',
    severity: 'note',
    fault: 'server',
    title: 'the server refuses {command|OPTS UTF8 ON}: {reply|501}',
    cause: 'The server knows no UTF-8, or speaks it without being asked. Names beyond ASCII may look wrong.',
    fix: { client: 'Go on without it.' },
    signs: '5yz in answer to OPTS UTF8 ON.',
    rules: [
      on('reply', (reply, session) => {
        const refused = reply.code === 530 ? null : refusal(reply, session, ['OPTS'], null, 500);
        return refused !== null && /^UTF-?8/i.test(String(refused.values?.['path'])) ? refused : null;
      }),
    ],
  },
  {
    id: 'mdtm-set-misuse',
    severity: 'warning',
    fault: 'client',
    title:
      'the client wants to set the time of a file with {command|MDTM 20200101000000 name}, which the server takes for a name: {reply|550}',
    cause: 'MDTM asks for the time of a file (RFC 3659); that it can set it, too, is an extension of a few servers.',
    fix: { client: 'Use MFMT where FEAT lists it.' },
    settings: { vsftpd: 'mdtm_write=YES' },
    signs: '5yz in answer to MDTM with a time in front of the name.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, ['MDTM'], null, 500);
        return refused !== null && /^\d{14} ./.test(String(refused.values?.['path'])) ? refused : null;
      }),
    ],
  },
];
