// The dashboard in a real terminal, for tests: a window in a folder of its own, and what the shell finds when it is over.
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, type TestContext } from 'vitest';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, type Peer } from './peers.js';
import { type TerminalOptions, TerminalWindow, TMUX } from './tmux.js';

export const PROGRAM = fileURLToPath(new URL('../../bin/ftpscope.js', import.meta.url));
/** For a shell. */
export const FTPSCOPE = `${process.execPath} ${PROGRAM}`;
export const CURL = { file: 'curl', from: 'curl' } as const;
export const SIZE = { columns: 100, rows: 30 } as const;

/** Skips the test where a peer is missing. */
export async function terminal(
  context: TestContext,
  options: TerminalOptions = SIZE,
  needs: readonly Peer[] = [CURL],
): Promise<{ readonly folder: string; readonly window: TerminalWindow }> {
  const absent = missing([TMUX, ...needs]);
  if (absent !== undefined) cannotTest(context, absent);
  const folder = await makeTempFolder('dashboard');
  onTestFinished(() => removeFolder(folder));
  return { folder, window: await TerminalWindow.open(folder, options) };
}

/** The shell has the terminal as it had before: lines are edited, keys are echoed, the cursor is there. */
export async function givenBack(window: TerminalWindow): Promise<void> {
  await window.runs('stty -a | grep -o -E -- "-?(icanon|echo|isig)\\b" | sort | xargs echo STTY');
  await window.shows('STTY echo icanon isig');
  expect(await window.modes()).toEqual({ otherScreen: false, cursor: true });
}
