// The file of `replay --junit`: written suite by suite, and whole however the replay ends.
import { closeSync, openSync, writeSync } from 'node:fs';
import { systemReason } from '../../protocol/system-errors.js';
import { errorSuite, JUNIT_END, JUNIT_START } from '../../replay/client/junit.js';
import { Failure, UsageError } from '../program/errors.js';
import { refuseToWriteWhatIsRead } from './read-options.js';

/** Takes each session as a test suite; undefined where no file is wanted. */
export type TakeSuite = ((suite: string) => void) | undefined;

/** What kept `run` from running is a test in error. Rejects as `run` does, and with a UsageError or a Failure when the file cannot be written. */
export async function withJunit(
  junit: string | undefined,
  recording: string,
  run: (take: TakeSuite) => Promise<void>,
): Promise<void> {
  if (junit === undefined) return run(undefined);
  refuseToWriteWhatIsRead([recording], junit, '--junit');
  const descriptor = opened(junit);
  const write = (text: string) => {
    try {
      writeSync(descriptor, text);
    } catch (error) {
      throw new Failure(`cannot write ${junit}: ${systemReason(error)}`);
    }
  };
  let suites = 0;
  const take = (suite: string) => {
    suites += 1;
    write(suite);
  };
  try {
    write(JUNIT_START);
    await run(take).catch((error: unknown) => {
      if (suites === 0 && error instanceof Error) take(errorSuite(recording, error.message));
      throw error;
    });
  } finally {
    write(JUNIT_END);
    closeSync(descriptor);
  }
}

function opened(junit: string): number {
  try {
    return openSync(junit, 'w');
  } catch (error) {
    throw new UsageError(`--junit ${junit}: cannot write it: ${systemReason(error)}`);
  }
}
