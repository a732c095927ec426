// A session with a server directly and the same one through the proxy, held against each other. What the server saw may differ in addresses
// alone; where the proxy kept something back or answered itself, its transcript has to say so.
import type { Observation } from '../../src/dialogue/observation.js';
import type { PortRange } from '../../src/index.js';
import { portIn } from '../support/lenient-port.js';
import type { Heard } from './client.js';
import type { Seen } from './witness.js';

export interface Session extends Heard, Seen {}

export interface ThroughProxy extends Session {
  readonly observations: readonly Observation[];
}

/** Where the proxy listens, for each side. */
export interface ProxyPorts {
  readonly client: PortRange;
  readonly server: PortRange;
}

/** How a session went through the proxy. */
export interface Comparison {
  /** What went otherwise than directly, a line each. */
  readonly differences: readonly string[];
  /** The proxy said that it kept something back or answered itself: from then on nothing has to be as it is directly. */
  readonly steppedIn: boolean;
}

export function compare(direct: Session, through: ThroughProxy, ports: ProxyPorts): Comparison {
  const steppedIn = hasSteppedIn(through);
  const others = steppedIn
    ? []
    : [...wrongCommands(direct, through), ...wrongReplies(direct, through), ...wrongFiles(direct, through)];
  return { differences: [...escapes(through, ports), ...others], steppedIn };
}

/** Nobody gets an address past the proxy: a port of the server's, or one of a third host's. */
function escapes({ control, commands, bounces }: ThroughProxy, ports: ProxyPorts): string[] {
  const announced = control
    .split('\n')
    .flatMap((line) => (/^22[79]|\(\|\|\|\d+\|\)/.test(line) ? (portIn(line) ?? []) : []));
  const asked = commands.flatMap((command) => portAskedFor(command) ?? []);
  return [
    ...announced.filter((port) => !isWithin(port, ports.client)).map((port) => `the client was told of port ${port}`),
    ...asked.filter((port) => !isWithin(port, ports.server)).map((port) => `the server was told of port ${port}`),
    ...(bounces > 0 ? [`${bounces} connections to a third host`] : []),
  ];
}

function portAskedFor(command: string): number | null {
  const [, eprt] = /eprt.*?\|\d+\|[\d.:a-f]+\|(\d+)\|/i.exec(command) ?? [];
  if (eprt !== undefined) return Number(eprt) || null;
  return /port.*?\d+(,\d+){5}/i.test(command) ? portIn(command) || null : null;
}

const isWithin = (port: number, { from, to }: PortRange) => port >= from && port <= to;

function wrongCommands(direct: Session, through: ThroughProxy): string[] {
  const ownCommands = through.observations.flatMap((one) =>
    one.kind === 'command' && one.by === 'proxy' ? [bare(one.line)] : [],
  );
  const asked = direct.commands.map(bare);
  const got = through.commands.map(bare);
  return [
    ...without(asked, got).map((command) => `the server did not get ${JSON.stringify(command)}`),
    ...without(without(got, asked), ownCommands).map((command) => `the server got ${JSON.stringify(command)}`),
  ];
}

function wrongReplies(direct: Session, through: ThroughProxy): string[] {
  const asked = replyLines(direct);
  const heard = replyLines(through);
  return [
    ...without(asked, heard).map((line) => `the client did not hear ${JSON.stringify(line)}`),
    ...without(heard, asked).map((line) => `the client heard ${JSON.stringify(line)}`),
  ];
}

function wrongFiles(direct: Session, through: ThroughProxy): string[] {
  const downloads = direct.downloads.flatMap((bytes, index) => {
    const other = through.downloads[index];
    return sameBytes(bytes, other ?? null)
      ? []
      : [`download ${index} has ${other?.length} bytes, directly ${bytes?.length}`];
  });
  return [
    ...without(direct.files, through.files).map((file) => `missing: ${file}`),
    ...without(through.files, direct.files).map((file) => `there, and not directly: ${file}`),
    ...downloads,
  ];
}

function sameBytes(one: Buffer | null, other: Buffer | null): boolean {
  // An aborted connection and one without bytes are the same to whoever wants a file.
  return Buffer.compare(one ?? Buffer.alloc(0), other ?? Buffer.alloc(0)) === 0;
}

function hasSteppedIn({ observations }: ThroughProxy): boolean {
  return observations.some(
    (one) => (one.kind === 'reply' && one.by === 'proxy') || isHeldAgainst(one) || isStripped(one),
  );
}

/** What is left to the server, it has to hear and to answer as directly. */
function isHeldAgainst(one: Observation): boolean {
  return one.kind === 'violation' && !LEFT_TO_THE_SERVER.has(one.code);
}

const LEFT_TO_THE_SERVER: ReadonlySet<string> = new Set(['bad-address', 'after-epsv-all', 'unsupported-address-form']);

/** Telnet's own bytes go no further. */
function isStripped(one: Observation): boolean {
  return one.kind === 'noise' && one.what === 'telnet';
}

/** The proxy of this test offers no TLS, whatever the server has. */
const OFFERS = new Set(['AUTH TLS', 'PBSZ', 'PROT']);

function replyLines({ control }: Session): string[] {
  return (
    control
      .split('\n')
      .map(bare)
      .filter((line) => line !== '' && !OFFERS.has(line))
      // Which of the two depends on who is faster.
      .map((line) => line.replace(/^1(25|50)\b.*/, '1xx'))
  );
}

/** Without addresses, and without the counts, times and names of the moment. */
function bare(line: string): string {
  return line
    .replace(/\r/g, '')
    .replace(/[\xff][\xf0-\xff]/g, '')
    .replace(/\d+(,\d+){5}/g, 'ADDRESS')
    .replace(/\|[12]?\|[\d.:a-f]*\|\d+\|/g, 'ADDRESS')
    .replace(/(?<=\D)\d+(\.\d+)?( [KMG]?(?=bytes))?/g, '#')
    .replace(/(?<=FILE: |unique file name:? ?)\S+/gi, 'NAME')
    .trim();
}

/** The lines of `all` that are not in `others`, each counted. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(one, (left.get(one) ?? 0) + 1);
  return all.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}
