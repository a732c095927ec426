// Thrown by a recorder that cannot write any more. Then no traffic may pass: the proxy ends the
// session with this message.

export class RecordingError extends Error {
  override readonly name = 'RecordingError';

  constructor(
    message: string,
    /** The transcript, or the folder of payloads, that cannot be written. */
    readonly place: string | null = null,
    /** The system's word for the fault; null when it has none. */
    readonly code: string | null = null,
  ) {
    super(message);
  }
}
