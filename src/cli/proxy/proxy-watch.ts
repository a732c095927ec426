// Who watches a proxy, and what they can have done: the dashboard here, or those who attach through a socket.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { RunningProxy } from '../../net/proxy-options.js';
import { type Endpoint, formatEndpoint } from '../../protocol/endpoint.js';
import { option, parsed } from '../options/options.js';
import { parsePath } from '../options/values.js';
import type { ViewOptions } from '../program/view.js';
import { recordedRun } from '../recordings/look-back.js';
import { type RecordingOptions, type RecordingOutput, transcriptHeader } from '../recordings/recording-output.js';
import type { Operator } from '../screen/dashboard-view.js';
import { type Admin, openAdmin } from './admin.js';
import type { Route } from './proxy-notices.js';

export interface WatchOptions {
  /** File of a socket. */
  readonly adminSocket?: string;
}

export function addAdminSocketOption(command: Command): void {
  command.addOption(
    option('--admin-socket <path>', 'serve `ftpscope attach` on this socket and print nothing').argParser(
      parsed(parsePath),
    ),
  );
}

/** Whoever watches from elsewhere leaves the terminal alone, unless it is to print. */
export function watchedFromElsewhere<T extends ViewOptions & WatchOptions>(options: T): T {
  const prints = options.json || options.plain || options.dashboard;
  return options.adminSocket === undefined || prints ? options : { ...options, headless: true };
}

/** Null where nobody can attach. Throws a UsageError when the socket cannot be opened. */
export async function openWatch({ adminSocket }: WatchOptions): Promise<Admin | null> {
  return adminSocket === undefined ? null : openAdmin(adminSocket, transcriptHeader());
}

/** What whoever looks at the dashboard can have done. */
export function operatorOf(
  proxy: RunningProxy,
  { transcript, run }: RecordingOutput,
  { payloads: folder }: RecordingOptions,
): Operator {
  const recorded = transcript === null ? undefined : recordedRun(() => transcript.files, run);
  return {
    abilities: {
      kill: true,
      replay: true,
      payloads: folder !== undefined,
      capture: false,
      playback: false,
      readBack: recorded !== undefined,
      endsSessions: true,
    },
    ...(folder === undefined
      ? {}
      : { payloads: (name) => createReadStream(join(folder, name)), payloadFolder: folder }),
    ...(recorded === undefined ? {} : { recorded }),
    act: (action) => {
      if (action.kind === 'kill-session') proxy.endSession(action.session);
      if (action.kind === 'kill-transfer') proxy.endTransfer(action.session, action.link);
    },
  };
}

/** What the dashboard says it shows; where clients find it, as soon as it listens. */
export function titleOf(
  { listeners, forward }: Route,
  transparent: string | undefined,
  addresses: readonly Endpoint[] = [],
): string {
  const proxy = ['proxy', addresses.map(formatEndpoint).join(', ')].filter(Boolean).join(' ');
  if (forward !== null) return `${proxy}, forward`;
  if (transparent !== undefined) return `${proxy}, transparent (${transparent})`;
  const servers = new Set(listeners.flatMap(({ to }) => (to === undefined ? [] : [formatEndpoint(to)])));
  return `${proxy} ${addresses.length === 0 ? 'to' : '->'} ${[...servers].join(', ')}`;
}
