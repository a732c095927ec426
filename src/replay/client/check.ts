// What is asked of a recording before anything is sent: whether the sessions are there, and all that they need. Throws a
// ReplayError for the first thing that is missing.
import { noSuchSession } from '../no-such-session.js';
import { PasswordMasked, ReplayError } from '../replay-error.js';
import type { RecordedSession } from '../session/recorded-session.js';
import { type Recording, recordedSessions } from '../session/recorded-sessions.js';
import { lacksPassword, type Script, type ScriptOptions, type Step, scriptOf } from '../session/script.js';

export async function checkReplay(recording: Recording, only: number | null, options: ScriptOptions): Promise<void> {
  const numbers: number[] = [];
  let commands = 0;
  for await (const session of recordedSessions(recording, only, (number) => numbers.push(number))) {
    commands += checkSession(session, recording, options);
  }
  if (only !== null && !numbers.includes(only)) throw noSuchSession(only, numbers);
  if (commands === 0) throw new ReplayError(nothingToReplay(only, numbers.length));
}

/** How many commands it would send. */
function checkSession(session: RecordedSession, recording: Recording, options: ScriptOptions): number {
  if (lacksPassword(session, options)) {
    throw new PasswordMasked(session.number);
  }
  const script = scriptOf(session, options);
  for (const step of script.steps) checkUpload(step, script, recording);
  return script.steps.filter(({ kind }) => kind !== 'skip').length;
}

function checkUpload(step: Step, { session }: Script, recording: Recording): void {
  if (step.kind !== 'transfer' || step.direction !== 'upload') return;
  const { transfer, line } = step.exchange;
  if (transfer === null || transfer.bytes === 0) return;
  const what = `session ${session.number}: cannot upload for ${line}`;
  if (transfer.payload === null) throw new ReplayError(`${what}: the recording was made without --payloads`);
  if (transfer.missingBytes > 0)
    throw new ReplayError(`${what}: the capture lost ${transfer.missingBytes} of its bytes`);
  // Throws when it is missing.
  recording.payload(transfer.payload);
}

function nothingToReplay(only: number | null, sessions: number): string {
  if (sessions === 0) return 'there is no session in it';
  const all = sessions === 1 ? 'its session has' : `its ${sessions} sessions have`;
  return `there is nothing to replay: ${only === null ? all : `session ${only} has`} no command that could be sent`;
}
