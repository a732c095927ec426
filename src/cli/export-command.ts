// `ftpscope export`: a recording as a packet capture, for Wireshark and its kin.
import type { Command } from 'commander';
import type { ExportSummary } from '../capture/export/export-packets.js';
import type { Side } from '../dialogue/observation.js';
import { FTP_PORT } from '../protocol/server-name.js';
import { openRecorded } from '../recordings/open-recording.js';
import type { RecordedFile } from '../recordings/recorded-file.js';
import { examplesText } from './options/help-page.js';
import { addLoudnessOptions, appended, option } from './options/options.js';
import { parseSourcePort } from './options/values.js';
import { ToldFailure } from './program/errors.js';
import { Notices } from './program/notices.js';
import { Progress } from './program/progress.js';
import { openExportTarget, writePackets } from './recordings/packet-export.js';
import { rethrowUnreadable } from './recordings/unreadable.js';
import { writeToStderr } from './screen/console-session.js';

interface ExportCommandOptions {
  readonly pcapng: string;
  readonly leg?: Side;
  readonly payloads?: string;
  readonly port?: readonly number[];
  readonly showSecrets?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

export function addExportCommand(program: Command, call: string): void {
  const command = program
    .command('export')
    .summary('write a recording as packets, for Wireshark')
    .description(
      'Writes a recording as TCP packets: control connections, decrypted, and data connections with the payloads ' +
        'that were saved. By default between the addresses of client and server, as if there had been no proxy.',
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
    .addOption(
      option('--port <port>', 'in captures: connections to this port are FTP; may be given several times').argParser(
        appended(parseSourcePort),
      ),
    )
    .option('--show-secrets', 'in captures: do not mask passwords')
    .addOption(option('--force', 'replace a file that exists'));
  addLoudnessOptions(command);
  command
    .addHelpText('after', () =>
      examplesText([
        [`${call} export session.ndjson --pcapng session.pcapng`],
        [`${call} export session.ndjson --pcapng - | wireshark -k -i -`],
      ]),
    )
    .action((file: string, options: ExportCommandOptions) => runExport(file, options));
}

async function runExport(file: string, options: ExportCommandOptions): Promise<void> {
  const { pcapng, leg, payloads, port, showSecrets, force, quiet } = options;
  const say = writeToStderr();
  const write = process.stderr.isTTY && !quiet ? say : null;
  let progress: Progress | null = null;
  const notices = new Notices((text) => {
    progress?.erase();
    say(text);
  }, quiet ?? false);
  const recorded = await openRecorded(file, {
    keepPayloads: true,
    notice: (line) => notices.warn(line),
    onBytes: (bytes) => progress?.add(bytes),
    ...(payloads === undefined ? {} : { payloadFolder: payloads }),
    ...(port === undefined ? {} : { ports: port }),
    ...(showSecrets === undefined ? {} : { showSecrets }),
  }).catch(rethrowUnreadable);
  try {
    progress = new Progress({ write, totalBytes: recorded.size, now: () => performance.now() });
    const target = await openExportTarget(pcapng, { force: force ?? false, mustNotBe: file });
    const summary = await writePackets(recorded, leg ?? 'end-to-end', target, notices).catch(rethrowUnreadable);
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
