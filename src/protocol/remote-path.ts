// Paths of a server, followed as text: symbolic links and what a server makes of case and encodings are not known here.
import { verbFacts } from './verbs.js';

/** `a/b/../c` is `a/c`. What lies below `/` is not known to lie below where the session began, which is the empty path. */
export function resolvePath(folder: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${folder}/${path}`;
  const root = path.startsWith('/') || folder.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || root === '') parts.push(part);
  }
  return root + parts.join('/');
}

/** `-la folder` is the folder, as LIST has it: its options are no part of the path. */
export function withoutListOptions(verb: string, argument: string): string {
  return verbFacts(verb)?.lists ? argument.replace(/^(?:-[A-Za-z1]+(?: |$))+/, '') : argument;
}

/** Where a command leads to, when it is granted; null for a command that leads nowhere. */
export function leadsTo(folder: string, verb: string, argument: string): string | null {
  if (verb === 'CDUP' || verb === 'XCUP') return resolvePath(folder, '..');
  return verb === 'CWD' || verb === 'XCWD' ? resolvePath(folder, argument) : null;
}
