// Payloads on their way from one recording to another: those of the sessions that were picked, under names of the new one.
import type { LinkClosed, Observation } from '../../dialogue/observation.js';
import type { KeptPayload, PayloadSink, PayloadStore } from '../../dialogue/payload-sink.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';

/** Keeps the payloads of some sessions. */
export function onlyOf(selects: (session: number) => boolean, store: PayloadStore): PayloadStore {
  return { open: async (transfer) => (selects(transfer.session) ? store.open(transfer) : NOT_KEPT) };
}

const NOTHING: KeptPayload = { file: '', sha256: '' };
export const NOT_KEPT: PayloadSink = { soFar: NOTHING, write: async () => {}, finish: async () => NOTHING };

/**
 * The observation as the new recording is to have it: with the payload's new name, or with none where it cannot be had, which
 * `tell` is told of. Rejects with a RecordingError when it cannot be kept.
 */
export async function withCopiedPayload(
  observation: Observation,
  from: RecordedFile,
  store: PayloadStore,
  tell: (line: string) => void,
): Promise<Observation> {
  // Those of captures went into the store as they were read.
  if (from.kind === 'capture' || observation.kind !== 'link-closed' || observation.payload === undefined) {
    return observation;
  }
  try {
    const kept = await copied(observation, from.payload(observation.payload), store);
    if (kept.sha256 !== observation.sha256) {
      tell(`payload ${observation.payload} of ${from.name} is not what was recorded: its SHA-256 differs`);
    }
    return { ...observation, payload: kept.file, sha256: kept.sha256 };
  } catch (error) {
    if (!(error instanceof RecordedFileError)) throw error;
    tell(error.message);
    return withoutPayload(observation);
  }
}

/** A recording without payloads of its own names none. */
export function withoutPayload(observation: Observation): Observation {
  if (observation.kind !== 'link-closed' || observation.payload === undefined) return observation;
  const { payload: _elsewhere, ...rest } = observation;
  return rest;
}

async function copied(
  { session, link, verb, path }: LinkClosed,
  bytes: AsyncIterable<Buffer>,
  store: PayloadStore,
): Promise<KeptPayload> {
  const sink = await store.open({ session, link, verb: verb ?? '', path: path ?? '' });
  try {
    for await (const chunk of bytes) await sink.write(chunk);
  } finally {
    await sink.finish();
  }
  return sink.soFar;
}
