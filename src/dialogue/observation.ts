// What is reported of a session to everyone who looks at it: transcript, terminal, dashboard, diagnosis. Live traffic, captures
// and recordings all speak these words. Released names do not change; the transcript's first line bears their version.
import type { ConnectionFailure } from '../protocol/connection-failure.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { OtherProtocol } from '../protocol/other-protocols.js';
import type { Stillness } from './connection-facts.js';
import type { ContentFacts, StatedSize } from './content-facts.js';
import type { FindingFacts } from './finding.js';
import type { LinkCause } from './link-causes.js';
import type { LinkFacts, LinkOutcome, LinkState } from './link-facts.js';
import type { NoteCode } from './note-codes.js';
import type { HeldFor, HeldReplyState, ReplyPassing } from './reply-passing.js';
import type { SessionCause } from './session-causes.js';
import type { TlsAlert, TlsFacts } from './tls-facts.js';
import type { ViolationCode } from './violation-codes.js';

export type { ConnectionFailure } from '../protocol/connection-failure.js';
export type * from './connection-facts.js';
export type * from './content-facts.js';
export type * from './finding.js';
export type * from './link-causes.js';
export type * from './link-facts.js';
export type * from './note-codes.js';
export type * from './reply-passing.js';
export type * from './session-causes.js';
export type * from './tls-facts.js';
export type * from './violation-codes.js';

/** One of the two peers, never the proxy itself. */
export type Side = 'client' | 'server';

/** Version of the words below, as the first line of a transcript bears it. */
export const OBSERVATION_VERSION = 1;

interface Common {
  /** Number of the session, from 1. */
  readonly session: number;
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
}

/**
 * Text from the wire holds one character per byte (Latin-1), so that the original bytes can be recovered. Where the bytes
 * are UTF-8 beyond ASCII, a field of the same name with `Utf8` behind it holds that reading.
 */
export type Observation =
  | SessionOpened
  | ServerChosen
  | ServerConnected
  | CommandSeen
  | ReplySeen
  | HeldReply
  | Noise
  | Rewrite
  | LinkOpened
  | LinkProgress
  | LinkClosed
  | TlsSeen
  | Violation
  | SessionNote
  | Gap
  | Finding
  | SessionClosed;

/** How the session came to the one who observes it. */
export type SessionOrigin = 'reverse' | 'transparent' | 'forward' | 'capture' | 'replay';

export interface SessionOpened extends Common {
  readonly kind: 'session-opened';
  readonly client: Endpoint;
  /** As the user named it: the address may be a host name. Null in forward mode, until the client names it (`server-chosen`). */
  readonly server: Endpoint | null;
  readonly how: SessionOrigin;
  /** Where the proxy took the connection; null in a capture, where there is no proxy. */
  readonly listener: Endpoint | null;
  /** The load balancer that made the connection and named the client in a PROXY header; absent when the client connected itself. */
  readonly via?: Endpoint;
}

/** In forward mode: the client named the server that it wants. */
export interface ServerChosen extends Common {
  readonly kind: 'server-chosen';
  /** As the client named it: the address may be a host name. */
  readonly server: Endpoint;
}

export interface ServerConnected extends Common {
  readonly kind: 'server-connected';
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly durationMs: number;
}

export interface CommandSeen extends Common {
  readonly kind: 'command';
  /** Counts the session's commands, from 1. */
  readonly number: number;
  /** In upper case. */
  readonly verb: string;
  /** Secrets masked. */
  readonly argument: string;
  /** Secrets masked; without line end. */
  readonly line: string;
  readonly lineUtf8?: string;
  /** The line end where it is not CR LF. */
  readonly end?: string;
  /** Present when the proxy itself said this to the server, and the client did not, or in other words. */
  readonly by?: 'proxy';
}

export interface ReplySeen extends Common, ReplyPassing {
  readonly kind: 'reply';
  readonly code: number;
  /** Without line ends. */
  readonly lines: readonly string[];
  readonly linesUtf8?: readonly string[];
  /** The lines' ends where they are not all CR LF. */
  readonly ends?: readonly string[];
  /** How many more lines the reply had, beyond those kept. */
  readonly omittedLines?: number;
  /** Number of the command that it answers; null for the greeting and for unasked replies. */
  readonly answers: number | null;
  /** Since that command was relayed (for the greeting: since the connection stood); null when it answers none. */
  readonly latencyMs: number | null;
  /** Another reply follows for the same command (1yz). */
  readonly preliminary: boolean;
  /** Whose words they are: the server's, or the proxy's own answer to the client. */
  readonly by: 'server' | 'proxy';
}

/** What became of a reply that was held. */
export interface HeldReply extends Common {
  readonly kind: 'held-reply';
  readonly state: HeldReplyState;
  readonly code: number;
  /** As the reply itself has it. */
  readonly answers: number | null;
  readonly held: HeldFor;
  /** Since the reply came. */
  readonly heldMs: number;
}

