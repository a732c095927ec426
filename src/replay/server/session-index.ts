// A recorded session, to be asked for what it answered to a command. Pure, and shared by all clients of a replay.
import { leadsTo, resolvePath, withoutListOptions } from '../../protocol/remote-path.js';
import { verbFacts } from '../../protocol/verbs.js';
import {
  began,
  directionOf,
  finalReply,
  type RecordedExchange,
  type RecordedSession,
  wasRefused,
} from '../session/recorded-session.js';

/** An exchange, where it stands, and which folder is current behind it. */
export interface IndexedExchange {
  readonly index: number;
  readonly exchange: RecordedExchange;
  readonly folderBehind: string;
  /** Where in its file the transfer began. */
  readonly restartedAt: number;
}

export class SessionIndex {
  /** Exchanges that have an answer, in order, by what may be asked. */
  private readonly byLine = new Map<string, IndexedExchange[]>();
  private readonly byLineAndPath = new Map<string, IndexedExchange[]>();
  private readonly byPath = new Map<string, IndexedExchange[]>();
  private readonly byVerb = new Map<string, IndexedExchange[]>();
  private readonly grantedByVerb = new Map<string, IndexedExchange[]>();
  private readonly all: IndexedExchange[] = [];
  /** Folders that something was asked for in. */
  private readonly folders = new Set<string>(['', '/']);

  /** `home`: where sessions begin; empty where nobody knows. */
  constructor(
    readonly session: RecordedSession,
    readonly home = '',
  ) {
    let folder = home;
    let restartedAt = 0;
    for (const exchange of session.exchanges) {
      const { verb, argument } = exchange;
      const before = folder;
      if (!wasRefused(exchange)) folder = leadsTo(folder, verb, argument) ?? folder;
      if (!hasAnswer(exchange)) continue;
      const indexed = { index: this.all.length, exchange, folderBehind: folder, restartedAt };
      restartedAt = restartBehind(exchange, restartedAt);
      this.all.push(indexed);
      add(this.byLine, lineKey(verb, argument), indexed);
      add(this.byVerb, verb, indexed);
      if (!wasRefused(exchange)) add(this.grantedByVerb, verb, indexed);
      this.addFolders(folder);
      const path = pathMeant(before, verb, argument);
      if (path === null) continue;
      add(this.byPath, lineKey(verb, path), indexed);
      add(this.byLineAndPath, lineAndPathKey(verb, argument, path), indexed);
      if (!wasRefused(exchange)) this.addFolders(parentOf(path));
    }
  }

  /** Whether the recorded client was there, or asked for something that is there. */
  knowsFolder(path: string): boolean {
    return this.folders.has(path);
  }

  /** Whether a command with that verb was granted. */
  grants(verb: string): boolean {
    return this.grantedByVerb.has(verb);
  }

  at(index: number): IndexedExchange | null {
    return this.all[index] ?? null;
  }

  /** The same command: from `from` on, or else the last one before it. Transfers have to hold what begins at `restartAt`. */
  sameLine(verb: string, argument: string, { from, restartAt }: Since): IndexedExchange | null {
    return nearest(this.byLine.get(lineKey(verb, argument)), from, restartAt);
  }

  /** The same command for the same file or folder, in the same words. */
  sameLineAndPath(verb: string, argument: string, path: string, { from, restartAt }: Since): IndexedExchange | null {
    return nearest(this.byLineAndPath.get(lineAndPathKey(verb, argument, path)), from, restartAt);
  }

  /** The same command for the same file or folder, named from elsewhere. */
  samePath(verb: string, path: string, { from, restartAt }: Since): IndexedExchange | null {
    return nearest(this.byPath.get(lineKey(verb, path)), from, restartAt);
  }

  /** The same verb: from `from` on, or else the last one before it; refused ones only when there are no others. */
  sameVerb(verb: string, { from, restartAt }: Since): IndexedExchange | null {
    return nearest(this.grantedByVerb.get(verb) ?? this.byVerb.get(verb), from, restartAt);
  }

  /** The folder, and those that it is in. */
  private addFolders(folder: string): void {
    for (let at = folder; !this.folders.has(at); at = parentOf(at)) this.folders.add(at);
  }
}

/** A transfer that had begun when the recording ended is answered as far as it goes. */
function hasAnswer(exchange: RecordedExchange): boolean {
  return finalReply(exchange) !== null || (directionOf(exchange.verb) !== null && began(exchange));
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, Math.max(0, slash));
}

/** How far the client has come, and where in its file its next transfer is to begin. */
export interface Since {
  readonly from: number;
  readonly restartAt: number;
}

/** REST is for the next transfer (RFC 3659 section 5). What RANG cuts out of a file holds nothing that another transfer could be served from. */
function restartBehind({ verb, argument, replies }: RecordedExchange, before: number): number {
  if (verb === 'RANG') return replies.at(-1)?.code === 350 ? Number.POSITIVE_INFINITY : before;
  if (verb === 'REST') return replies.at(-1)?.code === 350 ? Number.parseInt(argument, 10) || 0 : before;
  return directionOf(verb) === null ? before : 0;
}

function add(index: Map<string, IndexedExchange[]>, key: string, indexed: IndexedExchange): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [indexed]);
  else known.push(indexed);
}

function nearest(
  exchanges: readonly IndexedExchange[] | undefined,
  from: number,
  restartAt: number,
): IndexedExchange | null {
  if (exchanges === undefined) return null;
  let [low, high] = [0, exchanges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((exchanges[middle]?.index ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  const holds = (indexed: IndexedExchange | undefined) => indexed !== undefined && indexed.restartedAt <= restartAt;
  for (let at = low; at < exchanges.length; at += 1) if (holds(exchanges[at])) return exchanges[at] ?? null;
  for (let at = low - 1; at >= 0; at -= 1) if (holds(exchanges[at])) return exchanges[at] ?? null;
  return null;
}

function lineKey(verb: string, argument: string): string {
  return `${verb} ${argument.trim()}`;
}

function lineAndPathKey(verb: string, argument: string, path: string): string {
  return `${lineKey(verb, argument)}\n${path}`;
}

/** Verbs whose argument is a path; without one they mean the current folder. */
const NAMES_A_PATH = /^(?:X?CWD|SIZE|MDTM|MLST|HASH|XCRC|XMD5|XSHA1|XSHA256|DELE|X?MKD|X?RMD|RNFR|RNTO|STAT|X?PWD)$/;

/** What a command is about, said in a folder; null for a command that is about neither file nor folder. */
export function pathMeant(folder: string, verb: string, argument: string): string | null {
  const led = leadsTo(folder, verb, argument);
  if (led !== null) return led;
  // It asks for the server's own state.
  if (verb === 'STAT' && argument.trim() === '') return null;
  const facts = verbFacts(verb);
  if (facts?.transfer === undefined && !NAMES_A_PATH.test(verb)) return null;
  return resolvePath(folder, withoutListOptions(verb, argument));
}

/** Where the session begins, by what it was told before it went elsewhere; null when it did not ask. */
export function homeOf({ exchanges }: RecordedSession): string | null {
  for (const exchange of exchanges) {
    const { verb, argument } = exchange;
    if (leadsTo('', verb, argument) !== null && !wasRefused(exchange)) return null;
    if (verb !== 'PWD' && verb !== 'XPWD') continue;
    const named = /^257 "(\/(?:[^"]|"")*)"/.exec(finalReply(exchange)?.lines[0] ?? '')?.[1];
    if (named !== undefined) return resolvePath('', named.replaceAll('""', '"'));
  }
  return null;
}
