// What may be wrong with a capture file, as its reader's user is told. One line each: what, where, what to do.

/** The file cannot be read as a capture, or not beyond a place. The message is for the user. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

/** What is told beside the events; each line stands for itself. */
export interface CaptureNotice {
  readonly kind: /** The file ends or breaks before its end: what was whole was read. */
    | 'incomplete'
    /** Packets that could not be understood, or not whole. */
    | 'skipped'
    /** A bound was reached, and something let go for it. */
    | 'limit'
    /** The bytes of a transfer were there, and could not be saved. */
    | 'unsaved';
  readonly text: string;
}

export type TellNotice = (notice: CaptureNotice) => void;
