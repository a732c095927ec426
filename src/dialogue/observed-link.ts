// A data link as it is reported, whoever carries its bytes or looks on.
import type { MaybeStill } from './connection-facts.js';
import type { ObservedContent } from './content-facts.js';
import type { Transfer } from './link-life.js';
import type { LegFacts, LinkState } from './observation.js';

export interface ObservedLink extends MaybeStill, ObservedContent {
  readonly number: number;
  readonly client: LegFacts;
  readonly server: LegFacts;
  readonly transfer: Transfer | null;
  readonly bytes: number;
  readonly state: LinkState;
  /** When bytes began to flow, and when they ended. */
  readonly flowingSince: number | null;
  readonly endedAt: number | null;
  /** What is kept of the payload, as far as it is known. */
  readonly payload: { readonly file?: string; readonly sha256?: string } | null;
}
