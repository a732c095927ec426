// What a session has shown of the folder that it is in: the newest listing, and files that are known to be there or not. Forgotten with
// the folder. Only plain names count: what a path with folders in it means, the server alone knows.
import { nameSum } from '../dialogue/content-facts.js';
import { isListing } from '../dialogue/content-probe.js';
import type {
  CommandSeen,
  LinkClosed,
  ListedFile,
  ListingFacts,
  Observation,
  ReplySeen,
} from '../dialogue/observation.js';

const MAX_NAMES = 32;

/** A file that is in the folder. */
export interface KnownFile {
  /** What shows it: an upload or a download that was complete, or an answer to SIZE or MDTM. */
  readonly by: Observation;
  /** When it was uploaded in this session. */
  readonly storedAt: number | null;
  /** Its time by MDTM, `YYYYMMDDhhmmss`. */
  readonly modified: string | null;
}

const LEAVES_FOLDER = new Set(['CWD', 'XCWD', 'CDUP', 'XCUP', 'REIN', 'SMNT', 'USER']);

export class FolderPicture {
  /** The newest listing of the folder itself, whole or not. */
  listed: { readonly by: LinkClosed; readonly listing: ListingFacts } | null = null;
  readonly files = new Map<string, KnownFile>();
  /** Names whose upload failed. */
  readonly halfStored = new Map<string, Observation>();

  /** An entry of the newest listing, where that kept its sums. */
  listedFile(name: string): ListedFile | null {
    const sum = nameSum(name);
    return this.listed?.listing.files.find((one) => one.nameSum === sum) ?? null;
  }

  /** The server's final word on a command. */
  reply({ verb, argument }: CommandSeen, reply: ReplySeen): void {
    if (reply.code >= 400) return;
    if (LEAVES_FOLDER.has(verb)) {
      this.listed = null;
      this.files.clear();
      this.halfStored.clear();
    } else if (reply.code === 213 && (verb === 'MDTM' || verb === 'SIZE')) {
      const modified = /^213[ -](\d{14})/.exec(reply.lines[0] ?? '')?.[1] ?? null;
      if (verb === 'MDTM' && modified !== null) this.knows(argument, { by: reply, modified });
      else if (verb === 'SIZE') this.knows(argument, { by: reply });
    } else if (verb === 'DELE' || verb === 'RNFR') {
      this.files.delete(argument);
    }
  }

  linkClosed(closed: LinkClosed): void {
    const { verb, path, outcome, content, at } = closed;
    if (verb === null || path === null) return;
    if (isListing(verb)) {
      const { listing } = content ?? {};
      if (isOfFolderItself(path) && outcome === 'complete' && listing !== undefined)
        this.listed = { by: closed, listing };
    } else if (outcome === 'complete') {
      this.halfStored.delete(path);
      this.knows(path, closed.direction === 'upload' ? { by: closed, storedAt: at } : { by: closed });
    } else if (closed.direction === 'upload' && isPlain(path) && this.halfStored.size < MAX_NAMES) {
      this.halfStored.set(path, closed);
    }
  }

  private knows(name: string, facts: Partial<KnownFile> & Pick<KnownFile, 'by'>): void {
    if (!isPlain(name)) return;
    const before = this.files.get(name);
    const { storedAt = before?.storedAt ?? null, modified = null, by } = facts;
    this.files.delete(name);
    this.files.set(name, { by, storedAt, modified: modified ?? before?.modified ?? null });
    const [oldest] = this.files.keys();
    if (this.files.size > MAX_NAMES && oldest !== undefined) this.files.delete(oldest);
  }
}

/** `LIST`, `LIST .` and `LIST -la` show the folder that the session is in. */
export function isOfFolderItself(path: string): boolean {
  return /^(-\w+ ?)*(\.\/?)?$/.test(path);
}

function isPlain(name: string): boolean {
  return name !== '' && !/[/\\]/.test(name);
}
