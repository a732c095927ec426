// A capture made by hand: a test says what was captured of which connection, and reads what is told of it. No file, no packets.
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../../../src/capture/connection-event.js';
import { FtpTraffic, type TrafficOptions } from '../../../src/capture/ftp/ftp-traffic.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import type { Endpoint } from '../../../src/protocol/endpoint.js';

export const CLIENT = '10.1.0.2';
export const SERVER = '10.2.0.7';
const START = 1_700_000_000_000;
/** From one event to the next. */
const STEP_MS = 1;

type Happening = ConnectionEvent extends infer Event
  ? Event extends ConnectionEvent
    ? Omit<Event, 'at' | 'connection'>
    : never
  : never;

export class PlayedCapture {
  readonly observations: Observation[] = [];
  readonly notices: string[] = [];
  readonly traffic: FtpTraffic;
  private at = START;
  private count = 0;
  private tail: Promise<void> = Promise.resolve();

  constructor(options: Partial<TrafficOptions> = {}) {
    this.traffic = new FtpTraffic({ showSecrets: true, notice: (line) => this.notices.push(line), ...options });
  }

  passes(milliseconds: number): this {
    this.at += milliseconds;
    return this;
  }

  /** A connection, `address:port` to `address:port`, its handshake captured. */
  opens(initiator: string, responder: string): PlayedConnection {
    return this.connection(initiator, responder, true);
  }

  /** A SYN that nobody has answered, or with a reset. */
  dials(initiator: string, responder: string): PlayedConnection {
    return this.connection(initiator, responder, true, false);
  }

  /** A connection that was under way as the capture began. */
  underWay(initiator: string, responder: string): PlayedConnection {
    return this.connection(initiator, responder, false);
  }

  /** A control connection between the usual peers. */
  control(port = 40_000, serverPort = 21): PlayedConnection {
    return this.opens(`${CLIENT}:${port}`, `${SERVER}:${serverPort}`);
  }

  /** The capture ends; everything that is told of it. */
  async ends(): Promise<Observation[]> {
    await this.tail;
    this.observations.push(...(await this.traffic.end()));
    return this.observations;
  }

  /** What is told by now. */
  async told(): Promise<Observation[]> {
    await this.tail;
    this.observations.push(...(await this.traffic.release()));
    return this.observations;
  }

  happens(connection: CapturedConnection, happening: Happening): void {
    this.at += STEP_MS;
    const event: ConnectionEvent = { ...happening, at: this.at, connection };
    this.tail = this.tail.then(async () => {
      await this.traffic.take(event);
    });
  }

  private connection(initiator: string, responder: string, sawHandshake: boolean, answered = true): PlayedConnection {
    this.count += 1;
    const connection = {
      number: this.count,
      initiator: endpoint(initiator),
      responder: endpoint(responder),
      sawHandshake,
      answered,
      openedAt: this.at + STEP_MS,
    };
    this.happens(connection, { kind: 'opened' });
    return new PlayedConnection(this, connection);
  }
}

export class PlayedConnection {
  constructor(
    private readonly capture: PlayedCapture,
    readonly connection: CapturedConnection,
  ) {}

  /** Lines of whoever dialled, CR LF added. */
  client(...lines: readonly string[]): this {
    return this.sends('initiator', lines.map((line) => `${line}\r\n`).join(''));
  }

  server(...lines: readonly string[]): this {
    return this.sends('responder', lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Bytes, one character each. */
  sends(from: ConnectionEnd, bytes: string | Buffer): this {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return this.happens({ kind: 'bytes', from, bytes: buffer });
  }

  loses(from: ConnectionEnd, bytes: number): this {
    return this.happens({ kind: 'lost', from, bytes });
  }

  ends(from: ConnectionEnd, how: 'fin' | 'reset' = 'fin'): this {
    return this.happens({ kind: 'ended', from, how });
  }

  /** Both ends are done with it. */
  closes(first: ConnectionEnd = 'initiator'): this {
    const second = first === 'initiator' ? 'responder' : 'initiator';
    return this.ends(first).ends(second).happens({ kind: 'closed', why: 'ended' });
  }

  falls(why: 'silent' | 'limit' | 'capture-end'): this {
    return this.happens({ kind: 'closed', why });
  }

  happens(happening: Happening): this {
    this.capture.happens(this.connection, happening);
    return this;
  }
}

function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Observations of one kind, in order. */
export function of<Kind extends Observation['kind']>(
  observations: readonly Observation[],
  kind: Kind,
): Extract<Observation, { kind: Kind }>[] {
  return observations.filter((one): one is Extract<Observation, { kind: Kind }> => one.kind === kind);
}

/** In short, for tests that read as transcripts: what each observation is about. */
export function inShort(observation: Observation): string {
  switch (observation.kind) {
    case 'command':
      return `C ${observation.line}`;
    case 'reply':
      return `S ${observation.lines.join(' / ')}${observation.answers === null ? '' : ` (${observation.answers})`}`;
    case 'noise':
      return `${observation.from === 'client' ? 'C' : 'S'}? ${observation.line}`;
    case 'gap':
      return `${observation.side} gap ${observation.bytes}${observation.link === null ? '' : ` link ${observation.link}`}`;
    case 'link-opened':
      return `link ${observation.link} ${observation.client.mode}`;
    case 'link-progress':
      return `link ${observation.link} ${observation.state}`;
    case 'link-closed': {
      const { link, verb, path, bytes, outcome, reason } = observation;
      const transfer = verb === null ? '' : ` ${verb}${path === '' ? '' : ` ${path}`} ${bytes}`;
      return `link ${link}${transfer} ${outcome}${reason === null ? '' : `: ${reason}`}`;
    }
    case 'violation':
      return `! ${observation.code}`;
    case 'session-closed':
      return `closed by ${observation.by}: ${observation.reason}`;
    default:
      return observation.kind;
  }
}
