// A disk that takes no more, without a disk of one's own: a process whose files may not grow beyond a kilobyte or two.
import { spawnSync } from 'node:child_process';

/** The address of a source file of `src/transcript`, as a string literal for `import()` in a script. */
export function sourceOf(name: string): string {
  return JSON.stringify(new URL(`../../src/transcript/${name}.ts`, import.meta.url).href);
}

/**
 * Runs a script (ES module, top-level await) in a process of its own under `ulimit -f`. The script puts what it hears
 * into the array `heard`, and that is returned.
 */
export function runWithFileSizeLimit(script: string): unknown[] {
  const whole = `const heard = [];\n${script}\nprocess.stdout.write(JSON.stringify(heard));`;
  const limited = 'ulimit -f 2; exec "$0" --import tsx --input-type=module -e "$1"';
  const { stdout, stderr } = spawnSync('bash', ['-c', limited, process.execPath, whole], {
    encoding: 'utf8',
    // A cache is a file as well, and would meet the limit.
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  });
  if (stdout === '') throw new Error(stderr);
  const heard: unknown = JSON.parse(stdout);
  if (!Array.isArray(heard)) throw new Error(stdout);
  return heard;
}
