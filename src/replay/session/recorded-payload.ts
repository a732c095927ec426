// The bytes of a recorded transfer, as they are sent again: what is not what was recorded is not passed off as such.
import { createHash } from 'node:crypto';
import type { RecordedTransfer } from './recorded-session.js';
import type { Recording } from './recorded-sessions.js';

/** The kept payload is another one than was recorded. The message is a reason for people. */
export class PayloadDiffers extends Error {
  override readonly name = 'PayloadDiffers';
}

/** At its end rejects with an Error when they are not what was recorded. Throws a RecordedFileError when there is no such payload. */
export function recordedBytes(
  { payload, bytes, sha256 }: Pick<RecordedTransfer, 'payload' | 'bytes' | 'sha256'>,
  recording: Pick<Recording, 'payload'>,
): AsyncIterable<Buffer> {
  return payload === null ? nothing() : verified(recording.payload(payload), payload, bytes, sha256);
}

async function* nothing(): AsyncGenerator<Buffer> {}

async function* verified(
  chunks: AsyncIterable<Buffer>,
  payload: string,
  bytes: number,
  sha256: string | null,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  if (read === bytes && (sha256 === null || hash.digest('hex') === sha256)) return;
  throw new PayloadDiffers(`the payload ${payload} is not the one that was recorded`);
}
