// Payloads of which it was not known whose they are until their bytes had gone by: NAT changed the port, or the capture holds the
// data before its command. Their files are made behind the last byte, and are named when the end of the link is told.

import type { Transfer } from '../../dialogue/link-life.js';
import type { Observation } from '../../dialogue/observation.js';
import type { CapturedLink } from './captured-link.js';
import type { PayloadKeeping } from './payload-keeping.js';

export class LatePayloads {
  /** By the session's key and the link's number, until the link's end is observed. */
  private readonly keepings = new Map<string, PayloadKeeping>();

  /** Told of transfers whose bytes were there, and are not kept. */
  constructor(private readonly unsaved: (line: string) => void) {}

  /** The end of a link is about to be observed: what has waited for its transfer till now goes into a file. */
  keep({ data, transfer, flowingSince, owner, number, stream }: CapturedLink): void {
    const keeping = data?.keeping;
    if (keeping?.isIncomplete) this.unsaved(unsavedLine(transfer, owner.clientHost));
    if (!keeping?.unopened || flowingSince === null || data?.bytes === 0) return;
    // Without its command nobody can say that it was not protected.
    if (transfer === null && stream?.encrypted) return;
    keeping.keepWhatWaited({
      session: owner.key,
      link: number,
      verb: transfer?.verb ?? '',
      path: transfer?.path ?? '',
    });
    this.keepings.set(keyOf(owner.key, number), keeping);
  }

  /** With the file's name; all that was to be written must have been. `session` is the session's key still. */
  named(observation: Observation): Observation {
    if (this.keepings.size === 0 || observation.kind !== 'link-closed') return observation;
    const key = keyOf(observation.session, observation.link);
    const file = this.keepings.get(key)?.file ?? null;
    this.keepings.delete(key);
    return file === null ? observation : { ...observation, payload: file };
  }
}

function unsavedLine(transfer: Transfer | null, client: string): string {
  const what = transfer === null ? 'a transfer' : `${transfer.verb} ${transfer.path}`;
  return `the bytes of ${what} of ${client} could not be saved: too many came before it was known whose they were`;
}

function keyOf(session: number, link: number): string {
  return `${session} ${link}`;
}
