// The texts of a recorded session's listings, by their commands' numbers: they are compared as text, so they are read whole.
import { verbFacts } from '../../protocol/verbs.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import type { RecordedSession } from '../session/recorded-session.js';
import type { Recording } from '../session/recorded-sessions.js';

/** A listing longer than this is compared by its sum, not as text. */
export const MAX_LISTING_BYTES = 4 * 1024 * 1024;
/** Of one session, all together. */
const MAX_LISTINGS_BYTES = 64 * 1024 * 1024;

/** One character a byte. Those that were not kept are left out. */
export async function listingsOf(
  { exchanges }: RecordedSession,
  recording: Pick<Recording, 'payload'>,
): Promise<ReadonlyMap<number, string>> {
  const listings = new Map<number, string>();
  let held = 0;
  for (const { number, verb, transfer } of exchanges) {
    if (!verbFacts(verb)?.lists || transfer?.payload == null || transfer.bytes > MAX_LISTING_BYTES) continue;
    held += transfer.bytes;
    if (held > MAX_LISTINGS_BYTES) break;
    const text = await textOf(recording, transfer.payload);
    if (text !== null) listings.set(number, text);
  }
  return listings;
}

/** Null when the payload is missing. */
async function textOf(recording: Pick<Recording, 'payload'>, payload: string): Promise<string | null> {
  let text = '';
  try {
    for await (const chunk of recording.payload(payload)) {
      text += chunk.toString('latin1');
      if (text.length > MAX_LISTING_BYTES) return null;
    }
  } catch (error) {
    if (error instanceof RecordedFileError) return null;
    throw error;
  }
  return text;
}
