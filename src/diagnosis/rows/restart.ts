// Transfers that are to go on where they ended: REST and APPE.
import type { LinkClosed } from '../../dialogue/observation.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import { headline, refusal, wordsOf } from '../said.js';

/** A download behind REST, of a file whose size is known: where it was to begin, and how long the file is. */
function restarted({ stated, outcome, cause }: LinkClosed): { readonly from: number; readonly size: number } | null {
  if (stated?.from === undefined || outcome !== 'complete' || cause !== null) return null;
  return { from: stated.from, size: stated.bytes };
}

export const RESTART: readonly DiagnosisRow[] = [
  {
    id: 'rest-out-of-range',
    severity: 'error',
    fault: 'client',
    title: 'the transfer is to begin at byte {from|n}, which the server {refuses|does not have}: {reply|554}',
    cause:
      'The file of the client is longer than that of the server, or the offset does not fit into the 32 bits of an old server.',
    fix: {
      client: 'Compare sizes before resuming, and begin anew where the files differ.',
      server: 'Update a server that knows no offset above 2 GiB.',
    },
    signs:
      '554 in answer to REST or to the transfer behind it; 350 that names another offset; REST beyond the size that SIZE gave.',
    rules: [
      on('reply', (reply, session) => {
        const words =
          /^554 |too large|out of range|beyond|invalid (?:rest|restart|argument|seek|offset)|past (?:the )?end|exceeds|larger than/i;
        const refused = refusal(reply, session, ['REST', 'RETR', 'STOR', 'APPE'], words, 500);
        const from = refused?.values?.['verb'] === 'REST' ? refused.values['path'] : session.newestRestart;
        if (refused === null || from === null || from === undefined || Number(from) === 0) return null;
        return { ...refused, values: { ...refused.values, from, refuses: 'refuses' } };
      }),
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (reply.by !== 'server' || reply.code !== 350 || command?.verb !== 'REST') return null;
        const given = /(?:restart|position|offset|starting)[a-z ]{0,24}\b(\d{1,20})\b/i.exec(wordsOf(reply))?.[1];
        const wanted = Number(command.argument);
        if (given === undefined || !/^\d+$/.test(command.argument) || Number(given) === wanted) return null;
        const values = { from: command.argument, refuses: `takes for ${given}`, reply: headline(reply) };
        return { confidence: 'certain', leg: 'server', fault: 'server', values, evidence: [command] };
      }),
      on('link-closed', (closed) => {
        const { from, size } = restarted(closed) ?? {};
        if (from === undefined || size === undefined || from <= size) return null;
        const values = { from, refuses: 'does not have', reply: `the file has ${size} bytes` };
        return { confidence: 'likely', leg: 'server', values };
      }),
    ],
  },
  {
    id: 'rest-lost',
    severity: 'error',
    fault: 'server',
    title: 'the server sent {path|the file} from its beginning, though it had agreed to begin at byte {from|n}',
    cause:
      'The server forgot REST before the transfer: RFC 3659 section 5.3 wants REST directly in front of it{between|}. What the client has now is too long, and wrong.',
    fix: {
      client: 'Send PASV or PORT first, then REST, then the transfer; download the file again.',
      server: 'Update the server.',
    },
    signs: 'REST with 350, and a download with as many bytes as SIZE had named for the whole file.',
    rules: [
      on('link-closed', (closed, session) => {
        const { from, size } = restarted(closed) ?? {};
        if (from === undefined || size === undefined || from === 0 || from > size) return null;
        if (closed.bytes !== size || session.type !== 'I' || session.mode !== 'S') return null;
        const commands = session.allExchanges.map(({ command }) => command);
        const rest = commands.findLast(({ verb }) => verb === 'REST');
        const transfer = session.link(closed.link)?.transfer;
        const betweenThem = commands.filter(
          ({ number }) => number > (rest?.number ?? 0) && number < (transfer?.number ?? 0),
        );
        const between =
          betweenThem.length === 0 ? '' : `, and ${betweenThem.map(({ verb }) => verb).join(', ')} came between them`;
        return {
          confidence: 'certain',
          leg: 'server',
          link: closed.link,
          values: { path: closed.path ?? 'the file', from, between },
          evidence: [rest ?? null, transfer ?? null],
        };
      }),
    ],
  },
  {
    id: 'resume-append-mismatch',
    severity: 'warning',
    fault: 'client',
    title: 'the client sends REST {from|n} before APPE: servers differ in what that means',
    cause:
      'APPE writes behind the end of the file, and REST names another place. Some servers obey the one, some the other, and some add both up.',
    fix: { client: 'Resume uploads with REST and STOR, or with APPE alone, in TYPE I.' },
    signs: 'REST with 350, and then APPE.',
    rules: [
      on('command', ({ verb }, session) =>
        verb === 'APPE' && session.restartAt !== null && session.restartAt > 0
          ? { confidence: 'certain', leg: 'client', values: { from: session.restartAt } }
          : null,
      ),
    ],
  },
  {
    id: 'resume-not-permitted',
    severity: 'error',
    fault: 'server',
    title: 'the server does not let transfers be resumed: {command|REST}, {reply|451}',
    cause:
      'Resuming is switched off, for uploads mostly, or not built in; or it is refused as long as the type is ASCII.',
    fix: { client: 'Send TYPE I before REST; otherwise transfer the file from its beginning.', server: 'Allow it.' },
    settings: {
      proftpd: 'AllowStoreRestart on, AllowRetrieveRestart on; HiddenStores off',
      pureftpd: 'without -K (KeepAllFiles)',
      vsftpd: 'TYPE I before REST where ascii_upload_enable or ascii_download_enable is YES',
    },
    clientSettings: { lftp: 'set ftp:rest-stor no', curl: 'without -C' },
    signs: '451 that speaks of append or restart, 5yz in answer to REST.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const refused = refusal(reply, session, ['STOR', 'APPE', 'RETR'], /restart|resum|append/i);
        return refused !== null && !/prohibited file ?name/i.test(wordsOf(reply)) ? refused : null;
      }),
      symptomOn('reply', (reply, session) => {
        const refused = refusal(reply, session, ['REST'], null, 500);
        if (refused === null || reply.code === 530 || reply.code === 503 || Number(refused.values?.['path']) === 0)
          return null;
        return { ...refused, severity: 'warning' };
      }),
    ],
  },
];
