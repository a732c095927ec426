// What one end of a conversation says, line by line, as somebody sees it who does not yet know what is spoken: replies of a
// server, commands of a client, the words of another protocol, or nothing that FTP knows.
import { isAnnouncement } from '../../dialogue/announced-port.js';
import { parseCommandLine } from '../../protocol/command.js';
import { LineSplitter, type SplitterOutput } from '../../protocol/line-splitter.js';
import { otherProtocol } from '../../protocol/other-protocols.js';
import { startsProxyHeader } from '../../protocol/proxy-protocol.js';
import { ReplyReader } from '../../protocol/reply.js';
import { IAC } from '../../protocol/telnet.js';
import { verbFacts } from '../../protocol/verbs.js';

/** A longer line is judged by its beginning. */
const MAX_JUDGED_LINE_BYTES = 4096;
/** So many of the first bytes are looked at for what no text holds. */
const JUDGED_BYTES = 256;
/** What comes behind it is not looked at. */
const BEHIND_PROXY_HEADER = 'behind a header of the PROXY protocol';
const TELNET_NEGOTIATION = 0xfa;

/** Verbs that SMTP or NNTP have too, whose replies look like FTP's. */
const SHARED_VERBS = new Set(['QUIT', 'NOOP', 'HELP', 'STAT', 'LIST', 'MODE', 'AUTH']);
/** Verbs that POP3 and IRC have too, whose replies do not. */
const MAIL_AND_CHAT_VERBS = new Set(['USER', 'PASS', 'RETR', 'DELE']);
const AUTH_MECHANISMS = /^(TLS|SSL|TLS-C|TLS-P|GSSAPI|KERBEROS_V[45])$/i;
const OTHER_VERBS: ReadonlyMap<string, string> = new Map([
  ...['HELO', 'EHLO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'VRFY', 'EXPN', 'ETRN', 'STARTTLS', 'BDAT'].map(
    (verb) => [verb, 'SMTP'] as const,
  ),
  ...['GROUP', 'ARTICLE', 'AUTHINFO', 'XOVER', 'NEWNEWS', 'IHAVE', 'CAPABILITIES', 'POST'].map(
    (verb) => [verb, 'NNTP'] as const,
  ),
  ...['UIDL', 'TOP', 'APOP', 'CAPA', 'STLS'].map((verb) => [verb, 'POP3'] as const),
  ...['NICK', 'JOIN', 'PRIVMSG', 'PING', 'PONG', 'NOTICE', 'CAP'].map((verb) => [verb, 'IRC'] as const),
]);
const NAMES_FTP = /\bs?ftpd?\b(?!\.)|ftpd(?:lib)?\b|gridftp|filezilla/i;
const NAMES_MAIL = /\be?smtp\b|\blmtp\b|sendmail|postfix|\bexim\b|qmail|mail (?:server|service|system|transfer)/i;
const NAMES_NEWS = /\bnntp\b|\bnnrp\b|\bnews(?:group| server)/i;
/** Replies that no other protocol with such codes gives: password wanted, path name, data connection opened, logged in. */
const TELLING_REPLY = /^(?:331 |230[ -]|257 "|(?:150|125) .*(?:data|connection)|226 )/i;

export class ProtocolEvidence {
  /** Bytes heard. */
  bytes = 0;
  /** Commands that FTP knows, though other protocols may, too. */
  commands = 0;
  /** Its first bytes begin a reply, or a command: all that there is of a line that was cut. */
  beginsReply = false;
  beginsCommand = false;
  replies = 0;
  /** Commands that only an FTP client gives when it is answered with replies. */
  decisiveCommands = 0;
  /** Those among them that no other protocol has. */
  ownCommands = 0;
  /** Lines that are neither. */
  foreignLines = 0;
  /** The protocol that its words belong to, where that is not FTP. */
  protocol: string | null = null;
  /** No text at all. */
  binary = false;
  /** Its greeting says that it is an FTP server. */
  greetsAsFtp = false;
  /** Its greeting names mail and not FTP. It may be the greeting of a mail server's file area all the same. */
  greetsAsMail = false;
  /** Its first reply greets as FTP servers do: 220, or 120 for a delay. */
  greets = false;
  /** It announced a data port, or agreed to TLS: no other protocol has these replies. */
  speaksForItself = false;
  readonly tellingReplies = new Set<string>();
  private greeting = '';
  private readonly splitter = new LineSplitter(MAX_JUDGED_LINE_BYTES);
  private readonly reader = new ReplyReader();

  take(bytes: Buffer): void {
    if (this.bytes === 0) this.judgeFirstBytes(bytes);
    if (this.bytes < JUDGED_BYTES && !this.binary) this.binary = !isText(bytes.subarray(0, JUDGED_BYTES - this.bytes));
    this.bytes += bytes.length;
    for (const output of this.splitter.push(bytes)) this.judgeLine(output);
  }

  /** Bytes are missing: what comes behind them is taken for a line of its own. */
  lose(): void {
    this.splitter.discard();
  }

  private judgeFirstBytes(bytes: Buffer): void {
    const start = bytes.toString('latin1', 0, JUDGED_BYTES);
    this.beginsReply = /^[1-5](?:[0-9](?:[0-9](?:[ -]|$)|$)|$)/.test(start);
    this.beginsCommand = /^[A-Z]{2,4}(?:[ \r]|$)/i.test(start);
    this.protocol = startsProxyHeader(bytes) ? BEHIND_PROXY_HEADER : otherProtocol(bytes.subarray(0, JUDGED_BYTES));
    if (bytes[0] === IAC && (bytes[1] ?? 0) >= TELNET_NEGOTIATION && bytes[1] !== IAC) this.protocol = 'Telnet';
  }

  private judgeLine(output: SplitterOutput): void {
    const raw = output.kind === 'line' ? output.raw : output.head;
    const end = output.kind === 'line' ? output.end : '';
    const line = raw.toString('latin1', 0, raw.length - end.length);
    const read = this.reader.read(line);
    if (read.kind !== 'noise') return this.judgeReply(line, read.code, read.kind === 'last');
    const { command, disguised } = parseCommandLine(raw, end);
    if (command === null || disguised) return this.judgeForeign(line);
    const { verb, argument } = command;
    if (verbFacts(verb) !== undefined) this.commands += 1;
    const other = OTHER_VERBS.get(verb);
    if (other !== undefined) this.protocol ??= other;
    else if (verbFacts(verb) === undefined) this.judgeForeign(line);
    else if (!SHARED_VERBS.has(verb) || (verb === 'AUTH' && AUTH_MECHANISMS.test(argument))) this.judgeOwn(verb);
  }

  private judgeOwn(verb: string): void {
    this.decisiveCommands += 1;
    if (!MAIL_AND_CHAT_VERBS.has(verb)) this.ownCommands += 1;
  }

  private judgeReply(line: string, code: number, last: boolean): void {
    if (this.replies === 0) this.judgeGreeting(line, code, last);
    if (last) this.replies += 1;
    if (TELLING_REPLY.test(line)) this.tellingReplies.add(line.slice(0, 3));
    if (isAnnouncement(line) || /^234[ -]/.test(line)) this.speaksForItself = true;
  }

  private judgeGreeting(line: string, code: number, last: boolean): void {
    if (this.greeting.length < MAX_JUDGED_LINE_BYTES) this.greeting += `${line}\n`;
    if (!last) return;
    this.greets = code === 220 || code === 120;
    const mail = NAMES_MAIL.test(this.greeting);
    this.greetsAsFtp = (this.greets || code === 421) && NAMES_FTP.test(this.greeting) && !mail;
    this.greetsAsMail = !NAMES_FTP.test(this.greeting) && mail;
    if ((code === 200 || code === 201) && NAMES_NEWS.test(this.greeting)) this.protocol ??= 'NNTP';
  }

  private judgeForeign(line: string): void {
    this.foreignLines += 1;
    if (/^:\S+ (\d{3}|[A-Z]+) /.test(line)) this.protocol ??= 'IRC';
  }
}

/** Control characters other than those that lines are made of. */
function isText(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 0x20 && (byte < 0x08 || byte > 0x0d) && byte !== 0x1b) return false;
  return true;
}
