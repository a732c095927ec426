// A terminal whose screen nobody sees, for dashboards that are measured.
import { fileURLToPath } from 'node:url';
import { startChild } from '../e2e/child-process.js';

export const SCRIPT = { file: 'script', from: 'bsdutils' } as const;
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TERMINAL = 'stty cols 200 rows 60; export TERM=xterm-256color LANG=C.UTF-8;';
const LIFETIME_MS = 120_000;

/** Runs a command there; what it draws is its output. */
export function inTerminal(command: string, timeoutMs = LIFETIME_MS) {
  const args = ['-q', '-f', '-e', '-c', `${TERMINAL} exec ${command}`, '/dev/null'];
  return startChild('script', args, { cwd: ROOT, timeoutMs, hasInput: true });
}
