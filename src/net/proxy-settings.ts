// What a proxy works with: its options, checked one by one and against each other, with their defaults.
import { diagnosed } from '../diagnosis/diagnosed.js';
import { formatEndpoint } from '../protocol/endpoint.js';
import { ProxyOptionError } from './options/option-error.js';
import { type SettledOptions, settle } from './options/option-table.js';
import { FORMER_PROXY_OPTIONS, FORWARD_OPTIONS, PROXY_OPTIONS, TLS_OPTIONS } from './proxy-options.js';

/** The options checked, with their defaults. */
export interface ProxySettings extends Omit<SettledOptions<typeof PROXY_OPTIONS>, 'forward' | 'tls'> {
  readonly forward: SettledOptions<typeof FORWARD_OPTIONS> | undefined;
  readonly tls: SettledOptions<typeof TLS_OPTIONS> | undefined;
}

/** Throws a ProxyOptionError for options that are wrong, or contradict each other. */
export function proxySettings(options: unknown): ProxySettings {
  const settled = settle(PROXY_OPTIONS, options, { formerly: FORMER_PROXY_OPTIONS });
  const settings = {
    ...settled,
    forward: settled.forward && settle(FORWARD_OPTIONS, settled.forward, { where: 'forward' }),
    tls: settled.tls && settle(TLS_OPTIONS, settled.tls, { where: 'tls' }),
  };
  refuseContradictions(settings);
  return withFindings(settings);
}

/** The observer is called with findings as well, unless they are not wanted. */
function withFindings(settings: ProxySettings): ProxySettings {
  const { observe, findings } = settings;
  return observe === undefined || !findings ? settings : { ...settings, observe: diagnosed(observe) };
}

function refuseContradictions(settings: ProxySettings): void {
  const { forward, tls, listen, spoofClient, transparent } = settings;
  if (listen.length === 0) throw new ProxyOptionError('listen', 'an empty array; give at least one { address, port }');
  if (spoofClient && transparent !== 'tproxy') {
    throw new ProxyOptionError('spoofClient', "only transparent: 'tproxy' can take the client's address; give both");
  }
  if (forward === undefined) {
    refuseMissingServers(settings);
    return;
  }
  const other = otherServer(settings);
  if (other !== null) throw new ProxyOptionError(other, 'in forward mode the client names the server; leave it out');
  if (tls?.passthrough) {
    throw new ProxyOptionError('tls.passthrough', 'forward mode has to see which server is named; give one of them');
  }
}

/** What names a server, besides clients. */
function otherServer({ server, listen, transparent }: ProxySettings): string | null {
  if (server !== undefined) return 'server';
  if (transparent !== undefined) return 'transparent';
  const index = listen.findIndex(({ to }) => to !== undefined);
  return index < 0 ? null : `listen[${index}].to`;
}

function refuseMissingServers({ server, listen, transparent }: ProxySettings): void {
  if (server !== undefined || transparent !== undefined) return;
  const index = listen.findIndex(({ to }) => to === undefined);
  const [listener] = listen.slice(index);
  if (index < 0 || listener === undefined) return;
  const place = formatEndpoint(listener);
  throw new ProxyOptionError(
    `listen[${index}]`,
    `${place} has no server to relay to; give it a \`to\`, or give server`,
  );
}
