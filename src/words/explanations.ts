// What a line means, in plain words, for people who do not know the RFCs by heart: one sentence for the line that they
// look at. Knows no screen.
import { isEpsvAll } from '../dialogue/announced-port.js';
import type { CommandSeen, LinkClosed, LinkFacts, LinkOutcome, ReplySeen, Rewrite } from '../dialogue/observation.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { type Meaning, verbFacts } from '../protocol/verbs.js';
import { escapeForTerminal } from '../protocol/wire-text.js';
import { formatBytes, formatDuration } from './quantities.js';
import { meaningOfText } from './server-texts.js';

/** What a verb means, said of the one who says it: the client, or the proxy in its own name. */
export function meaningSaidBy(meaning: Meaning, by: CommandSeen['by']): string {
  return typeof meaning === 'string' ? meaning : `${by ?? 'client'} ${meaning.does}`;
}

/** A command, with the address that was announced in it where there is one. */
export function explainCommand({ verb, argument, by }: CommandSeen, rewrite: Rewrite | null): string {
  const facts = verbFacts(verb);
  if (rewrite !== null) return explainAnnouncement(rewrite);
  if (isEpsvAll({ verb, argument })) return 'the client will use EPSV and nothing else from here on';
  if (facts === undefined) return `${escapeForTerminal(verb)} is no verb that an RFC knows; it is relayed as it is`;
  return `${meaningSaidBy(facts.meaning, by)} (${facts.source})`;
}

/** A reply: what its code means, or its words where they tell more, and the address in it where there is one. */
export function explainReply({ code, by, lines }: ReplySeen, rewrite: Rewrite | null): string {
  if (rewrite !== null) return explainAnnouncement(rewrite);
  const inItsWords = by === 'server' ? meaningOfText(code, lines, null) : null;
  const meaning =
    inItsWords ?? MEANINGS.get(code) ?? CLASS_MEANINGS[Math.floor(code / 100)] ?? 'no reply code that RFC 959 knows';
  return `${code}: ${meaning}${by === 'proxy' ? '; said by the proxy, not by the server' : ''}`;
}

function explainAnnouncement({ what, announced, used, given, why }: Rewrite): string {
  const active = what === 'PORT' || what === 'EPRT';
  const [owner, dialler] = active ? ['client', 'server'] : ['server', 'client'];
  const from = active ? ', from its port 20 where it follows RFC 959' : '';
  const told = `the ${owner} listens on ${endpoint(announced)}; the ${dialler} will connect to ${endpoint(given)} instead${from}`;
  return sameEndpoint(announced, used) ? told : `${told} (the proxy uses ${endpoint(used)}: ${escapeForTerminal(why)})`;
}

/** A data link: who listened, what went over it, how it ended. */
export function explainLink(link: LinkFacts | LinkClosed): string {
  const what = link.verb === null ? 'a data connection that no transfer has used' : transferWords(link);
  const modes = `${modeWords('client', link.client.mode)}; ${modeWords('server', link.server.mode)}`;
  return `${what}: ${modes}${'outcome' in link ? `; ${outcomeWords(link)}` : ''}`;
}

function transferWords({ verb, direction, bytes }: LinkFacts): string {
  const way = direction === 'upload' ? 'from the client to the server' : 'from the server to the client';
  return `${escapeForTerminal(verb ?? '')} carried ${formatBytes(bytes)} ${way}`;
}

function modeWords(side: 'client' | 'server', mode: 'active' | 'passive'): string {
  return `${mode} towards the ${side}, who ${(mode === 'active') === (side === 'client') ? 'listened' : 'connected'}`;
}

const OUTCOMES: Readonly<Record<LinkOutcome, string>> = {
  complete: 'every byte went through and the server confirmed it',
  refused: 'the server declined before it began',
  aborted: 'the client ended it early',
  failed: 'it ended early',
  unused: 'nothing was sent over it',
  unseen: 'the server confirmed it, and its bytes are not in the capture',
};

function outcomeWords({ outcome, reason, durationMs }: LinkClosed): string {
  const why = reason === null ? '' : `: ${escapeForTerminal(reason)}`;
  return `${OUTCOMES[outcome]}${durationMs === null ? '' : ` in ${formatDuration(durationMs)}`}${why}`;
}

function endpoint(value: Endpoint): string {
  return escapeForTerminal(formatEndpoint(value));
}

function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.address === right.address && left.port === right.port;
}

/** The first digit alone (RFC 959 section 4.2). */
const CLASS_MEANINGS: readonly (string | undefined)[] = [
  undefined,
  'begun; another reply follows',
  'done',
  'so far so good; the client has to send something more',
  'failed for now; the same command may succeed later',
  'failed; the same command will fail again',
  'protected reply (RFC 2228)',
];

/** RFC 959 section 4.2, RFC 2228, RFC 2428, RFC 4217. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [110, 'restart marker'],
  [120, 'the service will be ready in a while'],
  [125, 'the data connection is open, the transfer starts'],
  [150, 'the data connection is about to be opened for the transfer'],
  [200, 'command taken'],
  [202, 'not needed here, nothing done'],
  [211, 'system status, or the list of features'],
  [212, 'status of a directory'],
  [213, 'status of a file: its size or its time'],
  [214, 'help'],
  [215, 'the name of the system'],
  [220, 'the server is ready'],
  [221, 'the server closes the control connection'],
  [225, 'the data connection is open, nothing is being transferred'],
  [226, 'the transfer is complete, the data connection is closed'],
  [227, 'the server listens at the address given (PASV)'],
  [229, 'the server listens at the port given (EPSV)'],
  [230, 'logged in'],
  [232, 'logged in by the security exchange'],
  [234, 'encryption accepted: the TLS handshake follows'],
  [250, 'the file action is done'],
  [257, 'a path: the current directory, or the one just made'],
  [331, 'the name is known, the password is asked for'],
  [332, 'an account is asked for'],
  [334, 'security data is asked for'],
  [350, 'waits for the command that completes it'],
  [421, 'the service is not available, the control connection will be closed'],
  [425, 'the data connection could not be opened: often a firewall, NAT, or a client that never came'],
  [426, 'the data connection was closed, the transfer was ended early'],
  [431, 'a security resource is not available'],
  [450, 'the file is busy'],
  [451, 'ended by an error of the server'],
  [452, 'the server has no room left'],
  [500, 'the server does not understand the command'],
  [501, 'the argument is wrong'],
  [502, 'the server does not have this command'],
  [503, 'out of order: another command has to come first'],
  [504, 'not with this argument'],
  [521, 'a data connection cannot be opened with this protection'],
  [522, 'the server does not have this address family, or refuses this TLS session'],
  [530, 'not logged in, or the login was refused'],
  [532, 'an account is needed to store files'],
  [533, 'refused by policy: protection is required'],
  [534, 'refused by policy'],
  [536, 'this protection level is not supported'],
  [550, 'the file or directory is not there, or may not be used'],
  [551, 'the page type is unknown'],
  [552, 'over the quota'],
  [553, 'the file name is not allowed'],
]);
