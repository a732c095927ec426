// The events of a connection that carries a transfer, or may: the bytes go into its sums and its payload, the rest to its link.
import type { ConnectionEvent } from '../connection-event.js';
import type { Candidate } from './candidate.js';
import type { CapturedLink } from './captured-link.js';
import type { CapturedSession } from './captured-session.js';
import { type CapturedDataConnection, sumUp } from './data-connection.js';
import type { PayloadKeeping } from './payload-keeping.js';

/** It is known what its file is called: after its transfer, or after none, as nothing more will be known of that. */
function isNamed({ transfer, closing, stream }: CapturedLink): boolean {
  return transfer !== null || (closing?.kind === 'unseen' && stream !== null && stream.bytes > 0 && !stream.encrypted);
}

export class DataTraffic {
  /** By their keys. */
  constructor(private readonly sessions: ReadonlyMap<number, CapturedSession>) {}

  /** Takes an event of a link's connection; a payload's file has to be made before its first byte is taken. */
  take({ data, link }: Candidate, event: ConnectionEvent): Promise<void> | null {
    const { keeping } = data;
    if (link !== null && keeping?.unopened && isNamed(link) && link.flowingSince !== null) {
      return this.openFile(link, keeping).then(() => this.apply(data, link, event));
    }
    this.apply(data, link, event);
    return null;
  }

  private async openFile(link: CapturedLink, keeping: PayloadKeeping): Promise<void> {
    const { verb = '', path = '' } = link.transfer ?? {};
    await keeping.open({ session: link.owner.key, link: link.number, verb, path });
  }

  private apply(data: CapturedDataConnection, link: CapturedLink | null, event: ConnectionEvent): void {
    sumUp(data, event, link?.transfer?.verb ?? null);
    const { keeping } = data;
    if (link === null || link.closed) return;
    const { owner } = link;
    owner.passes(event.at);
    if (event.kind === 'bytes') {
      if (link.isPayload(event.from)) keeping?.take(event.bytes);
      owner.moved(link);
    } else if (event.kind === 'secured') {
      owner.secured(link, event.tls);
    } else if (event.kind === 'lost') {
      owner.lost(link, event.from, event.bytes);
    } else if (event.kind === 'conflict') {
      owner.contradicted(link, event.from, event.bytes);
    } else if (data.end !== null) {
      keeping?.finish();
      owner.dataEnded(link);
      this.sessions.get(owner.key)?.finish();
    }
  }
}
