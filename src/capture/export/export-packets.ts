// A recording as a pcapng file: observations and payloads in, the file's bytes out. Does not know where they come from or go to.
// What is held is bounded: sessions that are open, what waits for its form, and a little of each running payload.
import type { Observation } from '../../dialogue/observation.js';
import { type ExportContext, ExportedSession } from './exported-session.js';
import type { PayloadOf } from './exported-transfer.js';
import { type Burst, PacketOrder } from './packet-order.js';
import { openingBlocks, packetBlock, secretsBlock } from './pcapng-blocks.js';
import type { Vantage } from './vantage.js';

export type { Vantage } from './vantage.js';

/** Open sessions beyond that many are ended where they are, the oldest first. */
const MAX_SESSIONS = 100_000;
const MAX_SERVER_PORTS = 8;
const SHOWS: Readonly<Record<Vantage, string>> = {
  'end-to-end': 'FTP sessions, decrypted, as if client and server had met without a proxy',
  client: 'FTP sessions, decrypted, between clients and the proxy',
  server: 'FTP sessions, decrypted, between the proxy and servers',
};
/** One more than the last, and far from it: so that a pair of ports may come again. */
const SEQUENCE_STRIDE = 0x9e3779b1;

export interface Recorded {
  readonly observations: AsyncIterable<readonly Observation[]>;
  readonly payload: PayloadOf;
}

export interface ExportOptions {
  readonly vantage: Vantage;
  /** Who writes the file, for its header. */
  readonly application: string;
  /** An NSS key log that the file is to hold. */
  readonly keyLog?: Buffer;
}

/** What was exported, and what could not be as one would wish. */
export interface ExportSummary {
  sessions: number;
  /** Where servers listen, the first few of them. */
  readonly serverPorts: Set<number>;
  /** Transfers whose bytes are not, or not all, in the recording. */
  transfersWithoutPayload: number;
  /** Sessions none of whose connections has IP addresses at both ends. */
  sessionsWithoutAddresses: number;
  /** Sessions whose beginning is not in the recording. */
  sessionsWithoutBeginning: number;
}

/** The bytes of the file; at the end, what has to be said of it. Fails as the recording does, after what could be read of it. */
export async function* exportPackets(
  recorded: Recorded,
  { vantage, application, keyLog }: ExportOptions,
): AsyncGenerator<Buffer, ExportSummary> {
  const order = new PacketOrder();
  const sessions = new ExportedSessions(vantage, recorded.payload, order);
  let now = 0;
  let failure: { readonly error: unknown } | null = null;
  let isOpened = false;
  const opening = () => {
    isOpened = true;
    const opening = openingBlocks(application, SHOWS[vantage]);
    return keyLog === undefined ? opening : Buffer.concat([opening, secretsBlock(keyLog)]);
  };
  try {
    for await (const observations of recorded.observations) {
      // Not before something could be read.
      if (!isOpened) yield opening();
      for (const observation of observations) {
        now = Math.max(now, observation.at);
        sessions.take(observation);
      }
      for await (const burst of order.take(now)) yield blocksOf(burst);
    }
  } catch (error) {
    if (!isOpened) throw error;
    failure = { error };
  }
  if (!isOpened) yield opening();
  sessions.cutOff();
  for await (const burst of order.take(Number.POSITIVE_INFINITY)) yield blocksOf(burst);
  if (failure !== null) throw failure.error;
  return sessions.summary;
}

function blocksOf({ at, packets, comment }: Burst): Buffer {
  return Buffer.concat(packets.map((packet, index) => packetBlock(at, packet, index === 0 ? comment : null)));
}

class ExportedSessions {
  readonly summary: ExportSummary = {
    sessions: 0,
    serverPorts: new Set(),
    transfersWithoutPayload: 0,
    sessionsWithoutAddresses: 0,
    sessionsWithoutBeginning: 0,
  };
  private readonly open = new Map<number, ExportedSession>();
  private readonly unknown = new Set<number>();
  private readonly context: ExportContext;
  private connections = 0;

  constructor(vantage: Vantage, payload: PayloadOf, order: PacketOrder) {
    this.context = {
      vantage,
      payload,
      add: (place) => order.add(place),
      nextInitialSequence: () => this.nextInitialSequence(),
      payloadMissing: () => {
        this.summary.transfersWithoutPayload += 1;
      },
      opened: ({ server }) => {
        if (this.summary.serverPorts.size < MAX_SERVER_PORTS) this.summary.serverPorts.add(server.port);
      },
      addressless: () => {
        this.summary.sessionsWithoutAddresses += 1;
      },
    };
  }

  take(observation: Observation): void {
    const { session: number } = observation;
    if (observation.kind === 'session-opened')
      return this.begin(number, new ExportedSession(observation, this.context));
    const session = this.open.get(number);
    if (session === undefined) return this.strange(number);
    session.take(observation);
    if (session.over) this.open.delete(number);
  }

  cutOff(): void {
    for (const session of this.open.values()) session.cutOff();
  }

  /** A later run of the proxy, appended to the same transcript, numbers its sessions anew. */
  private begin(number: number, session: ExportedSession): void {
    this.end(number);
    this.open.set(number, session);
    this.summary.sessions += 1;
    const oldest = this.open.keys().next().value;
    if (this.open.size > MAX_SESSIONS && oldest !== undefined) this.end(oldest);
  }

  private end(number: number): void {
    this.open.get(number)?.cutOff();
    this.open.delete(number);
  }

  private nextInitialSequence(): number {
    this.connections += 1;
    return Math.imul(this.connections, SEQUENCE_STRIDE) >>> 0;
  }

  private strange(number: number): void {
    if (this.unknown.has(number) || this.unknown.size >= MAX_SESSIONS) return;
    this.unknown.add(number);
    this.summary.sessionsWithoutBeginning += 1;
  }
}
