// `ftpscope attach SOCKET`: shows what a proxy that runs elsewhere on this machine sees, and leaves it running.
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { type DashboardAction, NO_ABILITIES } from '../dashboard/viewer/action.js';
import { type Attachment, attachTo } from '../net/admin-socket.js';
import { systemReason } from '../protocol/system-errors.js';
import { readTranscript, TranscriptError } from '../transcript/read-transcript.js';
import { examplesText } from './options/help-page.js';
import { addViewOptions } from './options/options.js';
import { Failure } from './program/errors.js';
import type { ViewOptions } from './program/view.js';
import type { AdminRequest } from './proxy/admin.js';
import { type ConsoleSession, withConsole } from './screen/console-session.js';

export function addAttachCommand(command: Command, call: string): void {
  command
    .description('Shows what a proxy sees that was started with --admin-socket SOCKET. Leaving does not end the proxy.')
    .argument('<socket>', 'the socket that was given to proxy --admin-socket');
  addViewOptions(command);
  command
    .addHelpText('after', () =>
      examplesText([[`${call} proxy ftp://ftp.gnu.org --admin-socket ftp.socket &`], [`${call} attach ftp.socket`]]),
    )
    .action((path: string, options: ViewOptions) =>
      withConsole(options, `attached to ${path}`, (session) => attach(path, session)),
    );
}

async function attach(path: string, { view, notices, stop, operatedBy }: ConsoleSession): Promise<void> {
  const attachment = await connected(path);
  operatedBy?.({
    abilities: { ...NO_ABILITIES, kill: true },
    act: (action) => send(attachment, action),
  });
  const ended = showWhatComes(path, attachment, view.show);
  let left = false;
  const told = ended.then(() => {
    if (left) return;
    // The next key takes the warning away, and what is shown looks as if it went on.
    operatedBy?.({ abilities: NO_ABILITIES, act: () => {}, title: `the proxy has ended: ${path}` });
    notices.warn('the proxy has ended');
  });
  try {
    // What was seen is looked at until the user leaves; what could not be shown ends it at once.
    await Promise.race([view.stays ? told.then(() => stop.asked) : told, stop.asked]);
  } finally {
    left = true;
    attachment.close();
    view.end();
  }
  await told;
}

async function connected(path: string): Promise<Attachment> {
  try {
    return await attachTo(path);
  } catch (error) {
    const found = statSync(path, { throwIfNoEntry: false });
    const reason = found === undefined || found.isSocket() ? systemReason(error) : 'it is not a socket';
    throw new Failure(`cannot attach to ${path}: ${reason}; start a proxy with --admin-socket ${path}`);
  }
}

async function showWhatComes(path: string, { bytes }: Attachment, show: ConsoleSession['view']['show']): Promise<void> {
  try {
    for await (const batch of readTranscript(bytes)) for (const observation of batch) show(observation);
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    throw new Failure(
      `${path} is not the socket of a proxy (${error.fault}): give the one that proxy --admin-socket was given`,
    );
  }
}

function send(attachment: Attachment, action: DashboardAction): void {
  if (action.kind !== 'kill-session' && action.kind !== 'kill-transfer') return;
  const request: AdminRequest = action;
  attachment.send(JSON.stringify(request));
}
