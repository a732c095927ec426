// Recordings from their first to their last observation, sessions picked by a filter. What a session is picked by may come at its end, and it
// is shown from its beginning: with a filter everything is read twice.

import type { SessionFilter } from '../filter/session-filter.js';
import { SessionSelection } from '../filter/session-selection.js';
import { openRecorded } from '../replay/recorded-file.js';
import { RecordedFileError } from '../replay/recorded-file-error.js';
import type { Reading, RecordedFile } from '../replay/recording.js';
import type { Observation } from '../session/observation.js';
import { SessionNumbers } from '../transcript/session-numbers.js';
import { Failure, UsageError } from './errors.js';
import { Interruptible } from './interruptible.js';
import type { ReadingConsole } from './reading-console.js';

/** Asked for each observation of the sessions that were picked. */
export type Take = (observation: Observation, from: RecordedFile) => void | Promise<void>;

export interface RecordingsOptions {
  readonly files: readonly string[];
  readonly filter: SessionFilter | null;
  readonly ports: readonly number[];
  readonly showSecrets: boolean;
}

export class Recordings {
  /** Something could not be read to its end; it has been told. */
  isDamaged = false;
  private readonly interruptible: Interruptible;
  private isShowing = false;
  private progress: { add(bytes: number): void; erase(): void } | null = null;
  private readonly opened: RecordedFile[] = [];

  constructor(
    private readonly options: RecordingsOptions,
    private readonly console: Pick<ReadingConsole, 'notices' | 'stop' | 'flush' | 'progress'>,
  ) {
    this.interruptible = new Interruptible(console.stop.asked);
  }

  /** Rejects with a UsageError when one of them cannot be opened, before any is read. */
  async open(): Promise<void> {
    const { files, filter, ports, showSecrets } = this.options;
    for (const file of files) {
      const opening = openRecorded(file, {
        rereadable: filter !== null,
        ports,
        showSecrets,
        notice: (line) => this.isShowing && this.console.notices.warn(line),
        onBytes: (bytes) => this.progress?.add(bytes),
      });
      this.opened.push(await opening.catch(rethrowAsUsersFault));
    }
  }

  /** `reading` is for the files that are shown; `take` gets what they hold. */
  async read(reading: (selects: Selects) => Reading, take: Take): Promise<void> {
    const selects = await this.select();
    this.isShowing = true;
    await this.pass(reading(selects), true, (observation, from) => {
      if (selects(observation.session)) return take(observation, from);
    });
  }

  async close(): Promise<void> {
    for (const file of this.opened) await file.close();
  }

  private async select(): Promise<Selects> {
    const { filter } = this.options;
    if (filter === null) return () => true;
    const selection = new SessionSelection(filter);
    await this.pass({ kinds: selection.kinds }, false, (observation) => selection.take(observation));
    if (selection.isFull) throw new Failure('more sessions match than can be remembered: narrow the filter');
    return (session) => selection.includes(session);
  }

  private async pass(reading: Reading, shows: boolean, take: Take): Promise<void> {
    const sizes = this.opened.map(({ size }) => size);
    const total = sizes.reduce((sum: number | null, size) => (sum === null || size === null ? null : sum + size), 0);
    this.progress = this.console.progress(total, shows);
    const numbers = new SessionNumbers();
    for (const file of this.opened) await this.readOne(file, { ...reading, numbers }, take);
    this.progress.erase();
  }

  private async readOne(file: RecordedFile, reading: Reading, take: Take): Promise<void> {
    try {
      for await (const batch of this.interruptible.each(file.observations(reading))) {
        for (const observation of batch) {
          const taking = take(observation, file);
          // Most of what is taken is taken at once, and waiting for nothing costs time, too.
          if (taking !== undefined) await taking;
        }
        await this.interruptible.wait(this.console.flush());
      }
      if (file.endsEarly) this.isDamaged = true;
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
      // In the first of two passes nothing is told: the second one meets it again.
      if (this.isShowing) this.console.notices.error(error.message);
      this.isDamaged = true;
    }
  }
}

export type Selects = (session: number) => boolean;

function rethrowAsUsersFault(error: unknown): never {
  if (!(error instanceof RecordedFileError)) throw error;
  throw error.fault === 'unreadable' ? new UsageError(error.message) : new Failure(error.message);
}
