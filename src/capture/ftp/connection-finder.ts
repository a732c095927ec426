// What finds the connections of data links, as links see it.
import type { LegMode } from '../../dialogue/link-facts.js';
import type { Transfer } from '../../dialogue/link-life.js';
import type { CapturedLink, LinkOwner } from './captured-link.js';
import type { CapturedDataConnection } from './data-connection.js';

/** A connection that nobody announced. */
export interface FoundConnection {
  readonly data: CapturedDataConnection;
  readonly mode: LegMode;
}

/** What finds connections for links. */
export interface ConnectionFinder {
  /** The link wants a connection: one that is there already, or one that is still to come. */
  expect(link: CapturedLink): void;
  /** The transfer is over: its connection must have been there, wherever it went. */
  search(link: CapturedLink): void;
  /** The link wants no connection any more. */
  settle(link: CapturedLink): void;
  /** The end of the link is about to be told. */
  closing(link: CapturedLink): void;
  /** A transfer without an announced port is over. Its connection and mode, if there is one. */
  searchUnannounced(owner: LinkOwner, transfer: Transfer, at: number): FoundConnection | null;
  /** The connection carries the link from now on. */
  attached(data: CapturedDataConnection, link: CapturedLink): void;
}
