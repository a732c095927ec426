// What the probes of a check share: the server as it showed itself when it was entered, one logged-in conversation, and what earlier
// probes have found out for later ones.
import type { ServerKind } from '../diagnosis/peers.js';
import { isCompletion, isNegative } from '../protocol/reply.js';
import { readableText, utf8Reading } from '../protocol/wire-text.js';
import { type Carried, type CarryingOptions, type CheckedMode, carry, portOf } from './carrying.js';
import type { Contact, Visit } from './contact.js';
import { type ListedEntry, type Listing, readListing } from './listing.js';
import { type Answer, type Talk, TalkOver } from './talk.js';

/** A file that is there to be asked for. */
export interface SampleFile {
  /** From the folder of the login. */
  readonly path: string;
  readonly entry: ListedEntry;
}

/** A server that hangs up again and again is not asked for ever. */
const MAX_SESSIONS = 6;
/** Folders that are looked into for a file. */
const MAX_FOLDERS = 4;

export class Bench {
  /** Of FEAT, in upper case; null where the server refuses it. */
  features: readonly string[] | null = null;
  serverKind: ServerKind | null = null;
  /** Ports that the server announced, in order. */
  readonly passivePorts: number[] = [];
  /** What works; found out by the first that needs it. */
  private mode: CheckedMode | null | undefined;
  private rootListing: Promise<Listing | null> | null = null;
  private file: Promise<SampleFile | null> | null = null;
  private sessions = 1;

  constructor(
    readonly contact: Contact,
    readonly entry: Visit,
    /** Addresses of the server's name, in the order of the resolver; the address itself where it was given as one. */
    readonly addresses: readonly string[],
    /** Where a file may be written. */
    readonly writeFolder: string | null,
    readonly nowMs: () => number,
  ) {
    this.current = entry.conversation;
  }

  private current: Talk;

  /** Whether the control connections are encrypted. */
  get encrypts(): boolean {
    return this.entry.tls !== null;
  }

  /** The conversation that is logged in, or another where the server has closed it. Rejects with a TalkOver. */
  async session(): Promise<Talk> {
    if (!this.current.isOver) return this.current;
    if (this.sessions >= MAX_SESSIONS) throw new TalkOver('the server closed the connection too often');
    this.sessions += 1;
    this.current = (await this.enterAgain()).conversation;
    return this.current;
  }

  /** Another conversation that is logged in as the first is. Rejects with a TalkOver. */
  async enterAgain(address?: string): Promise<Visit> {
    const where = address === undefined ? {} : { address };
    const entry = await this.contact.enter({ encrypts: this.encrypts, logsIn: true, ...where });
    if (entry.isLoggedIn) return entry;
    const { login, greeting, conversation } = entry;
    conversation.destroy();
    throw new TalkOver(`the server does not let us in again: ${(login ?? greeting).lines.at(-1) ?? ''}`);
  }

  has(feature: string): boolean {
    return this.features?.some((line) => line === feature || line.startsWith(`${feature} `)) ?? false;
  }

  /** Carries a transfer in a mode that works; null where none does. */
  async fetch(line: string, options: CarryingOptions = {}): Promise<Carried | null> {
    const session = await this.session();
    const modes: readonly CheckedMode[] =
      this.mode === undefined ? ['EPSV', 'PASV', 'active'] : this.mode === null ? [] : [this.mode];
    for (const mode of modes) {
      const { port, announced } = await portOf(session, mode);
      if (announced !== null) this.passivePorts.push(announced.announced.port);
      if (port === null) continue;
      const carried = await carry(session, line, port, options);
      if (carried.rest !== null && carried.final === null) return carried;
      if (carried.final === null) continue;
      // A 425 speaks of the data connection; another refusal of what was asked for.
      if (carried.final.code !== 425) {
        this.mode = mode;
        return carried;
      }
    }
    this.mode ??= null;
    return null;
  }

  /** A probe has seen that transfers work in this mode. */
  works(mode: CheckedMode): void {
    this.mode = mode;
  }

  /** A transfer came about over a passive port. */
  get hasPassive(): boolean {
    return this.mode === 'PASV' || this.mode === 'EPSV';
  }

  /** LIST of the folder of the login, once; null where it cannot be had. */
  listing(): Promise<Listing | null> {
    this.rootListing ??= this.list('LIST');
    return this.rootListing;
  }

  /** A listing; null where the server refuses it. */
  async list(line: string): Promise<Listing | null> {
    const carried = await this.fetch(line);
    if (carried === null || carried.final === null || !isCompletion(carried.final.code)) return null;
    return readListing(carried.text, /^MLSD\b/i.test(line), this.nowMs());
  }

  /** The first file in the folder of the login, or in one below it; null where there is none. */
  sample(): Promise<SampleFile | null> {
    this.file ??= this.findFile();
    return this.file;
  }

  /** Whether a command is known at all, whatever it says to this argument. */
  static isKnown({ code }: Answer): boolean {
    return !isNegative(code) || ![500, 502, 504].includes(code);
  }

  private async findFile(): Promise<SampleFile | null> {
    const listing = await this.listing();
    if (listing === null) return null;
    const file = bestFile(listing.entries);
    if (file !== null) return { path: file.name, entry: file };
    const folders = listing.entries.filter(({ kind, name }) => kind === 'folder' && /^[\w.-]+$/.test(name));
    for (const { name } of folders.slice(0, MAX_FOLDERS)) {
      const below = bestFile((await this.list(`LIST ${name}`))?.entries ?? []);
      if (below !== null) return { path: `${name}/${below.name}`, entry: below };
    }
    return null;
  }
}

/** With something in it, a plain name, and a time that can be compared. */
function bestFile(entries: readonly ListedEntry[]): ListedEntry | null {
  const files = entries.filter(
    ({ kind, name }) => kind === 'file' && readableText(name) === (utf8Reading(name) ?? name),
  );
  const worth = ({ bytes, name, modifiedMs }: ListedEntry) =>
    ((bytes ?? 0) > 1 ? 4 : 0) + (/^[\w.-]+$/.test(name) ? 2 : 0) + (modifiedMs === null ? 0 : 1);
  return files.toSorted((a, b) => worth(b) - worth(a))[0] ?? null;
}
