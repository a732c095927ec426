// PASV and EPSV that servers refuse, cannot serve, or answer in a way that cannot be read.
import { isEpsvAll } from '../../dialogue/announced-port.js';
import type { CommandSeen, ReplySeen } from '../../dialogue/observation.js';
import { addressFamily } from '../../protocol/endpoint.js';
import { verbFacts } from '../../protocol/verbs.js';
import { clientHost, passivePort, refusedBehind, replyLine, serverRefuses } from '../data-legs.js';
import { PASSIVE_PORTS } from '../known-settings.js';
import { type DiagnosisRow, on, type Sighting, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const ANNOUNCES_PORT = new Set(['PASV', 'PORT', 'EPRT', 'LPSV', 'LPRT']);
const NO_PORT_FREE =
  /passive connection|reserved TCP ports|address already in use|no (free|available) (data )?ports?|cannot (bind|listen|assign)|can't (bind|listen|open passive)|failed to (bind|listen|open passive)/i;
const WANTS_PORT_FIRST = /(use|send|need) (PORT or PASV|PASV or PORT)|PASV or PORT (first|required)|PORT\/PASV/i;

/** The command that a reply answers, if the server refused it with one of these codes for a session that is logged in. */
function refused(reply: ReplySeen, session: SessionPicture, verbs: readonly string[]): CommandSeen | null {
  const command = session.commandOf(reply);
  const isAllowed = reply.code !== 530 && reply.code !== 421;
  return command !== null && serverRefuses(reply) && isAllowed && verbs.includes(command.verb) ? command : null;
}

function hasSaidEpsvAll(session: SessionPicture): boolean {
  return session.allExchanges.some(
    ({ command, replies }) => isEpsvAll(command) && replies.some(({ code }) => code < 300),
  );
}

function says(reply: ReplySeen, command: CommandSeen | null, more: Partial<Sighting> = {}): Sighting {
  const values = { reply: replyLine(reply), verb: command?.verb ?? '' };
  return { confidence: 'certain', leg: 'server', evidence: [command], ...more, values: { ...values, ...more.values } };
}

const isOverIpv6 = (session: SessionPicture) => addressFamily(clientHost(session) ?? '') === 2;

/** 227 with six numbers in parentheses, 229 with a port between delimiters that are alike (RFC 2428 section 3). */
const USUAL_FORMS: Readonly<Record<number, RegExp>> = {
  227: /\(\d{1,3}(,\d{1,3}){5}\)/,
  229: /\((.)\1\1\d{1,5}\1\)/,
};

/** What is unusual about the reply to PASV or EPSV: it cannot be read, or not by everybody. */
function malformed(reply: ReplySeen, session: SessionPicture, verb: string): Sighting | null {
  const command = session.commandOf(reply);
  if (command?.verb !== verb || isEpsvAll(command) || reply.by !== 'server' || reply.code < 200 || reply.code >= 300)
    return null;
  const canBeRead = passivePort(reply, command, session) !== null;
  // Where a proxy stands between, it says so (bad-address).
  if (!canBeRead) return session.isRelayed ? null : says(reply, command, { severity: 'error' });
  const usual = USUAL_FORMS[verb === 'PASV' ? 227 : 229];
  return usual === undefined || reply.lines.some((line) => usual.test(line))
    ? null
    : says(reply, command, { confidence: 'likely' });
}

/** The proxy could not read it, and no client will. */
function unreadable(code: string, session: SessionPicture, verb: string): Sighting | null {
  const { newestReply: reply } = session;
  const command = reply === null ? null : session.commandOf(reply);
  if (code !== 'bad-address' || reply === null || reply.by !== 'server' || command?.verb !== verb) return null;
  return says(reply, command, { severity: 'error', evidence: [command, reply] });
}

export const PASSIVE_MODE: readonly DiagnosisRow[] = [
  {
    id: 'epsv-all-then-other',
    severity: 'error',
    fault: 'client',
    title: 'the client says {verb|PASV or PORT} behind EPSV ALL, which forbids it',
    cause: 'After EPSV ALL, EPSV is the only way to a data connection in that session (RFC 2428 section 4).',
    fix: {
      client: 'Leave EPSV ALL out, or use EPSV alone.',
    },
    signs: 'EPSV ALL with a 2yz, then PASV, PORT or EPRT with a 5yz.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (command === null || reply.code < 500 || !ANNOUNCES_PORT.has(command.verb) || command.by === 'proxy')
          return null;
        return hasSaidEpsvAll(session) ? says(reply, command, { leg: 'client' }) : null;
      }),
    ],
  },
  {
    id: 'pasv-on-ipv6',
    severity: 'error',
    fault: 'client',
    title: 'the client asks for PASV over IPv6, and PASV can announce IPv4 addresses only',
    cause: 'A 227 has room for four numbers of an address. Over IPv6 there are EPSV and EPRT (RFC 2428).',
    fix: {
      client: 'Use EPSV over IPv6.',
      server: 'Accept EPSV.',
      proxy: 'Let clients connect over IPv4: the proxy asks a server on IPv6 for EPSV, whatever its clients ask for.',
    },
    clientSettings: {
      curl: '--ftp-pasv without --disable-epsv',
      lftp: 'set ftp:prefer-epsv yes',
      python: 'ftplib does by itself',
    },
    signs: 'PASV on a control connection over IPv6, answered with 4yz or 5yz.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (
          command?.verb !== 'PASV' ||
          reply.code < 400 ||
          reply.code === 530 ||
          reply.code === 421 ||
          !isOverIpv6(session)
        )
          return null;
        return says(reply, command, { leg: session.isRelayed ? 'client' : 'server' });
      }),
    ],
  },
  {
    id: 'passive-range-exhausted',
    severity: 'error',
    fault: 'server',
    title: 'the server has no port left for {verb|PASV}: {reply|425}',
    cause:
      'Its range of passive ports is smaller than the transfers that run at once, together with the ports that closed a minute ago (TIME_WAIT).',
    fix: {
      server: 'Make the range at least four times as wide as transfers run at once, and open it in the firewall.',
    },
    settings: PASSIVE_PORTS,
    signs: '4yz to PASV or EPSV, often with the words of a failed bind: "address already in use".',
    rules: [
      on('reply', (reply, session) => {
        const command = refused(reply, session, ['PASV', 'EPSV', 'P@SW']);
        if (command === null) return null;
        if (reply.lines.some((line) => NO_PORT_FREE.test(line))) return says(reply, command);
        return reply.code < 500 ? says(reply, command, { confidence: 'likely' }) : null;
      }),
    ],
  },
  {
    id: 'epsv-rejected',
    severity: 'note',
    fault: 'server',
    title: 'the server refuses EPSV: {reply|500}',
    cause: 'An old server, or one that was told so. Clients that do not fall back to PASV fail with it.',
    fix: {
      server: 'Allow EPSV.',
      client: 'Fall back to PASV.',
      proxy: 'Serve EPSV from a server that has PASV alone: --server-mode auto.',
    },
    settings: {
      vsftpd: 'take EPSV out of cmds_denied, put it into cmds_allowed',
      proftpd: 'take EPSV out of <Limit EPSV>',
      pureftpd: 'no -b (BrokenClientsCompatibility)',
    },
    clientSettings: { curl: '--disable-epsv', lftp: 'set ftp:prefer-epsv no' },
    signs: '500, 501, 502, 522 or 550 to EPSV; no PASV behind it.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (command?.verb !== 'EPSV' || isEpsvAll(command)) return null;
        const isServed = reply.by === 'proxy' && reply.code === 229 && (session.refused.get('EPSV') ?? 0) > 0;
        if (isServed)
          return says(reply, command, {
            severity: 'warning',
            mended: true,
            values: { reply: 'the proxy asked in another way' },
          });
        return command.by !== 'proxy' &&
          reply.code >= 500 &&
          refused(reply, session, ['EPSV']) !== null &&
          !hasSaidEpsvAll(session)
          ? says(reply, command)
          : null;
      }),
      on('session-closed', (_closed, session) => {
        const { said, refused: no, completeTransfers } = session;
        const gaveUp = (no.get('EPSV') ?? 0) > 0 && !['PASV', 'PORT', 'EPRT'].some((verb) => said.has(verb));
        if (!gaveUp || completeTransfers > 0 || !said.has('EPSV') || !session.isLoggedIn) return null;
        const values = { reply: 'and the client has no other way' };
        return { confidence: 'likely', leg: 'client', fault: 'client', severity: 'error', values };
      }),
    ],
  },
  {
    id: 'pasv-rejected',
    severity: 'error',
    fault: 'server',
    title: 'the server refuses PASV: {reply|550}',
    cause: 'Passive mode is switched off in the server, or the command is denied.',
    fix: {
      server: 'Allow passive mode.',
      client: 'Use active mode, if the client can be connected to.',
      proxy: 'Let the server connect to the proxy, while clients stay passive: --server-mode active.',
    },
    settings: {
      vsftpd: 'pasv_enable=YES, no PASV in cmds_denied',
      proftpd: 'no PASV in <Limit>, no DenyAll for it',
    },
    signs: '500, 502 or 550 to PASV of a user who is logged in.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const command = refused(reply, session, ['PASV', 'P@SW']);
        if (command === null || command.by === 'proxy' || reply.code < 500 || !session.isLoggedIn) return null;
        return says(reply, command);
      }),
      on('reply', (reply, session) => {
        const behind = refusedBehind(reply, session, ['PASV']);
        if (behind === null) return null;
        const outcome = behind.isServed ? ({ severity: 'warning', mended: true } as const) : {};
        return { ...says(behind.said, behind.command), evidence: [behind.command, behind.said], ...outcome };
      }),
    ],
  },
  {
    id: 'pasv-reply-malformed',
    severity: 'warning',
    fault: 'server',
    title: "the server's answer to PASV is no usual 227: {reply|227 without an address}",
    cause:
      'Clients look for six numbers (RFC 959 section 5.4), most of them for numbers in parentheses. What they cannot read, they cannot connect to.',
    fix: {
      server: 'Update it: the form is 227 Entering Passive Mode (h1,h2,h3,h4,p1,p2).',
      client: 'Use EPSV.',
      proxy: 'Ask the server in another way: --server-mode auto.',
    },
    signs: '2yz to PASV without six numbers, with a number over 255, without parentheses, or in the form of a 229.',
    rules: [
      on('reply', (reply, session) => malformed(reply, session, 'PASV')),
      on('violation', ({ code, side }, session) => (side === 'server' ? unreadable(code, session, 'PASV') : null)),
    ],
  },
  {
    id: 'epsv-reply-malformed',
    severity: 'warning',
    fault: 'server',
    title: "the server's answer to EPSV is no usual 229: {reply|229 without a port}",
    cause:
      'Clients look for a port between three and one delimiters that are alike (RFC 2428 section 3), and give up on anything else.',
    fix: {
      server: 'Update it: the form is 229 Entering Extended Passive Mode (|||port|).',
      client: 'Use PASV.',
      proxy: 'Ask the server in another way: --server-mode auto.',
    },
    clientSettings: { curl: '--disable-epsv', lftp: 'set ftp:prefer-epsv no' },
    signs: '2yz to EPSV with a bar too few, without a port, or in the form of a 227.',
    rules: [
      on('reply', (reply, session) => malformed(reply, session, 'EPSV')),
      on('violation', ({ code, side }, session) => (side === 'server' ? unreadable(code, session, 'EPSV') : null)),
    ],
  },
  {
    id: 'transfer-without-data-setup',
    severity: 'error',
    fault: 'client',
    title: 'the client asks for {verb|a transfer} without PASV or PORT before it: {reply|425}',
    cause: 'Each transfer needs a data port of its own: one PASV, EPSV, PORT or EPRT, and then one transfer command.',
    fix: { client: 'Ask for a data port before each transfer, and do not use one twice.' },
    signs: '425 Use PORT or PASV first, or 503, to RETR, STOR or LIST that no data port was announced for.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const exchange = session.exchangeOf(reply);
        if (exchange === null || exchange.link !== null || (reply.code !== 425 && reply.code !== 503)) return null;
        if (
          reply.by !== 'server' ||
          verbFacts(exchange.command.verb)?.transfer === undefined ||
          wasRefusedPort(session)
        )
          return null;
        if (reply.lines.some((line) => WANTS_PORT_FIRST.test(line)))
          return says(reply, exchange.command, { leg: 'client' });
        return session.allLinks.length === 0 && session.isLoggedIn
          ? says(reply, exchange.command, { leg: 'client', confidence: 'likely' })
          : null;
      }),
    ],
  },
];

/** The port that was asked for last was not given: then a transfer without one is no wonder. */
function wasRefusedPort(session: SessionPicture): boolean {
  const asked = session.allExchanges.findLast(({ command }) => verbFacts(command.verb)?.announces !== undefined);
  return asked?.replies.some(({ code }) => code >= 400) ?? false;
}
