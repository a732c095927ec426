// Recordings from their first to their last observation, sessions picked by a filter. What a session is picked by may come at its end, and it
// is shown from its beginning: with a filter everything is read twice.

import { Diagnosed } from '../../diagnosis/diagnosed.js';
import type { Observation } from '../../dialogue/observation.js';
import type { PayloadStore } from '../../dialogue/payload-sink.js';
import type { SessionFilter } from '../../filter/session-filter.js';
import { SessionSelection } from '../../filter/session-selection.js';
import { Anonymiser } from '../../recordings/anonymise/anonymiser.js';
import type { Pseudonyms } from '../../recordings/anonymise/pseudonyms.js';
import { payloadOf, withCapturesJoined } from '../../recordings/joined-recordings.js';
import { openRecorded } from '../../recordings/open-recording.js';
import { STDIN } from '../../recordings/recorded-bytes.js';
import type { Reading, RecordedFile } from '../../recordings/recorded-file.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { MAX_KEPT_NUMBERS } from '../../replay/replay-error.js';
import { SessionNumbers } from '../../transcript/session-numbers.js';
import { Failure } from '../program/errors.js';
import { Interruptible } from '../program/interruptible.js';
import { yieldToOthers } from '../program/yield-to-others.js';
import type { Payloads } from '../recordings/payload-saving.js';
import { rethrowUnreadable } from '../recordings/unreadable.js';
import type { ReadingConsole } from './reading-console.js';

/** Asked for each observation of the sessions that were picked. */
export type Take = (observation: Observation, from: RecordedFile) => void | Promise<void>;

export interface RecordingsOptions {
  readonly files: readonly string[];
  readonly filter: SessionFilter | null;
  readonly ports: readonly number[];
  readonly showSecrets: boolean;
  readonly keyLog?: Buffer | undefined;
  /** What is shown is anonymised; filters still see what was recorded. */
  readonly pseudonyms?: Pseudonyms | undefined;
  /** Read more than once, as those are that a dashboard plays; streams are put aside for a filter alone. */
  readonly isPlayed: boolean;
  /** What diagnosis concludes is shown, too. */
  readonly findings: boolean;
  /** This session alone, by its number. */
  readonly only?: number;
}

type Console = Pick<ReadingConsole, 'notices' | 'stop' | 'flush' | 'progress'>;
type Progress = ReturnType<Console['progress']>;

/** More than that of what is amiss is not told of. */
const MAX_TOLD = 1000;

export class Recordings {
  /** Something could not be read to its end; it has been told. */
  isDamaged = false;
  /** Numbers of sessions that were read, where one of them is looked for. */
  readonly seen = new Set<number>();
  private readonly interruptible: Interruptible;
  /** The filter matches no session. */
  isUnmatched = false;
  private isShowing = false;
  private progress: Progress | null = null;
  private selects: Selects | null = null;
  private opened: RecordedFile[] = [];
  /** What was told is not told again when it is read again. */
  private readonly told = new Set<string>();

  constructor(
    private readonly options: RecordingsOptions,
    private readonly console: Console,
  ) {
    this.interruptible = new Interruptible(console.stop.asked);
  }

  /** Rejects with a UsageError when one of them cannot be opened, before any is read. */
  async open(): Promise<void> {
    const { files, filter, ports, showSecrets, keyLog, isPlayed } = this.options;
    for (const file of files) {
      const opening = openRecorded(file, {
        rereadable: filter !== null || (isPlayed && file !== STDIN),
        ports,
        showSecrets,
        ...(keyLog === undefined ? {} : { keyLog }),
        notice: (line) => this.isShowing && this.tellOnce(line, (text) => this.console.notices.warn(text)),
        onBytes: (bytes) => this.progress?.add(bytes),
      });
      const opened = await this.interruptible.wait(opening.catch(rethrowUnreadable));
      if (opened === null) return;
      this.opened.push(opened);
    }
    this.opened = await withCapturesJoined(this.opened);
  }

  /** `reading` is for the files that are shown; `take` gets what they hold, until `isOver`. May be called again where that was said. */
  async read(reading: (selects: Selects) => Reading, take: Take, isOver = () => false): Promise<void> {
    const selects = await this.select();
    const shown = this.shown();
    this.isShowing = true;
    await this.pass(reading(selects), { shows: true, isOver }, (observation, from) => {
      if (selects(observation.session)) return takeEach(shown(observation), from, take);
    });
  }

  /** One of the files at least is a capture; known once they are open. */
  get holdsCapture(): boolean {
    return this.opened.some(({ kind }) => kind === 'capture');
  }

  /**
   * Gives the same observations beside that, for those who look back; of captures the bytes, too, where they are wanted. Without findings:
   * code that shows a part of them derives those of that part.
   */
  readonly again = async (
    take: (observation: Observation) => void,
    isEnough: () => boolean,
    payloads?: PayloadStore,
  ): Promise<void> => {
    const selects = await this.select();
    const anonymised = this.anonymising();
    const numbers = new SessionNumbers();
    const kept = payloads === undefined ? {} : { payloads };
    for (const file of this.opened) {
      for await (const batch of file.observations({ numbers, ...kept })) {
        for (const observation of batch) if (selects(observation.session)) take(anonymised(observation));
        if (isEnough()) return;
        await yieldToOthers();
      }
    }
  };

