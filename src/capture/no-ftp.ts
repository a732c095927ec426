// What is said of a capture in which no FTP was found: what was in it instead.
import type { SeenTraffic } from './seen-traffic.js';

/** So many kinds of connections are named, the most frequent first. */
const MAX_NAMED = 5;

/** One line, for people. */
export function noFtpNotice(seen: SeenTraffic, protocols: ReadonlyMap<string, number>): string {
  const { packets, serverPorts } = seen;
  const connections = [...serverPorts.values()].reduce((sum, count) => sum + count, 0);
  const hint = connections === 0 ? '' : '; name the port of an FTP server that is not recognised';
  const was = `${counted(packets, 'packet')}, ${counted(connections, 'TCP connection')}${kinds(serverPorts, protocols)}`;
  return `no FTP in the capture: it holds ${was}${hint}`;
}

function kinds(serverPorts: ReadonlyMap<number, number>, protocols: ReadonlyMap<string, number>): string {
  const byProtocol = mostFrequent(protocols).map(([name, count]) => `${count} ${name}`);
  const byPort = mostFrequent(serverPorts).map(([port, count]) => `${count} to port ${port}`);
  const named = [...byProtocol, ...byPort];
  return named.length === 0 ? '' : ` (${named.join(', ')})`;
}

function mostFrequent<Kind>(counts: ReadonlyMap<Kind, number>): [Kind, number][] {
  return [...counts].sort((one, other) => other[1] - one[1]).slice(0, MAX_NAMED);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
