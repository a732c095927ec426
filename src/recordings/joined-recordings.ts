// Several recordings read as one. Captures among them are one capture, as tcpdump cuts them (-C, -G, -W): what began in one file goes on in
// the next. Transcripts are read one behind the other, their sessions numbered on.
import type { Observation } from '../dialogue/observation.js';
import { SessionNumbers } from '../transcript/session-numbers.js';
import { openRecorded } from './open-recording.js';
import { RecordedCapture } from './recorded-capture.js';
import type { OpenRecordedOptions, Reading, RecordedFile } from './recorded-file.js';
import { RecordedFileError } from './recorded-file-error.js';

/** Captures become one, which stands where the first of them stood. */
export async function withCapturesJoined(files: readonly RecordedFile[]): Promise<RecordedFile[]> {
  const captures = files.filter((file) => file instanceof RecordedCapture);
  const [first, ...others] = captures;
  if (first === undefined || others.length === 0) return [...files];
  const joined = await RecordedCapture.joined([first, ...others]);
  return files.flatMap((file) => (file === first ? [joined] : file instanceof RecordedCapture ? [] : [file]));
}

/** Opens recordings as one. @throws RecordedFileError (rejects) as `openRecorded` does. */
export async function openRecordedTogether(
  paths: readonly string[],
  options: OpenRecordedOptions = {},
): Promise<RecordedFile> {
  const opened: RecordedFile[] = [];
  try {
    for (const path of paths) opened.push(await openRecorded(path, options));
    const files = await withCapturesJoined(opened);
    const [only] = files;
    return only !== undefined && files.length === 1 ? only : new RecordedSeries(files);
  } catch (error) {
    for (const file of opened) await file.close();
    throw error;
  }
}

class RecordedSeries implements RecordedFile {
  constructor(private readonly files: readonly RecordedFile[]) {}

  get kind(): RecordedFile['kind'] {
    return this.files.every(({ kind }) => kind === 'capture') ? 'capture' : 'transcript';
  }

  get name(): string {
    return this.files.map(({ name }) => name).join(', ');
  }

  get size(): number | null {
    return this.files.reduce((sum: number | null, { size }) => (sum === null || size === null ? null : sum + size), 0);
  }

  get endsEarly(): boolean {
    return this.files.some(({ endsEarly }) => endsEarly);
  }

  async *observations(reading: Reading = {}): AsyncGenerator<readonly Observation[]> {
    const numbers = reading.numbers ?? new SessionNumbers();
    for (const file of this.files) yield* file.observations({ ...reading, numbers });
  }

  payload(name: string): AsyncIterable<Buffer> {
    return payloadOf(this.files, name);
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
  }
}

/** From whichever has it. @throws the RecordedFileError of the last file when none has. */
export function payloadOf(files: readonly RecordedFile[], name: string): AsyncIterable<Buffer> {
  let missing: unknown = new RecordedFileError('payload', `payload ${name} is missing`);
  for (const file of files) {
    try {
      return file.payload(name);
    } catch (error) {
      missing = error;
    }
  }
  throw missing;
}

/** One session of a recording. Where it is not in it, reading ends with what `unknown` makes of the numbers of those that are. */
export function onlySession(
  recorded: RecordedFile,
  only: number,
  unknown: (numbers: readonly number[]) => Error,
): RecordedFile {
  return {
    kind: recorded.kind,
    name: recorded.name,
    size: recorded.size,
    get endsEarly() {
      return recorded.endsEarly;
    },
    async *observations(reading) {
      const seen = new Set<number>();
      for await (const batch of recorded.observations(reading)) {
        for (const { session } of batch) seen.add(session);
        const wanted = batch.filter(({ session }) => session === only);
        if (wanted.length > 0) yield wanted;
      }
      if (!seen.has(only)) throw unknown([...seen]);
    },
    payload: (name) => recorded.payload(name),
    close: () => recorded.close(),
  };
}
