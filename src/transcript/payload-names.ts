// Names for the files that payloads are kept in. What the wire says of a path is used as far as it can do no harm.
import type { TransferName } from '../dialogue/payload-sink.js';

/** Keeps the whole name well under the 255 bytes that file systems allow. */
const MAX_PATH_CHARACTERS = 100;
const MAX_VERB_CHARACTERS = 8;
const MAX_NAME_CHARACTERS = 255;

/**
 * `0001-0003-RETR-report.pdf`: session, link, verb, and the last part of the path where it has one. Holds only letters,
 * digits, dots, hyphens and underscores, so it names a file of the folder and nothing else on every system. From the
 * second `run` in the same folder on, the run stands behind the link: `0001-0003.2-RETR-report.pdf`.
 */
export function payloadFileName(transfer: TransferName, run: number): string {
  const link = run === 1 ? fourDigits(transfer.link) : `${fourDigits(transfer.link)}.${run}`;
  const parts = [fourDigits(transfer.session), link, harmless(transfer.verb, MAX_VERB_CHARACTERS)];
  const name = harmless(lastPart(transfer.path), MAX_PATH_CHARACTERS);
  return [...parts, name].filter((part) => part !== '').join('-');
}

function fourDigits(number: number): string {
  return String(number).padStart(4, '0');
}

/** Behind the last slash of either kind; a folder's own name when the path ends with one. */
function lastPart(path: string): string {
  return /([^/\\]*)[/\\]*$/.exec(path)?.[1] ?? '';
}

/** The end of a text is kept when it is cut: there the extension is. */
function harmless(text: string, maxCharacters: number): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .slice(-maxCharacters)
    .replace(/^\.+|\.+$/g, '');
}

/** Whether a name is one that `payloadFileName` gives: a file of the payload folder, and nothing else on any system. */
export function isPayloadFileName(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && /^\d{4,}-\d{4,}(?:\.\d+)?(?:-[A-Za-z0-9._-]*)?$/.test(name);
}
