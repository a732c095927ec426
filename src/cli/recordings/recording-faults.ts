// What is said when sessions can no longer be recorded, and when they can be again: once for each place and fault, not for each session.
import type { RecordingError } from '../../dialogue/recording-error.js';
import type { RecordingErrorPolicy } from '../../net/proxy-options.js';
import type { Unrecorded } from '../../transcript/ndjson.js';
import type { RotatingTranscriptOptions } from '../../transcript/rotating-transcript.js';
import { formatCount } from '../../words/quantities.js';
import type { Notices } from '../program/notices.js';

/** A fault that lasts is reported again after so long. */
const REPEAT_MS = 10 * 60_000;

export class RecordingFaults {
  private readonly toldAt = new Map<string, number>();
  private exits = false;

  /** `exit` is called when the program is to end for it. */
  constructor(
    private readonly notices: Notices,
    private readonly policy: RecordingErrorPolicy,
    private readonly exit: () => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** Whether it ends the program. */
  get isFatal(): boolean {
    return this.exits;
  }

  /** One session could not be recorded, and was ended. */
  failed({ code, place, message }: RecordingError): void {
    const fault = `${code} ${place}`;
    const isNew = this.now() - (this.toldAt.get(fault) ?? -Infinity) >= REPEAT_MS;
    if (this.policy === 'exit') {
      if (!this.exits) this.notices.error(`${message}; all sessions are ended (--on-recording-error exit). ${ADVICE}`);
      this.exits = true;
      this.exit();
    } else if (isNew) {
      this.toldAt.set(fault, this.now());
      this.notices.error(`${message}; sessions that cannot be recorded are ended until it can be written. ${ADVICE}`);
    }
  }

  /** What the transcript is to tell when it goes on; undefined where it is not to. */
  get resumption(): RotatingTranscriptOptions['resumed'] {
    return this.policy === 'wait' ? (file, unrecorded) => this.resumed(file, unrecorded) : undefined;
  }

  private resumed(file: string, { from, observations, reason }: Unrecorded): void {
    this.toldAt.clear();
    const seconds = formatCount(Math.max(0, Math.round((this.now() - from) / 1000)), 'second');
    const missing = observations === 0 ? '' : `: ${formatCount(observations, 'observation')} of ${seconds} are missing`;
    this.notices.error(`recording goes on in ${file}${missing} (${reason})`);
  }
}

const ADVICE = 'Make room, or mend what the message says';
