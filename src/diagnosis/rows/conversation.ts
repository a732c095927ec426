// The order of commands and replies: what comes twice, too early or never, and lines that are none.
import type { CommandSeen } from '../../dialogue/observation.js';
import { verbFacts } from '../../protocol/verbs.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import { headline, refusal } from '../said.js';
import type { ExchangePicture, SessionPicture } from '../session-picture.js';

/** The final reply of the server; null while there is none, or none but the proxy's. */
function finalOf({ replies }: ExchangePicture) {
  return replies.findLast(({ by, preliminary }) => by === 'server' && !preliminary) ?? null;
}

/** Commands of the client that the server has not answered, the oldest first. */
function unanswered(session: SessionPicture): readonly ExchangePicture[] {
  return session.allExchanges.filter((one) => one.command.by === undefined && finalOf(one) === null);
}

/** What has to be said before it, as people say it. */
const PREDECESSORS: Readonly<Record<string, string>> = {
  RNTO: 'RNFR, which names the file to be renamed',
  PASS: 'USER',
  ACCT: 'USER and PASS',
  REST: 'the login, or TYPE I',
};

/** Most need no connection of their own and little time, so that clients say them while a transfer runs. */
function isSmallTalk({ verb }: CommandSeen): boolean {
  const facts = verbFacts(verb);
  return (
    facts?.transfer === undefined &&
    facts?.announces === undefined &&
    verb !== 'ABOR' &&
    verb !== 'QUIT' &&
    verb !== 'STAT'
  );
}

