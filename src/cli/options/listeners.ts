// Where clients connect and to which servers they are relayed, as the command line says it: `--listen` and `--to` in the order in
// which they are given, and one server for all listeners that have none of their own.
import type { Command } from 'commander';
import type { FtpListener } from '../../net/options/endpoint-values.js';
import { DEFAULT_LISTEN } from '../../net/proxy-options.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { UsageError } from '../program/errors.js';
import { appended, option } from './options.js';
import { parseListen, parseServer } from './values.js';

/** What the options below leave behind. */
export interface ListenOptions {
  readonly listen: readonly FtpEndpoint[];
  /** With the number of the listener that each belongs to, from 0. */
  readonly to?: readonly ServerOfListener[];
}

interface ServerOfListener {
  readonly listener: number;
  readonly server: FtpEndpoint;
}

export function addListenOptions(command: Command): void {
  let listeners = 0;
  const addListener = appended(parseListen);
  const listen = (text: string, previous: unknown) => {
    listeners += 1;
    return addListener(text, previous);
  };
  const own: ServerOfListener[] = [];
  const to = (text: string) => {
    own.push({ listener: listeners - 1, server: parseServer(text) });
    return own;
  };
  command
    .addOption(
      option('--listen <host:port>', 'where clients connect; may be given several times')
        .argParser(listen)
        .default([DEFAULT_LISTEN], formatEndpoint(DEFAULT_LISTEN)),
    )
    .addOption(option('--to <server>', 'the server of the --listen before it, in place of <server>').argParser(to));
}

/** Every listener with its server. Throws a UsageError where one has none, or two, or a server has none. */
export function listenersOf({ listen, to = [] }: ListenOptions, serverText: string | undefined): FtpListener[] {
  const common = serverText === undefined ? null : parseServer(serverText);
  const listeners = listen.map((listener) => ({ ...listener, to: common }));
  const taken = new Set<number>();
  for (const { listener: number, server } of to) {
    const listener = listeners[number];
    const url = `--to ${formatEndpoint(server)}`;
    if (listener === undefined)
      throw new UsageError(`${url} has no --listen before it; give each --to behind its --listen`);
    if (taken.has(number)) {
      throw new UsageError(
        `${url} is a second one for --listen ${formatEndpoint(listener)}; give each --listen one --to`,
      );
    }
    taken.add(number);
    listener.to = server;
  }
  if (common !== null && listeners.every(({ to: server }) => server !== common))
    throw new UsageError(`every --listen has a --to, so nothing is relayed to '${serverText}'; leave it out`);
  return listeners.map(({ to: server, ...listener }) => {
    if (server === null) throw new UsageError(noServer(listener));
    return { ...listener, to: server };
  });
}

function noServer(listener: FtpEndpoint): string {
  const place = formatEndpoint(listener);
  return `no server to relay to from ${place}; give one as ftp://HOST, or with --to ftp://HOST behind --listen ${place}`;
}
