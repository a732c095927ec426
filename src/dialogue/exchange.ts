// A command and what is known of its replies, while it waits for them.
import { type VerbFacts, verbFacts } from '../protocol/verbs.js';
import { formAskedFor, type PassiveForm } from './announced-port.js';
import type { DataLink } from './data-link.js';
import type { GatheredReply } from './reply-lines.js';

/** The greeting is the reply to no command; it heads the queue. */
export const GREETING = '(greeting)';
/** A line that is no command. The server may answer it or pass over it. */
export const NO_COMMAND = '(no command)';

/** What the dialogue has to know of a data link: how far its bytes are. */
export interface Flowing {
  readonly flowing: boolean;
  /** All of it has come, or will not any more. */
  readonly dataEnded: boolean;
  /** A capture shows it late, or not at all. */
  readonly dataMayHaveEnded: boolean;
}

/** A command and what is known of its replies. `Link` is the relay's own, unless somebody else looks on. */
export class Exchange<Link extends Flowing = DataLink> {
  readonly facts: VerbFacts | undefined;
  /** The form in which it asks the server for a data port; null when it does not. */
  readonly asksFor: PassiveForm | null;
  /** A 1yz reply came: a final one follows. */
  started = false;
  /** For a transfer command: the PASV or EPSV before it whose reply is still to announce its link. */
  awaits: Exchange<Link> | null = null;
  /** The link that the transfer uses, or that the command announces. */
  link: Link | null = null;
  /** The proxy's own answer: the command was not relayed. */
  ownReply: string | null = null;
  /** The command has gone to the server. */
  relayed = false;
  /** The proxy will answer it, and does not know yet what. */
  answeredHere = false;
  /** What the client hears in place of a success: what the server agrees to would lead past the proxy. */
  insteadOfSuccess: string | null = null;
  /** The proxy asked, not the client: the client hears nothing of it. */
  internal = false;
  /** Called once the proxy's own answer has gone out. */
  whenOwnReplySent: (() => void) | null = null;
  /** Called with the final reply. */
  whenAnswered: ((reply: GatheredReply) => void) | null = null;
  /** Whether the server may leave it without a reply of its own. */
  mayStayUnanswered = false;
  /** A running transfer that may have had its last reply: a 1yz, behind the end of its data. */
  mayBeOver = false;
  /** Called when another reply has shown that no more comes for it. */
  whenForgotten: (() => void) | null = null;
  /** While it was the oldest that waited, a reply came that cannot be its own: it may have been meant so all the same. */
  oddlyAnswered = false;

  constructor(
    /** The command's number; null for the greeting and for lines that are no commands. */
    readonly number: number | null,
    readonly verb: string,
    readonly askedAt: number,
    readonly argument = '',
    /** The command's secret, so that a server that echoes it can be masked. */
    public secret: string | null = null,
  ) {
    this.facts = verbFacts(verb);
    this.asksFor = formAskedFor({ verb, argument });
  }

  get isTransfer(): boolean {
    return this.facts?.transfer !== undefined;
  }

  get awaitsServer(): boolean {
    return this.ownReply === null && !this.answeredHere;
  }

  /** A transfer that the server has begun and not finished. */
  get runs(): boolean {
    return this.isTransfer && this.started;
  }
}
