// `ftpscope ca`: makes the certificate authority when there is none yet, shows it, and says how to make clients trust it.
// Never shows the key.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Authority, AuthorityError, openAuthority } from '../net/tls/authority.js';
import { defaultAuthorityFolder } from '../net/tls/authority-folder.js';
import { escapeForTerminal } from '../protocol/wire-text.js';
import { examplesText } from './options/help-page.js';
import { addLoudnessOptions, option, parsed } from './options/options.js';
import { UsageError } from './program/errors.js';
import { Notices } from './program/notices.js';
import { type TrustStep, trustSteps } from './tls/trust.js';

interface CaCommandOptions {
  readonly folder: string;
  readonly json?: boolean;
  readonly pem?: boolean;
  readonly quiet?: boolean;
}

export function addCaCommand(command: Command, call: string): void {
  command
    .description(
      'Makes the certificate authority that signs for the servers behind the proxy, once; then shows where it is, and how ' +
        'to make clients trust it. Without that, clients that check certificates refuse to speak TLS with the proxy.',
    )
    .addOption(
      option('--folder <folder>', 'where it is kept').argParser(parsed(parseFolder)).default(defaultAuthorityFolder()),
    )
    .addOption(option('--json', 'show it as JSON').conflicts('pem'))
    .addOption(option('--pem', 'show the certificate alone, as PEM'));
  addLoudnessOptions(command);
  command
    .addHelpText('after', () => examplesText([[`${call} ca`], [`${call} ca --pem > ftpscope-ca.pem`]]))
    .action((options: CaCommandOptions) => showAuthority(options));
}

/** Commands to paste need the whole path. */
function parseFolder(text: string): string {
  if (text === '' || text.includes('\0')) throw new UsageError('Give the name of a folder.');
  return resolve(text);
}

async function showAuthority({ folder, json, pem, quiet }: CaCommandOptions): Promise<void> {
  const { authority, made } = await openAuthority(folder).catch((error: unknown) => {
    throw error instanceof AuthorityError ? new UsageError(error.message) : error;
  });
  if (json) process.stdout.write(`${JSON.stringify(summary(authority, made))}\n`);
  else if (pem) process.stdout.write(authority.certificate.toString());
  else process.stdout.write(description(authority, made));
  // With --json this is said there, otherwise on screen; nothing is to be said twice.
  if (pem && made)
    new Notices((text) => void process.stderr.write(text), quiet ?? false).info(`made ${authority.certificateFile}`);
}

function summary({ certificate, certificateFile, keyFile }: Authority, made: boolean) {
  return {
    made,
    subject: nameOf(certificate.subject),
    certificate: certificateFile,
    key: keyFile,
    sha256: certificate.fingerprint256,
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
  };
}

function description(authority: Authority, made: boolean): string {
  const { subject, certificate, key, sha256, validFrom, validTo } = summary(authority, made);
  const { systems, clients } = trustSteps(certificate);
  const lines = [
    `${subject}, ${made ? 'made just now' : 'made before'}`,
    '',
    `  certificate  ${certificate}`,
    `  key          ${key}   (a secret: never hand it out)`,
    `  SHA-256      ${sha256}`,
    `  valid        ${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}`,
    '',
    'Trust it in the whole system:',
    '',
    ...steps(systems),
    '',
    'Or in one client:',
    '',
    ...steps(clients),
    `  FileZilla shows the certificate at the first connection: accept it when ${subject} issued it.`,
    '',
    'Anyone with the key can pose as any server to clients that trust it: trust it only where you debug.',
  ];
  return `${lines.map(escapeForTerminal).join('\n')}\n`;
}

function steps(all: readonly TrustStep[]): string[] {
  const width = Math.max(...all.map(({ where }) => where.length)) + 2;
  return all.map(({ where, command }) => `  ${where.padEnd(width)}${command}`);
}

/** Node writes a name as `CN=...`, one part a line. */
function nameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject;
}
