// Servers that cannot be reached, sessions that end in the middle, final replies that come too early or never.
import { replyLine, serverRefuses } from '../data-legs.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const SLOW_GREETING_MS = 3000;
/** Less is no idleness, but the end of something that has just failed. */
const IDLE_MS = 1000;
/** What the server has sent of a file behind its 226 so late, no buffer on the way held up. */
const LATE_END_MS = 500;
const ONE_WINDOW_BYTES = 64 * 1024;
const SAYS_IDLE = /time-?out|timed out|idle|inactiv|no (transfer|activity|command)/i;
const SAYS_DATA_TIMEOUT = /data (connection |transfer )?time-?out|stalled|no data (received|sent)/i;

/** A link whose transfer was under way, or whose final reply is missing, as the session ended. */
function unfinished(session: SessionPicture) {
  return session.allLinks.findLast(
    ({ closed, transfer, replies }) =>
      transfer !== null &&
      (closed === null || closed.cause === 'no-final-reply' || closed.cause === 'session-ended') &&
      replies.some(({ preliminary }) => preliminary) &&
      replies.every(({ preliminary, by }) => preliminary || by === 'proxy'),
  );
}

const UNREACHABLE = {
  refused: ['server', 'it refuses the connection: no program listens at that port'],
  'timed-out': ['network', 'no answer: a firewall drops it, or the host is down'],
  unreachable: ['network', 'there is no way to it'],
  'no-such-host': ['proxy', 'the host name has no address'],
  'not-permitted': ['proxy', 'this system does not allow the connection'],
  'address-in-use': ['proxy', 'the local address is not available'],
} as const;

function whyUnreachable(failure: string | undefined): readonly ['server' | 'network' | 'proxy', string] {
  for (const [word, why] of Object.entries(UNREACHABLE)) if (word === failure) return why;
  return ['network', 'the connection failed'];
}

