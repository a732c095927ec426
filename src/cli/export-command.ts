// `ftpscope export`: a recording as a packet capture, for Wireshark and its kin.
import type { Command } from 'commander';
import { type ExportSummary, exportPackets, type Vantage } from '../capture/export/export-packets.js';
import { openRecorded } from '../replay/recorded-file.js';
import { RecordedFileError } from '../replay/recorded-file-error.js';
import type { RecordedFile } from '../replay/recording.js';
import type { Side } from '../session/observation.js';
import { Failure, UsageError } from './errors.js';
import { openExportTarget } from './export-target.js';
import { Notices } from './notices.js';
import { option } from './options.js';
import { programVersion } from './program-info.js';

interface ExportCommandOptions {
  readonly pcapng: string;
  readonly leg?: Side;
  readonly payloads?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

export function addExportCommand(program: Command, call: string): void {
  program
    .command('export')
    .summary('write a recording as packets, for Wireshark')
    .description(
      'Writes what a recording tells as TCP packets: control connections, decrypted, and data connections with the payloads ' +
        'that were kept. By default between the addresses of client and server, as if there had been no proxy.',
    )
    .argument('<file>', 'a transcript or a capture; - for stdin')
    .addOption(option('--pcapng <file>', 'where to; - for stdout').makeOptionMandatory())
    .addOption(
      option('--leg <side>', 'show the connections between the proxy and this side instead').choices([
        'client',
        'server',
      ]),
    )
    .addOption(option('--payloads <folder>', 'where the payloads are, when not where the transcript says'))
    .addOption(option('--force', 'replace a file that exists'))
    .addOption(option('-q, --quiet', 'say nothing but errors'))
    .addHelpText(
      'after',
      `\nExamples:\n  ${call} export session.ndjson --pcapng session.pcapng\n  ${call} export session.ndjson --pcapng - | wireshark -k -i -`,
    )
    .action((file: string, options: ExportCommandOptions) => runExport(file, options));
}

async function runExport(file: string, { pcapng, leg, payloads, force, quiet }: ExportCommandOptions): Promise<void> {
  const notices = new Notices((text) => void process.stderr.write(text), quiet ?? false);
  try {
    const recorded = await openRecorded(file, {
      keepPayloads: true,
      notice: (line) => notices.warn(line),
      ...(payloads === undefined ? {} : { payloadFolder: payloads }),
    });
    try {
      const summary = await write(recorded, leg ?? 'end-to-end', { pcapng, file, force: force ?? false }, notices);
      report(summary, file, notices);
    } finally {
      await recorded.close();
    }
  } catch (error) {
    throw error instanceof RecordedFileError ? failureOf(error) : error;
  }
}

async function write(
  recorded: RecordedFile,
  vantage: Vantage,
  { pcapng, file, force }: { readonly pcapng: string; readonly file: string; readonly force: boolean },
  notices: Notices,
): Promise<ExportSummary> {
  const target = await openExportTarget(pcapng, { force, mustNotBe: file });
  let isTold = false;
  const payload = (name: string) => {
    try {
      return recorded.payload(name);
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
      if (!isTold) notices.warn(error.message);
      isTold = true;
      return null;
    }
  };
  try {
    const options = { vantage, application: `ftpscope ${programVersion()}` };
    const bytes = exportPackets({ observations: recorded.observations(), payload }, options);
    for (;;) {
      const next = await bytes.next();
      if (next.done) return next.value;
      await target.write(next.value);
    }
  } finally {
    await target.close();
  }
}

function report(summary: ExportSummary, file: string, notices: Notices): void {
  const { sessions, transfersWithoutPayload, sessionsWithoutAddresses, sessionsWithoutBeginning } = summary;
  const without = counted(transfersWithoutPayload, 'transfer');
  if (sessions === 0) notices.warn(`${file} holds no session from its beginning: no packet was written`);
  if (transfersWithoutPayload > 0) {
    notices.warn(
      `the bytes of ${without} are not in the recording: their sequence numbers alone tell how many there were`,
    );
  }
  if (sessionsWithoutAddresses > 0) {
    const what = counted(sessionsWithoutAddresses, 'session');
    notices.warn(`${what} left out: their connections have no IP addresses in the recording`);
  }
  if (sessionsWithoutBeginning > 0) {
    notices.warn(`${counted(sessionsWithoutBeginning, 'session')} left out: their beginning is not in ${file}`);
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What was given is no recording, or it could not be read to its end. */
function failureOf({ fault, message }: RecordedFileError): Error {
  return fault === 'unreadable' || fault === 'unknown' ? new UsageError(message) : new Failure(message);
}
