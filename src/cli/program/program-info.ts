// What the program knows of itself: its version, and how it was called.
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

/** From package.json, which lies beside `dist` and `src` alike. */
export function programVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

/** How to call the program again from where the user stands: `ftpscope`, or `node bin/ftpscope.js` in a clone. */
export function invocation(script: string | undefined, folder: string): string {
  if (script === undefined || !script.endsWith('.js')) return 'ftpscope';
  const path = relative(folder, script);
  return basename(script) === 'ftpscope.js' ? `node ${/\s/.test(path) ? `"${path}"` : path}` : 'ftpscope';
}
