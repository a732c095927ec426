// Forward mode as the command line asks for it: the options that go together, and what is told to those who mix them up.
import type { Command } from 'commander';
import { SERVER_PATTERN, USER_NAME } from '../../net/options/ftp-values.js';
import type { ForwardOptions } from '../../net/proxy-options.js';
import { UsageError } from '../program/errors.js';
import { appended, option } from './options.js';
import { optionText } from './values.js';

export interface ForwardCommandOptions {
  readonly forward?: boolean;
  readonly allowServer?: readonly string[];
  readonly proxyUser?: readonly string[];
}

/** What else of the command line it depends on. */
interface Surroundings {
  readonly transparent?: unknown;
  readonly to?: readonly unknown[];
  readonly tls: 'inspect' | 'passthrough';
}

export function addForwardOptions(command: Command): void {
  command
    .option('--forward', 'let clients name their servers: USER user@host[:port], OPEN host, SITE host')
    .addOption(
      option(
        '--allow-server <pattern>',
        'servers that clients may name: HOST, *.DOMAIN, address, CIDR, * for any; with :PORT, :FROM-TO or :* for others than 21 and 990',
      ).argParser(appended(optionText(SERVER_PATTERN))),
    )
    .addOption(
      option(
        '--proxy-user <name>',
        'user name for logins at the proxy itself, where they look like logins at a server',
      ).argParser(appended(optionText(USER_NAME))),
    );
}

/** Null without --forward. Throws a UsageError where the options do not go together. */
export function forwardOptions(
  server: string | undefined,
  { forward, allowServer, proxyUser, transparent, to, tls }: ForwardCommandOptions & Surroundings,
): ForwardOptions | null {
  if (!forward) {
    if (allowServer !== undefined) throw new UsageError('--allow-server says whom --forward may connect to; give both');
    if (proxyUser !== undefined) throw new UsageError('--proxy-user is about logins with --forward; give both');
    return null;
  }
  if (transparent !== undefined)
    throw new UsageError('--forward and --transparent find the server in different ways; give one');
  if (server !== undefined || to !== undefined) {
    throw new UsageError('--forward relays each client to the server that it names; give no server');
  }
  if (allowServer === undefined) {
    throw new UsageError(
      '--forward needs --allow-server, such as ftp.example.com, *.example.com or 10.0.0.0/8: clients may connect to nothing else',
    );
  }
  if (tls === 'passthrough') {
    throw new UsageError(
      '--tls passthrough relays sessions unseen, and --forward has to see which server is named; give one',
    );
  }
  return { allow: allowServer, proxyUsers: proxyUser };
}
