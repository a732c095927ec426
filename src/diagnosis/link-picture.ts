// One data link, as the rules look at it: what was announced, by whom it was used, and what came of it.
import type {
  CommandSeen,
  LinkClosed,
  LinkOpened,
  LinkProgress,
  ReplySeen,
  Rewrite,
  TlsSeen,
} from '../dialogue/observation.js';

export interface LinkPicture {
  readonly number: number;
  readonly opened: LinkOpened;
  /** The newest of its news. */
  latest: LinkOpened | LinkProgress | LinkClosed;
  /** PASV, EPSV, PORT or EPRT, as the client or the proxy said it. */
  readonly announcing: CommandSeen | null;
  /** The server's 227, 229 or its answer to PORT. */
  announcement: ReplySeen | null;
  /** The address in the announcement, and what became of it; null in captures. */
  rewrite: Rewrite | null;
  /** The transfer command that uses it. */
  transfer: CommandSeen | null;
  /** Where in the file it begins (REST). */
  startsAt: number;
  /** Replies to the transfer command, the newest last. */
  readonly replies: ReplySeen[];
  /** Handshakes on its legs. */
  readonly tls: Partial<Record<'client' | 'server', TlsSeen>>;
  closed: LinkClosed | null;
}
