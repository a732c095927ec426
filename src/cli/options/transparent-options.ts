// Transparent mode as the command line asks for it: the options that go together, and what is told to those who mix them up.

import type { Command } from 'commander';
import type { PortRange } from '../../ends/data-port.js';
import { INTERCEPTION_METHODS, type InterceptionMethod } from '../../net/interception.js';
import { DEFAULT_LISTEN } from '../../net/proxy-options.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { UsageError } from '../program/errors.js';
import { option } from './options.js';
import { type ForSides, perSide } from './per-side-values.js';

export interface TransparentOptions {
  readonly transparent?: InterceptionMethod;
  readonly spoofClient?: boolean;
}

/** What else of the command line it depends on. */
export interface Surroundings {
  readonly listen: readonly FtpEndpoint[];
  readonly dataPorts?: readonly ForSides<PortRange>[];
}

export function addTransparentOptions(command: Command): void {
  command
    .addOption(
      option(
        '--transparent <method>',
        'take connections meant for other servers, by the rules that `ftpscope rules` prints (Linux)',
      ).choices(INTERCEPTION_METHODS),
    )
    .addOption(
      option('--spoof-client', "connect to the server from the client's own address (tproxy)").conflicts(
        'bindUpstream',
      ),
    );
}

/** Throws a UsageError where the options do not go together. */
export function checkTransparent(
  upstream: string | undefined,
  { transparent, spoofClient, ...options }: TransparentOptions & Surroundings & { readonly to?: readonly unknown[] },
): void {
  if (spoofClient && transparent !== 'tproxy') {
    throw new UsageError('--spoof-client takes the address of the client, which only --transparent tproxy can');
  }
  if (transparent === undefined) return;
  if (upstream !== undefined || options.to !== undefined) {
    throw new UsageError('--transparent relays each connection to where it was meant to go; give no server');
  }
  checkSurroundings(transparent, options);
}

function checkSurroundings(method: InterceptionMethod, { listen, dataPorts = [] }: Surroundings): void {
  if (listen.includes(DEFAULT_LISTEN)) {
    throw new UsageError('--transparent needs --listen, such as 0.0.0.0:2121 or [::]:2121: nothing comes to loopback');
  }
  if (method === 'redirect' && perSide(dataPorts).client === undefined) {
    throw new UsageError('--transparent redirect needs --data-ports, such as 50000-50999: they are redirected as well');
  }
}

/** The call that prints the rules for these options. */
export function rulesCall(call: string, method: InterceptionMethod, { listen, dataPorts = [] }: Surroundings): string {
  const ports = perSide(dataPorts).client;
  const places = listen.map(
    (endpoint) => `--listen '${endpoint.implicitTls ? 'ftps://' : ''}${formatEndpoint(endpoint)}'`,
  );
  const range = method === 'redirect' && ports !== undefined ? ` --data-ports ${ports.from}-${ports.to}` : '';
  return `${call} rules --transparent ${method} ${places.join(' ')}${range}`;
}