/** What came over a control connection and is neither command nor reply. */
export interface Noise extends Common {
  readonly kind: 'noise';
  readonly from: Side;
  /** `telnet`: bytes stripped in front of a command. `line`: a line that was relayed, and is no FTP. */
  readonly what: 'telnet' | 'line';
  readonly line: string;
  /** The line end where it is not CR LF; Telnet bytes have none. */
  readonly end?: string;
}

/** An address on its way through the proxy was changed. */
export interface Rewrite extends Common {
  readonly kind: 'rewrite';
  readonly what: 'PORT' | 'EPRT' | '227' | '229';
  readonly link: number;
  /** What the peer said. */
  readonly announced: Endpoint;
  /** Where the proxy will connect to in its place. */
  readonly used: Endpoint;
  /** What the other peer is given: the proxy's own port. */
  readonly given: Endpoint;
  /** Why `used` differs from `announced`, or why the address was changed at all. */
  readonly why: string;
}

/** A data port was announced and opened; nothing is connected yet. */
export interface LinkOpened extends Common, LinkFacts {
  readonly kind: 'link-opened';
}

/** The link's state changed, or a second of a running transfer has passed. */
export interface LinkProgress extends Common, LinkFacts {
  readonly kind: 'link-progress';
  readonly state: LinkState;
  /** For whom it waits; absent while bytes move. */
  readonly stillness?: Stillness;
}

export interface LinkClosed extends Common, LinkFacts {
  readonly kind: 'link-closed';
  readonly outcome: LinkOutcome;
  /** Null when it was complete, without remark. */
  readonly cause: LinkCause | null;
  /** The cause with its details, for people: the wording may change. */
  readonly reason: string | null;
  /** How its data connection failed; absent where it did not, or that is not known. */
  readonly failure?: ConnectionFailure | undefined;
  /** For whom it waited at its end; absent where bytes moved. */
  readonly stillness?: Stillness;
  /** From both legs standing to the last byte delivered; null when no transfer began. */
  readonly durationMs: number | null;
  /** What its first bytes are. */
  readonly content?: ContentFacts;
  /** How many bytes the server said there would be. */
  readonly stated?: StatedSize;
  /** Of the payload, when payloads are kept. */
  readonly sha256?: string;
  /** Name of the payload's file, when payloads are kept. */
  readonly payload?: string;
}

/** A TLS handshake succeeded or failed. */
export interface TlsSeen extends Common, TlsFacts {
  readonly kind: 'tls';
  readonly side: Side;
  readonly leg: 'control' | 'data';
  /** Number of the data link; null for a control connection. */
  readonly link: number | null;
  /** On a data connection, before the transfer command: few servers answer a handshake then, and a client that waits for it hangs. */
  readonly early?: true;
  /** Why the handshake failed, in words; null when it succeeded. */
  readonly failure: string | null;
}

/** A peer did what the protocol forbids or the policy refuses. */
export interface Violation extends Common {
  readonly kind: 'violation';
  readonly side: Side;
  /** A stable word for it, for filters and counts. */
  readonly code: ViolationCode;
  /** What happened, for people. */
  readonly detail: string;
  /** What the proxy did about it. */
  readonly action: string;
  /** Of `not-ftp`: what that side speaks. */
  readonly protocol?: OtherProtocol;
  /** The data link that it is about, where it is about one. */
  readonly link?: number;
}

/** What some violations say besides, for programs. */
export type ViolationFacts = Pick<Violation, 'protocol' | 'link'>;

/** Nothing forbidden, and worth knowing: without the proxy it might have failed, say. Once a session for each side and code, at most. */
export interface SessionNote extends Common {
  readonly kind: 'note';
  readonly side: Side;
  /** A stable word for it, for filters and counts. */
  readonly code: NoteCode;
  /** One sentence for people: the wording may change. */
  readonly detail: string;
}

/** A capture lacks bytes that the peers did exchange. */
export interface Gap extends Common {
  readonly kind: 'gap';
  /** Who sent them. */
  readonly side: Side;
  /** Number of the data link; null for the control connection. */
  readonly link: number | null;
  readonly bytes: number;
}

/** What diagnosis concludes. Follows the observation that completes it; transcripts do not hold it, as readers derive it again. */
export interface Finding extends Common, FindingFacts {
  readonly kind: 'finding';
}

/** How a session ended. */
export interface SessionEnd {
  /** Who ended it first; `capture` when the capture does not show its end. */
  readonly by: Side | 'proxy' | 'capture';
  readonly cause: SessionCause;
  /** The cause with its details, for people: the wording may change. */
  readonly reason: string;
  /** How the control connection failed; absent where it did not. */
  readonly failure?: ConnectionFailure | undefined;
  /** The TLS alert with which that side broke its control connection off, behind the handshake. */
  readonly alert?: TlsAlert;
}

export interface SessionClosed extends Common, SessionEnd {
  readonly kind: 'session-closed';
  readonly durationMs: number;
  readonly commands: number;
  readonly links: number;
  /** Payload bytes towards the client. */
  readonly bytesDown: number;
  /** Payload bytes towards the server. */
  readonly bytesUp: number;
}