  /** The bytes of a transfer, wherever they are kept. Throws the RecordedFileError of the last file when they are nowhere. */
  readonly payload: Payloads = (name) => payloadOf(this.opened, name);

  async close(): Promise<void> {
    for (const file of this.opened) await file.close();
    // Nothing may have come from there yet, and whoever writes to it need not go on.
    if (this.options.files.includes(STDIN)) process.stdin.destroy();
  }

  /** For one reading from the beginning. */
  private shown(): (observation: Observation) => readonly Observation[] {
    const anonymised = this.anonymising();
    const diagnosed = this.diagnosing();
    return (observation) => diagnosed(anonymised(observation));
  }

  /** For one reading from the beginning. */
  private anonymising(): (observation: Observation) => Observation {
    const { pseudonyms } = this.options;
    if (pseudonyms === undefined) return (observation) => observation;
    const anonymiser = new Anonymiser(pseudonyms);
    return (observation) => anonymiser.anonymised(observation);
  }

  /** For one reading from the beginning: an observation, and the findings that it completes. */
  private diagnosing(): (observation: Observation) => readonly Observation[] {
    const diagnosed = this.options.findings ? new Diagnosed() : null;
    return (observation) => {
      if (diagnosed !== null) return diagnosed.of(observation);
      return observation.kind === 'finding' ? [] : [observation];
    };
  }

  private async select(): Promise<Selects> {
    if (this.selects !== null) return this.selects;
    const { only } = this.options;
    const selects = await this.selectAnew();
    this.selects = only === undefined ? selects : (session) => this.isOnly(session, only) && selects(session);
    return this.selects;
  }

  private isOnly(session: number, only: number): boolean {
    if (this.seen.size < MAX_KEPT_NUMBERS) this.seen.add(session);
    return session === only;
  }

  private async selectAnew(): Promise<Selects> {
    const { filter } = this.options;
    if (filter === null) return () => true;
    const selection = new SessionSelection(filter);
    // Findings rest on observations of every kind.
    const asksForFindings = selection.kinds.has('finding');
    const reading = { ...(asksForFindings ? {} : { kinds: selection.kinds }), sums: false };
    const diagnosed = asksForFindings ? this.diagnosing() : (observation: Observation) => [observation];
    await this.pass(reading, { shows: false, isOver: () => false }, (observation) => {
      for (const one of diagnosed(observation)) selection.take(one);
    });
    this.isUnmatched = selection.isEmpty;
    if (selection.isEmpty) this.console.notices.info('no session matches the filter');
    if (selection.isFull) throw new Failure('more sessions match than can be remembered: narrow the filter');
    return (session) => selection.includes(session);
  }

  private async pass(reading: Reading, { shows, isOver }: Pass, take: Take): Promise<void> {
    const sizes = this.opened.map(({ size }) => size);
    const total = sizes.reduce((sum: number | null, size) => (sum === null || size === null ? null : sum + size), 0);
    this.progress = this.console.progress(total, shows);
    const numbers = new SessionNumbers();
    for (const file of this.opened) if (!isOver()) await this.readOne(file, { ...reading, numbers }, take, isOver);
    this.progress.erase();
  }

  private async readOne(file: RecordedFile, reading: Reading, take: Take, isOver: () => boolean): Promise<void> {
    try {
      for await (const batch of this.interruptible.each(file.observations(reading))) {
        for (const observation of batch) {
          const taking = take(observation, file);
          // Most of what is taken is taken at once, and waiting for nothing costs time, too.
          if (taking !== undefined) await taking;
          if (isOver()) return;
        }
        await this.interruptible.wait(this.console.flush());
      }
      if (file.endsEarly) this.isDamaged = true;
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
      // In the first of two passes nothing is told: the second one meets it again.
      if (this.isShowing) this.tellOnce(error.message, (text) => this.console.notices.error(text));
      this.isDamaged = true;
    }
  }

  private tellOnce(line: string, tell: (line: string) => void): void {
    if (this.told.has(line) || this.told.size === MAX_TOLD) return;
    this.told.add(line);
    tell(line);
  }
}

/** Takes one after the other; waits only where that is asked for. */
function takeEach(observations: readonly Observation[], from: RecordedFile, take: Take, at = 0): void | Promise<void> {
  for (let index = at; index < observations.length; index += 1) {
    const one = observations[index];
    const taking = one === undefined ? undefined : take(one, from);
    if (taking !== undefined) return taking.then(() => takeEach(observations, from, take, index + 1));
  }
}

interface Pass {
  /** What is read is shown, and not only looked through. */
  readonly shows: boolean;
  readonly isOver: () => boolean;
}

export type Selects = (session: number) => boolean;
