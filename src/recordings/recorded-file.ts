// What a recording offers to whoever shows, replays or exports it, whether it is a transcript or a capture.
import type { Observation } from '../dialogue/observation.js';
import type { PayloadStore } from '../dialogue/payload-sink.js';
import type { SessionNumbers } from '../transcript/session-numbers.js';
import type { Stdin } from './recorded-bytes.js';

export interface OpenRecordedOptions {
  /** Whether `observations` is to be called more than once; a stream is put aside for that. Default: false. */
  readonly rereadable?: boolean;
  /** For the payloads of a transcript: the folder that they are in, when it is not the one that the transcript names. */
  readonly payloadFolder?: string;
  /** For captures: `payload` finds the payloads once all observations were read. Default: false. */
  readonly keepPayloads?: boolean;
  /** For captures: passwords are not masked. */
  readonly showSecrets?: boolean;
  /** For captures: connections to these ports are FTP, however they look. */
  readonly ports?: readonly number[];
  /** For captures: secrets of TLS sessions, as an NSS key log has them. */
  readonly keyLog?: Buffer;
  /** Told what is amiss and did not stop the reading, in one line that names the file. */
  readonly notice?: (line: string) => void;
  /** Told of every piece that was read, before it is unpacked: for those who show progress. */
  readonly onBytes?: (bytes: number) => void;
  /** What `-` stands for. Default: the process's own. */
  readonly stdin?: Stdin;
}

export interface Reading {
  /** Kinds that are wanted; default: all. The numbers of sessions do not depend on it. */
  readonly kinds?: ReadonlySet<Observation['kind']>;
  /** Shared by files that are read as one, so that their sessions' numbers do not collide. */
  readonly numbers?: SessionNumbers;
  /** For captures: whether the sums of payloads are wanted, which cost as much as the rest where there are many bytes. Default: true. */
  readonly sums?: boolean;
  /** For captures: takes the payloads. Session numbers are those of `numbers`. */
  readonly payloads?: PayloadStore;
}

export interface RecordedFile {
  readonly kind: 'transcript' | 'capture';
  /** The path as it was given, or `stdin`. */
  readonly name: string;
  /** Bytes in the file, packed when it is; null for a stream. */
  readonly size: number | null;
  /**
   * It was cut in the middle, or bytes of its transfers could not be saved; known once it was read. What was whole has been given, and the
   * rest been reported.
   */
  readonly endsEarly: boolean;
  /**
   * In the order in which they were recorded, in batches.
   *
   * @throws RecordedFileError (rejects), after all that could be read has been given.
   */
  observations(reading?: Reading): AsyncGenerator<readonly Observation[]>;
  /**
   * The bytes that a `link-closed` observation names in `payload`. To be asked for after the observations were read.
   *
   * @throws RecordedFileError when there is no such payload: at once, so that one may ask for all before any is used.
   */
  payload(name: string): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
