// What the clients of a replayed server have asked, and what of it the recording could not answer. Pure, and bounded: what is
// asked over and over is counted, not kept.

/** An upload beside the recorded one. */
export interface ServedUpload {
  /** The client's command. */
  readonly line: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it is what was recorded; null when there is nothing to compare it with. */
  readonly same: boolean | null;
}

/** Different lines of one kind that are told apart. */
const MAX_LINES = 1000;
const MAX_UPLOADS = 10_000;

/** Lines, and how often each was asked. */
export type LineCounts = ReadonlyMap<string, number>;

export class ServedCounts {
  clients = 0;
  commands = 0;
  readonly unknown = new Map<string, number>();
  /** Answered as another command: `RETR b, answered as RETR a`. */
  readonly substituted = new Map<string, number>();
  /** Transfers whose bytes the recording does not hold. */
  readonly withoutPayload = new Map<string, number>();
  readonly uploads: ServedUpload[] = [];

  addTo(lines: Map<string, number>, line: string): void {
    const known = lines.get(line);
    if (known !== undefined || lines.size < MAX_LINES) lines.set(line, (known ?? 0) + 1);
  }

  upload(upload: ServedUpload): void {
    if (this.uploads.length < MAX_UPLOADS) this.uploads.push(upload);
  }
}
