// The options of `ftpscope read`, as what is to be done.
import { existsSync, statSync } from 'node:fs';
import type { FilterExpression } from '../../filter/filter-expression.js';
import { parseFilter } from '../../filter/parse-filter.js';
import { SessionFilter } from '../../filter/session-filter.js';
import { STDIN } from '../../recordings/recorded-bytes.js';
import { nameAt } from '../../transcript/transcript-names.js';
import { UsageError } from '../program/errors.js';
import type { ViewOptions } from '../program/view.js';
import type { RecordingOptions } from './recording-output.js';

export interface ReadOptions extends ViewOptions, RecordingOptions {
  readonly filter?: SessionFilter;
  readonly port?: readonly number[];
  readonly showSecrets?: boolean;
  readonly keylog?: Buffer;
  readonly sessions?: boolean;
  readonly transfers?: boolean;
  readonly session?: number;
  readonly bySession?: boolean;
  readonly anonymise?: string;
}

/** For an option's value. */
export function filterOption(text: string): SessionFilter {
  return new SessionFilter(filterExpression(text));
}

function filterExpression(text: string): FilterExpression {
  const parsed = parseFilter(text);
  if (parsed.kind === 'filter') return parsed.expression;
  throw new UsageError(`At character ${parsed.at + 1}: ${parsed.message}.`);
}

export interface FilesAndFilter {
  readonly files: readonly string[];
  readonly filter: SessionFilter | null;
}

const FILTER_START = /^[~!("]/;

/** As with mitmproxy, a filter may stand behind the files: what begins like one, and is no file that is there. */
export function filesAndFilter(parameters: readonly string[], option: SessionFilter | undefined): FilesAndFilter {
  const last = parameters.at(-1) ?? '';
  const mayBeFilter = option === undefined && parameters.length > 1 && last !== STDIN && !existsSync(last);
  if (!mayBeFilter) return { files: parameters, filter: option ?? null };
  if (!FILTER_START.test(last)) {
    // A filter without quotes comes in pieces.
    const start = parameters.findIndex((one) => FILTER_START.test(one) && !existsSync(one));
    const meant = start < 1 ? last : parameters.slice(start).join(' ');
    throw new UsageError(`there is no file ${last}; where that is a filter, say --filter '${meant}'`);
  }
  const parsed = parseFilter(last);
  if (parsed.kind === 'filter') return { files: parameters.slice(0, -1), filter: new SessionFilter(parsed.expression) };
  throw new UsageError(`filter '${last}', character ${parsed.at + 1}: ${parsed.message}`);
}

/** It comes once, and cannot be shared out. */
export function refuseStdinTwice(files: readonly string[]): void {
  if (files.indexOf(STDIN) !== files.lastIndexOf(STDIN)) throw new UsageError('stdin can be read once: give - once');
}

/** A transcript that is read cannot be written to at the same time: it would never end. */
export function refuseToWriteWhatIsRead(files: readonly string[], transcript: string | undefined, flag = '-w'): void {
  if (transcript === undefined) return;
  const written = statSync(nameAt(transcript, Date.now()), { throwIfNoEntry: false });
  const isRead = (file: string) => {
    const read = statSync(file, { throwIfNoEntry: false });
    return written?.isFile() && read?.ino === written.ino && read.dev === written.dev;
  };
  if (files.some(isRead)) throw new UsageError(`${transcript} is being read: give ${flag} another file`);
}
