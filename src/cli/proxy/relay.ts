// A proxy as the commands run it: every observation is recorded, then shown; what goes wrong becomes one clear line.
import type { Observation } from '../../dialogue/observation.js';
import { RecordingError } from '../../dialogue/recording-error.js';
import { InterceptionError } from '../../net/linux/kernel.js';
import { descriptorLimit, descriptorsFor, OutOfDescriptors, sessionsWithin } from '../../net/open-files.js';
import { createProxy } from '../../net/proxy.js';
import {
  DEFAULT_MAX_SESSIONS,
  type ProxyFault,
  type ProxyOptions,
  type RunningProxy,
} from '../../net/proxy-options.js';
import { type Endpoint, formatEndpoint } from '../../protocol/endpoint.js';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';
import { Failure } from '../program/errors.js';
import type { Notices } from '../program/notices.js';
import type { RecordingFaults } from '../recordings/recording-faults.js';

/** Whoever looks at the traffic. `record` may throw a RecordingError: then the session ends, and nothing is shown. */
export interface Watchers {
  readonly record: (observation: Observation) => void;
  readonly show: (observation: Observation) => void;
  readonly notices: Notices;
  readonly faults: RecordingFaults;
}

/** Starts a proxy and says where it listens. Rejects with a Failure when it cannot listen there. */
export async function startRelay(
  options: Omit<ProxyOptions, 'observe' | 'onFault'>,
  { record, show, notices, faults }: Watchers,
): Promise<RunningProxy> {
  const observe = (observation: Observation) => {
    record(observation);
    show(observation);
  };
  const onFault = ({ session, error }: ProxyFault) => {
    if (error instanceof RecordingError) faults.failed(error);
    else if (error instanceof OutOfDescriptors) notices.warn(`${error.message}; ${RAISE_LIMIT}`);
    else notices.fault(session === null ? 'the proxy failed' : `session ${session} failed and was ended`, error);
  };
  try {
    const proxy = await createProxy({ ...options, observe, onFault });
    for (const address of proxy.addresses) notices.announce(`listening on ${formatEndpoint(address)}`);
    warnBeyondLoopback(proxy.addresses, notices);
    warnOfDescriptors(options.maxSessions ?? DEFAULT_MAX_SESSIONS, descriptorLimit(), notices);
    return proxy;
  } catch (error) {
    throw listenFailure(error);
  }
}

const RAISE_LIMIT =
  'raise the limit (ulimit -n; LimitNOFILE= of a systemd service), or lower --max-sessions: clients beyond it get a 421';

/** The limit is met without a word otherwise, when it matters. */
export function warnOfDescriptors(maxSessions: number, limit: number | null, notices: Notices): void {
  const needed = descriptorsFor(maxSessions);
  if (limit === null || limit >= needed) return;
  const enough = `${limit} file descriptors are enough for about ${sessionsWithin(limit)} sessions with transfers`;
  notices.warn(
    `${enough}, and --max-sessions is ${maxSessions}: raise the limit (ulimit -n ${needed}; LimitNOFILE= of a systemd service) or lower --max-sessions`,
  );
}

export function warnBeyondLoopback(addresses: readonly Endpoint[], notices: Notices): void {
  const open = addresses.filter(({ address }) => !isLoopback(address)).map(formatEndpoint);
  if (open.length === 0) return;
  notices.warn(`${open.join(' and ')} can be reached from other machines: anyone who reaches it may use it`);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** What the system said to listening where `option` wants to, as a Failure; anything else stays as it is. */
export function listenFailure(error: unknown, option = '--listen'): unknown {
  if (error instanceof InterceptionError) return new Failure(error.message);
  if (!(error instanceof Error) || systemErrorCode(error) === null) return error;
  const advice = ADVICE.get(systemErrorCode(error) ?? '')?.(option) ?? `choose another address with ${option}`;
  return new Failure(`cannot listen${placeOf(error)}: ${systemReason(error)}; ${advice}`);
}

/** Node names the address and the port, unless that is 0, that were refused, or the host name that has no address. */
function placeOf(error: Error): string {
  if ('hostname' in error) return ` on ${error.hostname}`;
  if (!('address' in error)) return '';
  const address = String(error.address);
  return ` on ${'port' in error ? formatEndpoint({ address, port: Number(error.port) }) : address}`;
}

const ADVICE: ReadonlyMap<string, (option: string) => string> = new Map([
  ['EADDRINUSE', (option: string) => `choose another with ${option}, or port 0 for any that is free`],
  ['EADDRNOTAVAIL', (option: string) => `this machine has no such address, choose one of its own with ${option}`],
  ['EACCES', (option: string) => `ports below 1024 need special rights, choose a higher one with ${option}`],
]);
