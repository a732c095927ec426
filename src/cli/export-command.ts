// `ftpscope export`: a recording as a packet capture, for Wireshark and its kin.
import type { Command } from 'commander';
import type { ExportSummary } from '../capture/export/export-packets.js';
import type { Side } from '../dialogue/observation.js';
import { FTP_PORT } from '../protocol/server-name.js';
import { onlySession, openRecordedTogether } from '../recordings/joined-recordings.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { noSuchSession } from '../replay/replay-error.js';
import { appended, option, parsed } from './options/options.js';
import { parseCount, parseSourcePort } from './options/values.js';
import { ToldFailure, UsageError } from './program/errors.js';
import { Notices } from './program/notices.js';
import { Progress } from './program/progress.js';
import { openExportTarget, writePackets } from './recordings/packet-export.js';
import { refuseStdinTwice } from './recordings/read-options.js';
import { rethrowUnreadable } from './recordings/unreadable.js';
import { writeToStderr } from './screen/console-session.js';

interface ExportCommandOptions {
  readonly pcapng: string;
  readonly leg?: Side;
  readonly payloads?: string;
  readonly port?: readonly number[];
  readonly showSecrets?: boolean;
  readonly session?: number;
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
    .addOption(option('--session <number>', 'this session alone').argParser(parsed(parseCount)))
    .addOption(option('--force', 'replace a file that exists'))
    .addOption(option('-q, --quiet', 'say nothing but errors'))
    .addHelpText(
      'after',
      `\nExamples:\n  ${call} export session.ndjson --pcapng session.pcapng\n  ${call} export session.ndjson --pcapng - | wireshark -k -i -`,
    )
    .action((files: readonly string[], options: ExportCommandOptions) => runExport(files, options));
}

async function runExport(files: readonly string[], options: ExportCommandOptions): Promise<void> {
  const { pcapng, leg, payloads, port, showSecrets, session, force, quiet } = options;
  refuseStdinTwice(files);
  const say = writeToStderr();
  const write = process.stderr.isTTY && !quiet ? say : null;
  let progress: Progress | null = null;
  const notices = new Notices((text) => {
    progress?.erase();
    say(text);
  }, quiet ?? false);
  const opened = await openRecordedTogether(files, {
    keepPayloads: true,
    notice: (line) => notices.warn(line),
    onBytes: (bytes) => progress?.add(bytes),
    ...(payloads === undefined ? {} : { payloadFolder: payloads }),
    ...(port === undefined ? {} : { ports: port }),
    ...(showSecrets === undefined ? {} : { showSecrets }),
  }).catch(rethrowUnreadable);
  const seen = new Set<number>();
  const recorded = session === undefined ? opened : onlySession(opened, session, (number) => seen.add(number));
  try {
    progress = new Progress({ write, totalBytes: recorded.size, now: () => performance.now() });
    const target = await openExportTarget(pcapng, { force: force ?? false, mustNotBe: files });
    const summary = await writePackets(recorded, leg ?? 'end-to-end', target, notices).catch(rethrowUnreadable);
    progress.erase();
    // Nothing was found to be written: the file holds its header alone.
    if (session !== undefined && !seen.has(session)) throw new UsageError(noSuchSession(session, [...seen]).message);
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
    notices.warn(
      `the bytes of ${without} are not in the recording: their sequence numbers alone tell how many there were`,
    );
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