export const CONVERSATION: readonly DiagnosisRow[] = [
  {
    id: 'abor-mishandled',
    severity: 'warning',
    fault: 'server',
    title: 'the server does not abort transfers as the client asks it to: {reply|no reply to ABOR}',
    cause:
      'ABOR is answered with 426 for the transfer and 226 for itself (RFC 959 section 4.1.3); some servers do not know it, or say nothing.',
    fix: {
      client: 'To break a transfer off, close the data connection, and the session where the server does not recover.',
      server: 'Update the server.',
    },
    settings: { vsftpd: 'async_abor_enable=YES' },
    signs: '500 or 502 in answer to ABOR, or none while later commands are answered.',
    rules: [
      on('reply', (reply, session) => {
        const isUnknown = reply.code === 500 || reply.code === 502;
        return isUnknown ? refusal(reply, session, ['ABOR'], null) : null;
      }),
      on('session-closed', (_closed, session) => {
        const abor = session.allExchanges.find(
          ({ command, replies }) => command.verb === 'ABOR' && replies.length === 0,
        );
        if (abor === undefined) return null;
        const { number, at } = abor.command;
        // Its answer may have been taken for the transfer's: the last one stands for both.
        const isAnswered = session.allExchanges.some(
          ({ command, replies }) => command.number < number && (replies.at(-1)?.at ?? 0) >= at,
        );
        if (isAnswered) return null;
        const later = session.allExchanges.find((one) => one.command.number > number && finalOf(one) !== null);
        return later === undefined ? null : { confidence: 'likely', leg: 'server', evidence: [abor.command] };
      }),
    ],
  },
  {
    id: 'reply-desync',
    severity: 'warning',
    fault: 'server',
    title:
      'the server sent a reply that no command asked for, {reply|a second one}: clients take it for the answer to what they say next',
    cause: 'The server answers a command twice, or late. From then on, many clients are one reply behind.',
    fix: { server: 'Update the server.', client: 'Do without the command that is answered twice; connect anew.' },
    signs: 'More replies than commands, or one that cannot answer its command: 250 to PASV, 213 to STOR.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const { unasked, greeting, said } = session;
        const command = session.commandOf(reply);
        // What is seen from its middle on, or behind an ABOR, has replies to commands that were not.
        if (unasked === null || command === null || greeting === null) return null;
        if (said.has('ABOR') || said.has('ADAT')) return null;
        // A server that says one thing more and hangs up confuses nobody.
        if (command.at < unasked.at || reply.by !== 'server' || command.by === 'proxy') return null;
        // A capture may lack what it answers.
        const certainty = session.isRelayed
          ? ({ confidence: 'likely' } as const)
          : ({ confidence: 'possible', severity: 'note' } as const);
        return {
          ...certainty,
          leg: 'server',
          values: { reply: headline(unasked) },
          evidence: [unasked, command],
        };
      }),
    ],
  },
  {
    id: 'bad-sequence',
    severity: 'warning',
    fault: 'client',
    title: 'the client says {verb|RNTO} out of order: {reply|503}',
    cause: 'The server expected {before|another command} in front of it.',
    fix: { client: 'Send the commands in the order of RFC 959, one behind the reply to the other.' },
    signs: '503 in answer to a command.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const refused = reply.code === 503 ? refusal(reply, session, Object.keys(PREDECESSORS), null) : null;
        const verb = String(refused?.values?.['verb']);
        if (refused === null) return null;
        const severity = verb === 'PASS' ? 'error' : 'warning';
        return { ...refused, severity, values: { ...refused.values, before: PREDECESSORS[verb] ?? 'another command' } };
      }),
    ],
  },
  {
    id: 'pipelining-unsafe',
    severity: 'warning',
    fault: 'client',
    title:
      'the client sent {count|several} commands without waiting for replies, and the server closed without answering them',
    cause:
      'Few servers are made for more than one command at a time: they lose what comes early, behind AUTH, PASV and REIN above all.',
    fix: { client: 'Send each command behind the reply to the one before.' },
    clientSettings: { lftp: 'set ftp:sync-mode on' },
    signs: 'More than one command without a reply at the end of a session that the server closed.',
    rules: [
      symptomOn('session-closed', ({ by, cause }, session) => {
        if (by !== 'server' || (cause !== 'closed' && cause !== 'lost')) return null;
        const open = unanswered(session).filter(({ command }) => command.verb !== 'QUIT' && command.verb !== 'ABOR');
        if (open.length < 2 || session.newestReply?.code === 421) return null;
        const values = { count: open.length };
        return {
          confidence: 'possible',
          leg: 'client',
          values,
          evidence: open.slice(0, 2).map(({ command }) => command),
        };
      }),
    ],
  },
  {
    id: 'control-closed-without-reply',
    severity: 'error',
    fault: 'server',
    title: 'the server closed the connection in place of an answer to {verb|a command}',
    cause:
      'The server crashed, or it, or a firewall between, ends sessions that it does not like: for their number, their rate, or a command.',
    fix: {
      server: 'Look into its log, and into the log of the system for a crash.',
      network: 'Look for limits of connections and for intrusion prevention on the way.',
      client: 'Open fewer sessions, and wait between them.',
    },
    signs: 'The end of the control connection, by FIN or reset, while a command waits for its reply; no 421 before.',
    rules: [
      symptomOn('session-closed', ({ by, cause }, session) => {
        if (by !== 'server' || (cause !== 'closed' && cause !== 'lost')) return null;
        const open = unanswered(session).at(-1);
        const isNewest = open !== undefined && open.command.number === session.newestExchange?.command.number;
        if (!isNewest || ['QUIT', 'ABOR', 'AUTH'].includes(open.command.verb)) return null;
        // A transfer has rows of its own; behind a 421 the server has said why.
        if (verbFacts(open.command.verb)?.transfer !== undefined) return null;
        if (session.newestReply?.by === 'server' && session.newestReply.code === 421) return null;
        const how = cause === 'lost' ? 'likely' : 'certain';
        return {
          confidence: how,
          leg: 'server',
          fault: 'unknown',
          values: { verb: open.command.verb },
          evidence: [open.command],
        };
      }),
    ],
  },
  {
    id: 'final-reply-nonstandard',
    severity: 'note',
    fault: 'server',
    title: 'the server ends a transfer with {reply|200} in place of 226, which some clients do not understand',
    cause: 'RFC 959 section 5.4 has 125 or 150 before the data, and 226 or 250 behind it.',
    fix: { client: 'Take any 2yz for the end of a transfer.', server: 'Update the server.' },
    signs: 'Another 2yz than 226 and 250 in answer to a transfer.',
    rules: [
      on('reply', (reply, session) => {
        const exchange = session.exchangeOf(reply);
        const isTransfer = exchange !== null && verbFacts(exchange.command.verb)?.transfer !== undefined;
        if (!isTransfer || reply.by !== 'server' || reply.code < 200 || reply.code >= 300) return null;
        if (reply.code === 226 || reply.code === 250) return null;
        return {
          confidence: 'certain',
          leg: 'server',
          values: { reply: headline(reply) },
          evidence: [exchange.command],
        };
      }),
    ],
  },
  {
    id: 'noop-during-transfer',
    severity: 'warning',
    fault: 'client',
    title: 'the transfer failed, and the client had said {command|NOOP} while it ran: not every server bears that',
    cause: 'Some servers read no commands during a transfer, some answer them behind it, some take them for its end.',
    fix: { client: 'Keep the connection alive by TCP, not by commands; or by none during transfers.' },
    clientSettings: {
      filezilla: 'Settings > FTP, "Send FTP keep-alive commands": off',
      winscp: 'Keepalives: off',
      curl: '--keepalive-time is of TCP, and fine',
    },
    signs: 'NOOP, PWD or TYPE between 150 and 226, and a transfer that does not end well.',
    rules: [
      symptomOn('link-closed', ({ outcome, cause, link }, session) => {
        if (outcome !== 'failed' || (cause !== 'failed-by-server' && cause !== 'no-final-reply')) return null;
        const picture = session.link(link);
        const begun = picture?.replies.find(({ preliminary }) => preliminary);
        if (begun === undefined) return null;
        const between = session.allExchanges.find(
          ({ command }) => command.at > begun.at && command.by === undefined && isSmallTalk(command),
        );
        if (between === undefined) return null;
        return {
          confidence: 'possible',
          leg: 'client',
          link,
          values: { command: between.command.verb },
          evidence: [between.command],
        };
      }),
    ],
  },
];
