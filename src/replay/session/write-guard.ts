// What must not be sent to a server that is to stay as it is, or cannot be as its bytes are not in the recording, and what makes no
// sense without it: of commands in order, which to leave out. Pure. Paths are followed as text from one command to the next; symbolic links are not known here.
import { leadsTo, resolvePath, withoutListOptions } from '../../protocol/remote-path.js';
import { verbFacts } from '../../protocol/verbs.js';
import { carriedData, directionOf, heldOf, type RecordedExchange, wasRefused } from './recorded-session.js';

/** Why a command is not to be sent, in words; null when it is. */
export type Reserve = (exchange: RecordedExchange) => string | null;

/** For a server that is to stay as it is. */
export const WRITES_NOTHING: Reserve = (exchange) => (mayWrite(exchange) ? 'it may change the server' : null);

/**
 * For a server that may be changed: an upload is never one of what the recording does not have. What was broken off, by the client or as
 * the server says, is broken off again.
 */
export const UPLOADS_WHAT_IS_HELD: Reserve = (exchange) => {
  if (directionOf(exchange.verb) !== 'upload' || !carriedData(exchange)) return null;
  const held = heldOf(exchange);
  const brokeOff = exchange.transfer?.outcome === 'aborted' || wasRefused(exchange);
  if (held === 'all' || (held === 'start' && brokeOff)) return null;
  return held === 'start' ? 'the recording ends before the upload does' : 'the recording does not hold its bytes';
};

/** Whether a command may change what lies on the server. So may one that nobody knows. */
function mayWrite({ verb, argument }: Pick<RecordedExchange, 'verb' | 'argument'>): boolean {
  const facts = verbFacts(verb);
  if (facts === undefined || facts.writes) return true;
  // Some servers set a file's time with `MDTM YYYYMMDDhhmmss name`.
  return verb === 'MDTM' && /^\d{14}(?:\.\d+)?(?:[+-]\d+)? \S/.test(argument);
}

export type WriteVerdict =
  | { readonly kind: 'send' }
  /** It goes out, and what it lists is not what was recorded, as something before it was left out. */
  | { readonly kind: 'send-unlike' }
  | { readonly kind: 'withheld'; readonly why: string }
  | { readonly kind: 'depends'; readonly on: RecordedExchange };

const SEND: WriteVerdict = { kind: 'send' };

/** Verbs whose argument is a path, and that touch nothing else. */
const NAMES_A_PATH =
  /^(?:RETR|SIZE|MDTM|MLST|HASH|XCRC|XMD5|XSHA1|XSHA256|LIST|NLST|MLSD|STAT|X?PWD|ERET|APPE|DELE|RNFR|X?MKD|X?RMD)$/;
/** Verbs that name a path behind other words. */
const HAS_A_PATH = /^(?:MFMT|MFCT|MFF|SITE)$/;
/** Said ahead of a transfer, and for it alone. */
const PREPARES = /^(?:REST|RANG|ALLO|PRET)$/;

/** More touched paths than these are not told apart any more. */
const MAX_TOUCHED = 10_000;

export class WriteGuard {
  /** Where the recorded session is; what it begins in is the empty path. */
  private recorded = '';
  /** Where this one is: elsewhere, once a change of folder was left out. */
  private actual = '';
  /** The command without which we are elsewhere. */
  private strayedFor: RecordedExchange | null = null;
  private readonly touched = new Map<string, RecordedExchange>();
  /** A file is being renamed that is not what it was. */
  private renamedFor: RecordedExchange | null = null;

  constructor(private readonly reserve: Reserve) {}

  /** To be called for each command, in order. */
  judge(exchange: RecordedExchange): WriteVerdict {
    const { verb } = exchange;
    const why = this.reserve(exchange);
    if (why !== null) {
      if (!wasRefused(exchange)) this.touch(exchange, exchange);
      return { kind: 'withheld', why };
    }
    if (verb === 'RNTO') return this.judgeRenaming(exchange);
    // What is sent whole is there, whatever was before it.
    if (verb === 'STOR') this.touched.delete(resolvePath(this.recorded, exchange.argument));
    if (HAS_A_PATH.test(verb)) return this.judgeWords(exchange);
    const folder = leadsTo(this.recorded, exchange.verb, exchange.argument);
    if (folder !== null) return this.move(exchange, folder);
    return NAMES_A_PATH.test(exchange.verb) ? this.judgePath(exchange) : SEND;
  }

  private judgePath(exchange: RecordedExchange): WriteVerdict {
    const named = withoutListOptions(exchange.verb, exchange.argument);
    const path = resolvePath(this.recorded, named);
    const on = this.touchedAbove(path) ?? this.strayed(named);
    if (exchange.verb === 'RNFR') this.renamedFor = on;
    if (on !== null) return { kind: 'depends', on };
    const lists = verbFacts(exchange.verb)?.lists || exchange.verb === 'STAT';
    return lists && this.touchedBelow(path) ? { kind: 'send-unlike' } : SEND;
  }

  private judgeRenaming(exchange: RecordedExchange): WriteVerdict {
    const on = this.renamedFor;
    this.renamedFor = null;
    if (on === null) return SEND;
    if (!wasRefused(exchange)) this.touch(exchange, on);
    return { kind: 'depends', on };
  }

  /** Which of the words is a path is the server's matter. */
  private judgeWords({ argument }: RecordedExchange): WriteVerdict {
    const words = [...argument.split(' '), argument.slice(argument.indexOf(' ') + 1)];
    const on = words.map((word) => this.touchedAbove(resolvePath(this.recorded, word))).find((one) => one !== null);
    return on === undefined ? SEND : { kind: 'depends', on };
  }

  private move(exchange: RecordedExchange, folder: string): WriteVerdict {
    const on = this.touchedAbove(folder) ?? this.strayed(exchange.argument);
    if (!wasRefused(exchange)) {
      this.recorded = folder;
      if (on === null) this.actual = folder;
      else this.strayedFor = on;
    }
    return on === null ? SEND : { kind: 'depends', on };
  }

  /** For a path that means something else here, as we are in another folder: the command that was left out. */
  private strayed(path: string): RecordedExchange | null {
    return this.recorded === this.actual || path.startsWith('/') ? null : this.strayedFor;
  }

  private touch({ verb, argument }: RecordedExchange, on: RecordedExchange): void {
    if (this.touched.size >= MAX_TOUCHED || verb === 'SITE' || verb === 'STOU') return;
    this.touched.set(resolvePath(this.recorded, argument), on);
  }

  /** The command left out that made, or unmade, the path or a folder above it. */
  private touchedAbove(path: string): RecordedExchange | null {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const by = this.touched.get(at);
      if (by !== undefined) return by;
      if (!at.includes('/')) return null;
    }
  }

  private touchedBelow(folder: string): boolean {
    const inside = folder === '' ? '' : `${folder.replace(/\/$/, '')}/`;
    return [...this.touched.keys()].some((path) => path.startsWith(inside));
  }
}

/** Whether a command stands for nothing but the transfer, or the second half, behind it. */
export function preparesNext({ verb }: RecordedExchange): boolean {
  return PREPARES.test(verb) || verbFacts(verb)?.announces !== undefined;
}