export const SESSION_LOSS: readonly DiagnosisRow[] = [
  {
    id: 'upstream-unreachable',
    severity: 'error',
    fault: 'server',
    title: 'the server cannot be reached: {why|no connection}',
    cause:
      'The client reached this proxy, and the proxy could not get to the server, or was sent away before the greeting.',
    fix: {
      server:
        'Start it, and let the address of the proxy in (tcp_wrappers, fail2ban, limits per address: all clients share it).',
      network: 'Open the control port of the server for the proxy.',
      proxy: 'Check the host and the port of the server; --server-source-address chooses where it connects from.',
    },
    settings: {
      vsftpd: 'tcp_wrappers=NO, or /etc/hosts.allow',
      proftpd: 'MaxConnectionRate, mod_wrap',
      iis: 'FTP IPv4 Address and Domain Restrictions',
    },
    signs: 'No connection to the server; or it closes without a greeting, or with 421 Service not available.',
    rules: [
      symptomOn('session-closed', ({ cause, by, failure }) => {
        if (cause === 'no-greeting' && by === 'server') {
          return { confidence: 'likely', leg: 'server', values: { why: 'it took the connection, and did not greet' } };
        }
        if (cause !== 'unreachable') return null;
        const [fault, why] = whyUnreachable(failure);
        return { confidence: 'certain', leg: 'server', fault, values: { why } };
      }),
      on('reply', (reply, session) => {
        const isGreeting = session.greeting === reply && reply.by === 'server';
        if (!isGreeting || reply.code !== 421 || !/service not available/i.test(reply.lines[0] ?? '')) return null;
        return { confidence: 'certain', leg: 'server', values: { why: replyLine(reply) } };
      }),
    ],
  },
  {
    id: 'greeting-delayed',
    severity: 'warning',
    fault: 'server',
    title: 'the server greeted only after {seconds|5} s',
    cause:
      'Most servers that do so look up the name of the client first (reverse DNS, ident), and wait for name servers that do not answer.',
    fix: { server: 'Do not look clients up, or mend the name server of that host.' },
    settings: {
      vsftpd: 'reverse_lookup_enable=NO, tcp_wrappers=NO',
      proftpd: 'UseReverseDNS off, IdentLookups off',
      pureftpd: '-H (file DontResolve)',
    },
    signs: '220 more than 3 s after the connection stood: often 5, 10 or 30 s.',
    rules: [
      on('reply', (reply, session) => {
        const { latencyMs } = reply;
        const isGreeting = session.greeting === reply && reply.by === 'server' && reply.code === 220;
        if (!isGreeting || latencyMs === null || latencyMs < SLOW_GREETING_MS) return null;
        return { confidence: 'certain', leg: 'server', values: { seconds: (latencyMs / 1000).toFixed(1) } };
      }),
    ],
  },
  {
    id: 'data-timeout',
    severity: 'error',
    fault: 'unknown',
    title: 'the server gave up on a transfer on which nothing moved: {reply|421 Data timeout}',
    cause: 'Servers end transfers that stand still. Which side stood still is another finding, where it could be seen.',
    fix: { client: 'Keep on reading and writing.', server: 'Wait longer.' },
    settings: {
      vsftpd: 'data_connection_timeout=300',
      proftpd: 'TimeoutStalled 3600',
      pyftpdlib: 'DTPHandler.timeout = 300',
    },
    signs: '421, 426 or 451 that speaks of a data timeout, to a transfer.',
    rules: [
      on('reply', (reply, session) => {
        if (!serverRefuses(reply) || !reply.lines.some((line) => SAYS_DATA_TIMEOUT.test(line))) return null;
        const link =
          session.linkOf(reply) ??
          session.allLinks.findLast(({ closed, transfer }) => closed === null && transfer !== null);
        if (link === undefined) return null;
        const on = 'stillness' in link.latest ? (link.latest.stillness?.on ?? null) : null;
        const fault = on === null ? {} : { fault: on };
        return {
          confidence: 'certain',
          leg: on ?? 'server',
          ...fault,
          link: link.number,
          values: { reply: replyLine(reply) },
          evidence: [link.latest],
        };
      }),
    ],
  },
  {
    id: 'idle-timeout',
    severity: 'warning',
    fault: 'client',
    title: '{who|the server} ended the session, as the client said nothing for {seconds|some} s',
    cause: 'Servers end sessions that are idle. The next command of a client that does not expect it fails.',
    fix: {
      client: 'Send NOOP now and then, and connect again behind a 421.',
      server: 'Wait longer.',
      proxy: '{workaround|The proxy has a limit of its own: --idle-timeout 15m.}',
    },
    settings: {
      vsftpd: 'idle_session_timeout=300',
      proftpd: 'TimeoutIdle 600, TimeoutNoTransfer 300',
      pureftpd: '-I 15 (file MaxIdleTime)',
      pyftpdlib: 'handler.timeout = 300',
      filezilla: 'Timeouts, "Activity timeout"',
      iis: 'Connection Limits, "Control Channel Timeout"',
    },
    signs: '421 Timeout, or the like, that answers no command, and the end of the connection.',
    rules: [
      on('reply', (reply, session) => {
        if (reply.by !== 'server' || reply.code !== 421 || !reply.lines.some((line) => SAYS_IDLE.test(line)))
          return null;
        const last = session.newestExchange;
        const idleMs = last === null ? 0 : reply.at - Math.max(last.command.at, last.replies.at(-2)?.at ?? 0);
        if (idleMs < IDLE_MS || reply.lines.some((line) => SAYS_DATA_TIMEOUT.test(line))) return null;
        const values = { who: 'the server', seconds: Math.round(idleMs / 1000) };
        return { confidence: 'certain', leg: 'server', values, evidence: [last?.command ?? null] };
      }),
      on('session-closed', ({ by, cause, at }, session) => {
        const last = session.newestExchange;
        if (by !== 'proxy' || cause !== 'idle' || last === null) return null;
        const values = {
          who: 'this proxy',
          seconds: Math.round((at - last.command.at) / 1000),
          workaround: 'Wait longer: --idle-timeout 1h.',
        };
        return { confidence: 'certain', leg: 'client', values, evidence: [last.command] };
      }),
    ],
  },
  {
    id: 'final-reply-early',
    severity: 'note',
    fault: 'server',
    title: 'the server says {reply|226} before the end of the data{late|}',
    cause:
      'The reply and the data take different ways, and nothing orders them. A client that closes its data connection as soon as it sees the 226 loses the rest.',
    fix: {
      client: 'Wait for both: the final reply and the end of the data connection.',
      server: 'Close the data connection first.',
      proxy: 'Nothing to do: the proxy holds the reply until the client has every byte.',
    },
    signs: '226, and more bytes or the end of the data behind it.',
    rules: [
      on('violation', ({ code }, session) => {
        if (code !== 'data-end-overdue') return null;
        const link = session.allLinks.findLast(({ closed, transfer }) => closed === null && transfer !== null);
        const isHeldByReceiver =
          link !== undefined && 'stillness' in link.latest && link.latest.stillness?.why === 'takes-nothing';
        if (link === undefined || isHeldByReceiver) return null;
        const values = { reply: link.replies.at(-1)?.lines[0] ?? '226', late: ', and 5 s later there is none' };
        return {
          confidence: 'certain',
          leg: 'server',
          severity: 'warning',
          link: link.number,
          values,
          evidence: [link.replies.at(-1) ?? null],
        };
      }),
      on('link-closed', (closed, session) => {
        const reply = session.linkOf(closed)?.replies.at(-1);
        const { outcome, direction, bytes, at } = closed;
        if (outcome !== 'complete' || direction !== 'download' || bytes > ONE_WINDOW_BYTES || reply?.held !== 'data')
          return null;
        const lateMs = at - reply.at;
        if (lateMs < LATE_END_MS || reply.code >= 300) return null;
        const values = { reply: replyLine(reply), late: `, by ${(lateMs / 1000).toFixed(1)} s` };
        return { confidence: 'certain', leg: 'server', values, evidence: [reply] };
      }),
    ],
  },
  {
    id: 'control-dropped-during-transfer',
    severity: 'error',
    fault: 'network',
    title:
      'the control connection to the {side|server} was lost while {verb|a transfer} was under way, {seconds|300} s after its last line',
    cause:
      'Nothing is said on the control connection during a long transfer. NATs and firewalls forget a connection that is silent for 4 to 60 minutes; the data goes through, and its final reply does not.',
    fix: {
      client: 'Use TCP keepalive below 4 minutes, and check the size of the file when the reply is missing.',
      server: 'Use TCP keepalive below 4 minutes.',
      network: 'Keep idle connections for longer (AWS NLB 350 s, Azure 4 min by default).',
      proxy: 'Nothing to do: the proxy keeps both of its control connections alive every 60 s.',
    },
    settings: { proftpd: 'SocketOptions keepalive on', vsftpd: 'net.ipv4.tcp_keepalive_time=120 (sysctl)' },
    signs:
      '150, silence, the end of the data, and then a reset, a timeout or an end of the control connection in place of the 226.',
    rules: [
      symptomOn('session-closed', ({ by, cause, failure, at }, session) => {
        const link = unfinished(session);
        const isDropped = cause === 'lost' || (by === 'server' && cause === 'closed');
        if (link === undefined || !isDropped || (by !== 'server' && by !== 'client')) return null;
        // A client that is killed resets its connection, too.
        if (by === 'client' && failure !== 'timed-out') return null;
        const lastAt = link.replies.at(-1)?.at ?? at;
        const isByNetwork = failure === 'reset' || failure === 'timed-out';
        return {
          confidence: isByNetwork ? 'likely' : 'possible',
          leg: by,
          fault: isByNetwork ? 'network' : 'server',
          link: link.number,
          values: { side: by, verb: link.transfer?.line ?? '', seconds: Math.round((at - lastAt) / 1000) },
          evidence: [link.transfer, link.replies.at(-1) ?? null, link.closed],
        };
      }),
    ],
  },
  {
    id: 'final-reply-missing',
    severity: 'error',
    fault: 'server',
    title: 'the data of {verb|a transfer} came to its end, and the server never said how it went',
    cause:
      'A fault of the server, a virus scanner that looks at the upload first, or a reply that was lost. The file may well be whole.',
    fix: {
      server: 'Look into its log.',
      client: 'Compare the size of the file before trying again.',
      proxy: 'Wait less long for it: --reply-timeout 10m.',
    },
    signs: '150, the end of the data, and no 226; other commands are answered.',
    rules: [
      symptomOn(['session-closed', 'link-closed'], (observation, session) => {
        const isEnd = observation.kind === 'session-closed';
        const link = isEnd ? unfinished(session) : session.linkOf(observation);
        if (link === undefined || link === null || link.closed?.cause !== 'no-final-reply') return null;
        // Where nothing was said behind it, how the session ends may be the cause: that is waited for.
        const isLast = session.newestExchange?.command === link.transfer;
        if (isEnd !== isLast) return null;
        const verb = link.transfer?.line ?? 'a transfer';
        return { confidence: 'certain', leg: 'server', link: link.number, values: { verb }, evidence: [link.transfer] };
      }),
    ],
  },
];
