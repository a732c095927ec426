// Where the password for a server comes from, and how it is sent: what stands on a command line, every user of the machine can read.
import { readFileSync } from 'node:fs';
import { systemReason } from '../../protocol/system-errors.js';
import { UsageError } from '../program/errors.js';

export const PASSWORD_VARIABLE = 'FTPSCOPE_PASSWORD';

export interface PasswordOptions {
  readonly password?: string;
  readonly passwordFile?: string;
}

/** The option, the file's first line, or the environment's, in that order; undefined where there is none. Throws a UsageError. */
export function givenPassword(
  { password, passwordFile }: PasswordOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (password !== undefined && passwordFile !== undefined) {
    throw new UsageError('--password and --password-file both name the password; give one');
  }
  if (passwordFile !== undefined) return firstLine(passwordFile);
  return password ?? environment[PASSWORD_VARIABLE];
}

/** Where the system lets us, the command line that others see is overwritten. */
export function hideCommandLine(command: string): void {
  process.title = `ftpscope ${command}`;
}

/** Throws a UsageError that names the option. */
export function firstLine(file: string, named = `--password-file ${file}`): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new UsageError(`${named}: cannot read it: ${systemReason(error)}`);
  }
}

/** One character a byte, in UTF-8 (RFC 2640). A line end would begin a command that nobody has looked at. */
export function asSent(flag: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/[\r\n\0]/.test(text)) throw new UsageError(`${flag} must not hold line ends or NUL: it is sent as one line`);
  return Buffer.from(text, 'utf8').toString('latin1');
}
