// `--anonymise` of the commands that write recordings anew: with which secret, and where that comes from.
import type { Option } from 'commander';
import { Pseudonyms } from '../../recordings/anonymise/pseudonyms.js';
import { option } from '../options/options.js';
import { UsageError } from '../program/errors.js';
import { firstLine, hideCommandLine } from './given-password.js';

const ANONYMISE_VARIABLE = 'FTPSCOPE_ANONYMISE';

export function anonymiseOption(): Option {
  return option(
    '--anonymise <secret>',
    `replace addresses, names, paths and texts, the same ones alike for one secret; @FILE is the first line of a file, @ alone is ${ANONYMISE_VARIABLE}`,
  );
}

/** Undefined where nothing is to be anonymised. Throws a UsageError where there is no secret. */
export function givenPseudonyms(
  anonymise: string | undefined,
  command: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Pseudonyms | undefined {
  if (anonymise === undefined) return undefined;
  const secret = secretOf(anonymise, command, environment);
  if (secret === '')
    throw new UsageError(`--anonymise: the secret is empty: give a SECRET, @FILE, or @ with ${ANONYMISE_VARIABLE} set`);
  return new Pseudonyms(secret);
}

function secretOf(
  anonymise: string,
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (anonymise === '@') return environment[ANONYMISE_VARIABLE] ?? '';
  if (anonymise.startsWith('@')) return firstLine(anonymise.slice(1), `--anonymise ${anonymise}`);
  hideCommandLine(command);
  return anonymise;
}
