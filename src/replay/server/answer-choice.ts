// One client's way through the recording: which recorded exchange answers what it asks. The recorded order is followed as long as
// the client follows it; where it does not, command and argument count, then the verb. What reads a file or a folder is answered
// by what was recorded of the same file or folder, or not at all: another one's bytes would be a lie. Pure.
import { leadsTo } from '../../protocol/remote-path.js';
import { verbFacts } from '../../protocol/verbs.js';
import { directionOf, type RecordedExchange, wasRefused } from '../session/recorded-session.js';
import { type IndexedExchange, pathMeant, type SessionIndex, type Since } from './session-index.js';

/**
 * What to do about a command that the recording has no answer to.
 * - 550: a file or folder is not there, any other command is not implemented (502);
 * - 502, 500: that reply to each;
 * - close: the session ends;
 * - next: it is answered by what comes next in the recording, unless it reads a file or a folder.
 */
export type OnUnknown = (typeof ON_UNKNOWN)[number];
export const ON_UNKNOWN = ['550', '502', '500', 'close', 'next'] as const;

/**
 * - line: the same command with the same argument, of the same folder where the recording has it;
 * - path: the same command and file, named from another folder;
 * - verb: the same command with another argument;
 * - next: another command, taken in the recorded order.
 */
export type FoundBy = 'line' | 'path' | 'verb' | 'next';

export interface Found {
  readonly exchange: RecordedExchange;
  readonly by: FoundBy;
  /** The client asked for just what comes next in the recording. */
  readonly inOrder: boolean;
  /** Where in its file the recorded transfer began. */
  readonly restartedAt: number;
}

/** Their arguments mean just what they say. */
const MEANT_LITERALLY = /^(?:TYPE|MODE|STRU|REST|RANG|OPTS|PROT|PBSZ|AUTH|SITE|HELP|MFMT|MFCT|MFF)$/;

/** Asks one session, from a place in it on. */
type Question = (index: SessionIndex, since: Since) => IndexedExchange | null;

interface Candidate {
  readonly session: number;
  readonly indexed: IndexedExchange;
}

export class AnswerChoice {
  /** Which of the sessions, and the furthest place in it. */
  private current = 0;
  private next = 0;
  /** Where the client is, by the paths of the recording. */
  private folder: string;
  /** Where the transfer that is asked for begins. */
  private restartAt = 0;

  /** At least one session. */
  constructor(private readonly sessions: readonly SessionIndex[]) {
    this.folder = sessions[0]?.home ?? '';
  }

  /** The recorded answer to a command; null when there is none. */
  find(verb: string, argument: string, restartAt = 0): Found | null {
    // Only a transfer can begin in the middle.
    this.restartAt = directionOf(verb) === 'download' ? restartAt : 0;
    const inOrder = verbFacts(verb)?.announces === undefined ? null : this.nextOfVerb(verb);
    if (inOrder !== null) return this.take(inOrder, 'verb');
    const path = pathMeant(this.folder, verb, argument);
    if (path !== null) {
      const same = this.look((index, since) => index.sameLineAndPath(verb, argument, path, since));
      if (same !== null) return this.take(same, 'line');
      const samePath = this.look((index, since) => index.samePath(verb, path, since));
      if (samePath !== null) return this.take(samePath, 'path');
      if (!verbFacts(verb)?.writes) return null;
    }
    const sameLine = this.look((index, since) => index.sameLine(verb, argument, since));
    if (sameLine !== null) return this.take(sameLine, 'line');
    if (MEANT_LITERALLY.test(verb)) return null;
    const sameVerb = this.look((index, since) => index.sameVerb(verb, since));
    // An upload that was turned down is no reason to turn down another one.
    if (sameVerb === null || (directionOf(verb) === 'upload' && wasRefused(sameVerb.indexed.exchange))) return null;
    return this.take(sameVerb, 'verb');
  }

  /** Goes into a folder that the recording has no command for, and yet knows. False when it does not. */
  enter(verb: string, argument: string): boolean {
    const folder = leadsTo(this.folder, verb, argument);
    if (folder === null || !this.knows(folder)) return false;
    this.folder = folder;
    return true;
  }

  /** Whether a command reads a file or a folder, or changes it. */
  namesPath(verb: string, argument: string): boolean {
    return pathMeant(this.folder, verb, argument) !== null;
  }

  /** Where the client is; null where the recording does not say where sessions begin. */
  get knownFolder(): string | null {
    return this.folder.startsWith('/') ? this.folder : null;
  }

  /** How long a file is that was downloaded whole, as clients ask before they do the same (curl); null where that is not known. */
  sizeOf(argument: string): number | null {
    const path = pathMeant(this.folder, 'SIZE', argument);
    const download = path === null ? null : this.look((index, since) => index.samePath('RETR', path, since));
    if (download === null || download.indexed.restartedAt > 0) return null;
    const { transfer } = download.indexed.exchange;
    return transfer?.held === 'all' ? transfer.bytes : null;
  }

  /** Whether the recorded server turned such commands down whenever it was asked. */
  neverGranted(verb: string): boolean {
    return this.sessions.every((index) => !index.grants(verb));
  }

  /** A data port has another number each time: the argument does not count where the verb comes next in the recording. */
  private nextOfVerb(verb: string): Candidate | null {
    const indexed = this.sessions[this.current]?.at(this.next) ?? null;
    return indexed?.exchange.verb === verb ? { session: this.current, indexed } : null;
  }

  /** What comes next in the recording, whatever was asked; null at its end. */
  findNext(): Found | null {
    const indexed = this.sessions[this.current]?.at(this.next) ?? null;
    return indexed === null ? null : this.take({ session: this.current, indexed }, 'next');
  }

  private knows(folder: string): boolean {
    return this.sessions.some((index) => index.knowsFolder(folder));
  }

  /** In the current session first, then in the others, in their order. */
  private look(ask: Question): Candidate | null {
    const { restartAt } = this;
    const here = this.sessions[this.current];
    const indexed = here === undefined ? null : ask(here, { from: this.next, restartAt });
    if (indexed !== null) return { session: this.current, indexed };
    for (const [session, index] of this.sessions.entries()) {
      const elsewhere = session === this.current ? null : ask(index, { from: 0, restartAt });
      if (elsewhere !== null) return { session, indexed: elsewhere };
    }
    return null;
  }

  private take({ session, indexed }: Candidate, by: FoundBy): Found {
    const { exchange, index, folderBehind, restartedAt } = indexed;
    const inOrder = session === this.current && index === this.next;
    // Going back for an answer does not unsay what was said since.
    this.next = session === this.current ? Math.max(this.next, index + 1) : index + 1;
    this.current = session;
    if (leadsTo('', exchange.verb, exchange.argument) !== null) this.folder = folderBehind;
    return { exchange, by, inOrder, restartedAt };
  }
}
