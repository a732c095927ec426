// Transparent mode as the command line asks for it: the options that go together, and what is told to those who mix them up.
import type { InterceptionMethod } from '../../net/interception.js';
import { valueFor } from '../../net/options/endpoint-values.js';
import { DEFAULT_LISTEN } from '../../net/proxy-options.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { UsageError } from '../program/errors.js';
import type { RelaySettings } from './relay-flags.js';

/** What of the command line it depends on. */
export interface TransparentOptions {
  readonly transparent?: InterceptionMethod | undefined;
  readonly dataPorts?: RelaySettings['dataPorts'];
  readonly listen: readonly FtpEndpoint[];
}

interface SpoofingOptions {
  readonly spoofClient: boolean;
  readonly to?: readonly unknown[];
}

/** Throws a UsageError where the options do not go together. */
export function checkTransparent(
  server: string | undefined,
  { spoofClient, to, ...options }: TransparentOptions & SpoofingOptions,
): void {
  const { transparent } = options;
  if (spoofClient && transparent !== 'tproxy') {
    throw new UsageError('--spoof-client takes the address of the client, which only --transparent tproxy can');
  }
  if (transparent === undefined) return;
  if (server !== undefined || to !== undefined) {
    throw new UsageError('--transparent relays each connection to where it was meant to go; give no server');
  }
  checkSurroundings(transparent, options);
}

function checkSurroundings(method: InterceptionMethod, { listen, dataPorts }: TransparentOptions): void {
  if (listen.includes(DEFAULT_LISTEN)) {
    throw new UsageError(
      '--transparent needs --listen, such as 0.0.0.0:2121 or [::]:2121: intercepted connections do not arrive at loopback',
    );
  }
  if (method === 'redirect' && valueFor('client', dataPorts) === undefined) {
    throw new UsageError('--transparent redirect needs --data-ports, such as 50000-50999: they are redirected as well');
  }
}

/** The call that prints the rules for these options. */
export function rulesCall(call: string, method: InterceptionMethod, { listen, dataPorts }: TransparentOptions): string {
  const ports = valueFor('client', dataPorts);
  const places = listen.map(
    (endpoint) => `--listen '${endpoint.implicitTls ? 'ftps://' : ''}${formatEndpoint(endpoint)}'`,
  );
  const range = method === 'redirect' && ports !== undefined ? ` --data-ports ${ports.from}-${ports.to}` : '';
  return `${call} rules --transparent ${method} ${places.join(' ')}${range}`;
}
