// Sessions for tests of diagnosis, written as one reads them: `trace().server('220 hi').client('USER anna').server('530 no').findings()`.
// Numbers commands and links, and lets each reply answer the oldest command that is open.
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import type {
  Finding,
  LinkClosed,
  LinkProgress,
  Observation,
  Side,
  TlsSeen,
  Violation,
  ViolationFacts,
} from '../../src/dialogue/observation.js';
import { endpoint, NOON, observed } from '../transcript/observations.js';

type Ends = Partial<Omit<LinkClosed, 'kind' | 'session' | 'at' | 'link'>>;

/** Between one observation and the next, unless `after` says otherwise. */
const STEP_MS = 10;

export class Trace {
  readonly observations: Observation[] = [];
  private at = NOON;
  private commands = 0;
  private links = 0;
  private readonly open: number[] = [];

  /** What comes next comes so much later. */
  after(ms: number): this {
    this.at += ms;
    return this;
  }

  opened(client = '192.0.2.10', server = '198.51.100.7', how: 'reverse' | 'capture' = 'reverse'): this {
    const listener = how === 'capture' ? null : endpoint('192.0.2.1', 2121);
    const ends = { client: endpoint(client, 51514), server: endpoint(server, 21), how, listener };
    return this.add(observed('session-opened', ends));
  }

  connected(server = '198.51.100.7'): this {
    return this.add(
      observed('server-connected', { remote: endpoint(server, 21), local: endpoint('192.0.2.1', 40_000) }),
    );
  }

  client(line: string): this {
    return this.command(line);
  }

  /** The proxy asks the server in its own name. */
  proxyAsks(line: string): this {
    return this.command(line, 'proxy');
  }

  /** A reply of the server to the oldest open command; lines are separated by \n. */
  server(text: string): this {
    return this.reply(text, 'server');
  }

  proxy(text: string): this {
    return this.reply(text, 'proxy');
  }

  tls(side: Side, facts: Partial<TlsSeen> = {}): this {
    return this.add(observed('tls', { side, ...facts }));
  }

  /** The handshake on a leg of the newest data link. */
  dataTls(side: Side, facts: Partial<TlsSeen> = {}): this {
    return this.add(observed('tls', { side, leg: 'data', link: this.links, certificate: null, ...facts }));
  }

  /** A data port was announced: `announced` by the server (passive), or by the client (active). */
  link(mode: 'passive' | 'active', announced: string, port = 50_001, used = announced): this {
    this.links += 1;
    const target = endpoint(used, port);
    const proxyEnd = endpoint('192.0.2.1', 40_001);
    const dialled = { mode, local: null, remote: target } as const;
    const listening = { mode, local: proxyEnd, remote: null } as const;
    const legs = mode === 'passive' ? { client: listening, server: dialled } : { client: dialled, server: listening };
    this.add(observed('link-opened', { link: this.links, ...legs }));
    const what = mode === 'passive' ? '227' : 'PORT';
    const ends = { announced: endpoint(announced, port), used: target, given: proxyEnd };
    return this.add(observed('rewrite', { what, link: this.links, ...ends }));
  }

  /** The same, and the server's port could not be dialled before the client was given ours; or the session is in a capture. */
  linkDialled(mode: 'passive' | 'active', to: string, port = 50_001, how: 'relayed' | 'captured' = 'relayed'): this {
    this.links += 1;
    const dialled = { mode, local: null, remote: endpoint(to, port) } as const;
    const local = how === 'relayed' ? endpoint('192.0.2.1', 40_001) : null;
    const other = { mode, local, remote: null } as const;
    const legs = mode === 'passive' ? { client: other, server: dialled } : { client: dialled, server: other };
    return this.add(observed('link-opened', { link: this.links, ...legs }));
  }

  /** A second of the newest link has passed. */
  linkProgress(facts: Partial<LinkProgress>): this {
    return this.add(observed('link-progress', { link: this.links, ...facts }));
  }

  /** The newest data link ends. */
  linkClosed(ends: Ends = {}): this {
    const opened = this.observations.findLast((one) => one.kind === 'link-opened');
    const legs = opened?.kind === 'link-opened' ? { client: opened.client, server: opened.server } : {};
    return this.add(observed('link-closed', { link: this.links, ...legs, ...ends }));
  }

  violation(side: Side, code: Violation['code'], detail = 'what happened', facts: ViolationFacts = {}): this {
    return this.add(observed('violation', { side, code, detail, ...facts }));
  }

  closed(facts: Partial<Extract<Observation, { kind: 'session-closed' }>> = {}): this {
    return this.add(observed('session-closed', facts));
  }

  /** Any other observation. */
  add(one: Observation): this {
    this.at += STEP_MS;
    this.observations.push({ ...one, at: this.at });
    return this;
  }

  get findings(): Finding[] {
    const diagnosed = new Diagnosed();
    return this.observations.flatMap((one) => diagnosed.of(one)).filter((one) => one.kind === 'finding');
  }

  /** `severity leg id` of each finding. */
  get found(): string[] {
    return this.findings.map(({ severity, leg, diagnosis }) => `${severity} ${leg ?? '-'} ${diagnosis}`);
  }

  private command(line: string, by?: 'proxy'): this {
    this.commands += 1;
    this.open.push(this.commands);
    const [verb = '', ...rest] = line.split(' ');
    const words = { number: this.commands, verb: verb.toUpperCase(), argument: rest.join(' '), line };
    return this.add(observed('command', by === undefined ? words : { ...words, by }));
  }

  private reply(text: string, by: 'server' | 'proxy'): this {
    const lines = text.split('\n');
    const code = Number(lines[0]?.slice(0, 3));
    const preliminary = code < 200;
    const answers = this.open[0] ?? null;
    if (!preliminary) this.open.shift();
    return this.add(observed('reply', { code, lines, by, preliminary, answers }));
  }
}

export function trace(): Trace {
  return new Trace();
}
