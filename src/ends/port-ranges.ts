// The ports that the system gives away by itself. Firewalls are set up for them, so a port that we choose lies among them, too.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** An inclusive range of ports. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** RFC 6335 section 6: the dynamic ports. */
const DYNAMIC: PortRange = { from: 49_152, to: 65_535 };

const LINUX_SETTING = '/proc/sys/net/ipv4/ip_local_port_range';

let known: PortRange | null = null;

export function systemPorts(): PortRange {
  known ??= parsePorts(readSetting()) ?? DYNAMIC;
  return known;
}

/** Two numbers, as Linux writes them. */
export function parsePorts(text: string): PortRange | null {
  const [from, to] = text.trim().split(/\s+/).map(Number);
  if (from === undefined || to === undefined) return null;
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : null;
}

export function anyPortOf({ from, to }: PortRange): number {
  return from + randomInt(to - from + 1);
}

/** Every port of the range once, from a random one on, so that the next cannot be guessed (RFC 2577 section 8). */
export function* portsOf({ from, to }: PortRange): Generator<number> {
  const size = to - from + 1;
  const first = randomInt(size);
  for (let step = 0; step < size; step += 1) yield from + ((first + step) % size);
}

function readSetting(): string {
  try {
    return readFileSync(LINUX_SETTING, 'latin1');
  } catch {
    return '';
  }
}
