// Where the bytes of a transfer are kept, as the one who carries them sees it. The files themselves are the transcript's
// business: net and transcript meet in these words and do not know each other.

/** What is known of a transfer when its first byte is about to flow. */
export interface TransferName {
  readonly session: number;
  readonly link: number;
  readonly verb: string;
  /** The transfer command's argument, one character a byte. */
  readonly path: string;
}

export interface KeptPayload {
  /** The file's name in the payload folder. */
  readonly file: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Keeps one transfer's payload. */
export interface PayloadSink {
  /** What has been kept by now. */
  readonly soFar: KeptPayload;
  /** Resolves when the chunk's memory may be used again; rejects when it could not be kept. */
  write(chunk: Buffer): Promise<void>;
  /** Ends the payload, whole or not. Rejects when it could not be kept. */
  finish(): Promise<KeptPayload>;
}

export interface PayloadStore {
  /** Rejects when the payload's file cannot be made. */
  open(transfer: TransferName): Promise<PayloadSink>;
}
