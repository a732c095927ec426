// Python sees resets that Node does not tell of, and opens terminals. What needs it is skipped where it is missing.
import { spawnSync } from 'node:child_process';

export const hasPython = spawnSync('python3', ['--version']).error === undefined;
