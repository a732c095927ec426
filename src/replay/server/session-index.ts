// A recorded session, to be asked for what it answered to a command. Pure, and shared by all who walk through it.
import { verbFacts } from '../../protocol/verbs.js';
import { finalReply, type RecordedExchange, type RecordedSession, wasRefused } from '../recorded-session.js';
import { leadsTo, resolvePath } from '../remote-path.js';

/** An exchange, where it stands, and which folder is current behind it. */
export interface Place {
  readonly index: number;
  readonly exchange: RecordedExchange;
  readonly folderBehind: string;
}

export class SessionIndex {
  /** Exchanges that have an answer, in order, by what may be asked. */
  private readonly byLine = new Map<string, Place[]>();
  private readonly byPath = new Map<string, Place[]>();
  private readonly byVerb = new Map<string, Place[]>();
  private readonly grantedByVerb = new Map<string, Place[]>();
  private readonly places: Place[] = [];

  constructor(readonly session: RecordedSession) {
    let folder = '';
    for (const exchange of session.exchanges) {
      const { verb, argument } = exchange;
      const before = folder;
      if (!wasRefused(exchange)) folder = leadsTo(folder, verb, argument) ?? folder;
      if (finalReply(exchange) === null) continue;
      const place = { index: this.places.length, exchange, folderBehind: folder };
      this.places.push(place);
      add(this.byLine, lineKey(verb, argument), place);
      add(this.byVerb, verb, place);
      if (!wasRefused(exchange)) add(this.grantedByVerb, verb, place);
      if (namesAPath(verb)) add(this.byPath, lineKey(verb, resolvePath(before, argument)), place);
    }
  }

  at(index: number): Place | null {
    return this.places[index] ?? null;
  }

  /** The same command: from `from` on, or else the last one before it. */
  sameLine(verb: string, argument: string, from: number): Place | null {
    return nearest(this.byLine.get(lineKey(verb, argument)), from);
  }

  /** The same command, said from another folder. */
  samePath(verb: string, path: string, from: number): Place | null {
    return namesAPath(verb) ? nearest(this.byPath.get(lineKey(verb, path)), from) : null;
  }

  /** The same verb: from `from` on, or else the last one before it; refused ones only when there are no others. */
  sameVerb(verb: string, from: number): Place | null {
    return nearest(this.grantedByVerb.get(verb) ?? this.byVerb.get(verb), from);
  }
}

function add(places: Map<string, Place[]>, key: string, place: Place): void {
  const known = places.get(key);
  if (known === undefined) places.set(key, [place]);
  else known.push(place);
}

function nearest(places: readonly Place[] | undefined, from: number): Place | null {
  if (places === undefined) return null;
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.index ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return places[low] ?? places.at(-1) ?? null;
}

function lineKey(verb: string, argument: string): string {
  return `${verb} ${argument.trim()}`;
}

/** Verbs whose argument is a path and nothing else. */
const NAMES_A_PATH = /^(?:X?CWD|SIZE|MDTM|MLST|DELE|X?MKD|X?RMD|RNFR|RNTO|STAT)$/;

function namesAPath(verb: string): boolean {
  return verbFacts(verb)?.transfer !== undefined || NAMES_A_PATH.test(verb);
}
