// What is said of a capture in which no FTP was found: what was in it instead.
import type { SeenTraffic } from './seen-traffic.js';

/** So many ports and protocols are named, the most frequent first. */
const MAX_NAMED = 5;

/** One line, for people. `protocols` counts the connections whose protocol was recognised. */
export function noFtpNotice(
  { packets, serverPorts }: Pick<SeenTraffic, 'packets' | 'serverPorts'>,
  protocols: ReadonlyMap<string, number>,
): string {
  const connections = [...serverPorts.values()].reduce((sum, count) => sum + count, 0);
  const holds = `no FTP in the capture: it holds ${counted(packets, 'packet')}, ${counted(connections, 'TCP connection')}`;
  if (connections === 0) return holds;
  const ports = mostFrequent(serverPorts).map(([port, count]) => `${port} (${count})`);
  const known = mostFrequent(protocols).map(([name, count]) => `${count} ${name}`);
  const among = known.length === 0 ? '' : `, among them ${known.join(', ')}`;
  return `${holds} to ${ports.length === 1 ? 'port' : 'the ports'} ${ports.join(', ')}${among}; where there is FTP all the same, name its port`;
}

function mostFrequent<Kind>(counts: ReadonlyMap<Kind, number>): (readonly [Kind | 'others', number])[] {
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  const others = sorted.slice(MAX_NAMED).reduce((sum, [, count]) => sum + count, 0);
  const named: (readonly [Kind | 'others', number])[] = sorted.slice(0, MAX_NAMED);
  return others === 0 ? named : [...named, ['others', others]];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
