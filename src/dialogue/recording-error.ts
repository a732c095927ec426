// Thrown by whoever records, when what happens can no longer be written down. Then no traffic may go by: the proxy ends the
// session with this message.

export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}
