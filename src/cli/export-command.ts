// `ftpscope export`: a recording as a packet capture, for Wireshark and its kin.
import type { Command } from 'commander';
import type { ExportSummary } from '../capture/export/export-packets.js';
import type { Side } from '../dialogue/observation.js';
import { FTP_PORT } from '../protocol/server-name.js';
import { anonymisedRecording } from '../recordings/anonymise/anonymised-recording.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { noSuchSession } from '../replay/replay-error.js';
import { examplesText } from './options/help-page.js';
import { addLoudnessOptions, appended, option, parsed } from './options/options.js';
import { parseCount, parseSourcePort } from './options/values.js';
import { ToldFailure, UsageError } from './program/errors.js';
import { Notices } from './program/notices.js';
import { Progress } from './program/progress.js';
import { anonymiseOption, givenPseudonyms } from './recordings/anonymise-option.js';
import { keyLogOption } from './recordings/key-log-option.js';
import { refuseStdinTwice } from './recordings/read-options.js';
import { rethrowUnreadable } from './recordings/unreadable.js';
import { writeToStderr } from './screen/console-session.js';

interface ExportCommandOptions {
  readonly pcapng: string;
  readonly leg?: Side;
  readonly payloads?: string;
  readonly port?: readonly number[];
  readonly showSecrets?: boolean;
  readonly keylog?: Buffer;
  readonly embedKeys?: boolean;
  readonly session?: number;
  readonly force?: boolean;
  readonly anonymise?: string;
  readonly quiet?: boolean;
}

/** Readers take no block of a pcapng that is much larger. */
const MAX_EMBEDDED_BYTES = 8 * 1024 * 1024;

export function addExportCommand(command: Command, call: string): void {
  command
    .description(
      'Writes a recording as TCP packets: control connections, decrypted, and data connections with the payloads ' +
        'that were saved. By default between the addresses of client and server, as if there had been no proxy.',
    )
    .argument('<file...>', 'transcripts or captures, captures as one; - for stdin')
    .addOption(option('--pcapng <file>', 'where to; - for stdout').makeOptionMandatory())
    .addOption(
      option('--leg <side>', 'show the connections between the proxy and this side instead').choices([
        'client',
        'server',
      ]),
    )
    .addOption(option('--payloads <folder>', 'where the payloads are, when not where the transcript says'))
    .addOption(
      option('--port <port>', 'in captures: connections to this port are FTP; may be given several times').argParser(
        appended(parseSourcePort),
      ),
    )
    .option('--show-secrets', 'in captures: do not mask passwords')
    .addOption(keyLogOption())
    .option('--embed-keys', 'write the secrets of --keylog into the file, too, for tools that want them')
    .addOption(anonymiseOption().conflicts(['payloads', 'showSecrets', 'embedKeys']))
    .addOption(option('--session <number>', 'this session alone').argParser(parsed(parseCount)))
    .addOption(option('--force', 'replace a file that exists'));
  addLoudnessOptions(command);
  command
    .addHelpText('after', () =>
      examplesText([
        [`${call} export session.ndjson --pcapng session.pcapng`],
        [`${call} export session.ndjson --pcapng - | wireshark -k -i -`],
      ]),
    )
    .action((files: readonly string[], options: ExportCommandOptions) => runExport(files, options));
}

async function runExport(files: readonly string[], options: ExportCommandOptions): Promise<void> {
  const { pcapng, leg, payloads, port, showSecrets, session, keylog, embedKeys, force, quiet } = options;
  refuseStdinTwice(files);
  const pseudonyms = givenPseudonyms(options.anonymise, 'export');
  if (embedKeys && keylog === undefined) throw new UsageError('--embed-keys writes the secrets of --keylog: give it');
  if (embedKeys && keylog !== undefined && keylog.length > MAX_EMBEDDED_BYTES) {
    throw new UsageError('--embed-keys: the key log is too large (over 8 MiB): cut it to the lines of this capture');
  }
  const { onlySession, openRecordedTogether } = await import('../recordings/joined-recordings.js');
  const { openExportTarget, writePackets } = await import('./recordings/packet-export.js');
  const say = writeToStderr();
  const write = process.stderr.isTTY && !quiet ? say : null;
  let progress: Progress | null = null;
  const notices = new Notices((text) => {
    progress?.erase();
    say(text);
  }, quiet ?? false);
  const asRecorded = await openRecordedTogether(files, {
    keepPayloads: pseudonyms === undefined,
    notice: (line) => notices.warn(line),
    onBytes: (bytes) => progress?.add(bytes),
    ...(payloads === undefined ? {} : { payloadFolder: payloads }),
    ...(port === undefined ? {} : { ports: port }),
    ...(showSecrets === undefined ? {} : { showSecrets }),
    ...(keylog === undefined ? {} : { keyLog: keylog }),
  }).catch(rethrowUnreadable);
  const opened = pseudonyms === undefined ? asRecorded : anonymisedRecording(asRecorded, pseudonyms);
  const refuse = (wanted: number) => (numbers: readonly number[]) =>
    new UsageError(noSuchSession(wanted, numbers).message);
  const recorded = session === undefined ? opened : onlySession(opened, session, refuse(session));
  try {
    progress = new Progress({ write, totalBytes: recorded.size, now: () => performance.now() });
    const target = await openExportTarget(pcapng, { force: force ?? false, mustNotBe: files });
    const form = { vantage: leg ?? 'end-to-end', keyLog: embedKeys ? keylog : undefined } as const;
    const summary = await writePackets(recorded, form, target, notices).catch(rethrowUnreadable);
    progress.erase();
    report(summary, recorded, notices);
    if (recorded.endsEarly) throw new ToldFailure();
  } finally {
    await recorded.close();
  }
}

function report(summary: ExportSummary, { kind, name }: RecordedFile, notices: Notices): void {
  const { sessions, serverPorts, transfersWithoutPayload, sessionsWithoutAddresses, sessionsWithoutBeginning } =
    summary;
  const without = counted(transfersWithoutPayload, 'transfer');
  if (sessions === 0 && kind === 'transcript')
    notices.warn(`${name} holds no session from its beginning: no packet was written`);
  if (transfersWithoutPayload > 0) {
    notices.warn(`the bytes of ${without} are not in the recording: they are a gap in the sequence numbers`);
  }
  if (sessionsWithoutAddresses > 0) {
    const what = counted(sessionsWithoutAddresses, 'session');
    notices.warn(`${what} left out: their connections have no IP addresses in the recording`);
  }
  if (sessionsWithoutBeginning > 0) {
    notices.warn(`${counted(sessionsWithoutBeginning, 'session')} left out: their beginning is not in ${name}`);
  }
  const unusual = [...serverPorts].filter((port) => port !== FTP_PORT);
  if (unusual.length > 0) {
    const decode = unusual.map((port) => `-d tcp.port==${port},ftp`).join(' ');
    notices.info(`Wireshark looks for FTP at port ${FTP_PORT}: give it ${decode} to find it here`);
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
