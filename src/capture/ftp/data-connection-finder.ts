// Brings links and connections together: knows the links that wait, the connections that may carry one, and the sessions whose
// data connections are announced out of sight.
import type { Transfer } from '../../dialogue/link-life.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import type { CapturedConnection } from '../connection-event.js';
import type { Candidate } from './candidate.js';
import type { CapturedLink, LinkOwner } from './captured-link.js';
import type { CapturedSession } from './captured-session.js';
import type { ConnectionFinder, FoundConnection } from './connection-finder.js';
import type { CapturedDataConnection } from './data-connection.js';
import { DataMatching, modeBetween } from './data-matching.js';
import type { LatePayloads } from './late-payloads.js';
import { PayloadKeeping, type PendingWrites } from './payload-keeping.js';

/** How many connections are remembered that may still turn out to carry a transfer. */
const MAX_CANDIDATES = 2000;
/** After an encrypted session's last sign of life, a connection between its peers is taken for its data this long. */
const UNSEEN_NEAR_MS = 30_000;

export class DataConnectionFinder implements ConnectionFinder {
  private readonly matching = new DataMatching();
  private readonly candidates = new Map<CapturedConnection, Candidate>();
  private readonly candidatesByHosts = new Map<string, Set<Candidate>>();
  /** By the hosts, and the end that listens or, where the capture does not show who dialled, may listen. */
  private readonly candidatesByListener = new Map<string, Set<Candidate>>();
  private readonly sessionsByHosts = new Map<string, Set<CapturedSession>>();

  constructor(
    private readonly writes: PendingWrites | null,
    private readonly late: LatePayloads,
    /** A connection that was taken for anything possible carries a transfer. */
    private readonly carries: (candidate: Candidate) => void,
  ) {}

  /** A connection opened. Says whether a link was waiting for it; otherwise it is remembered. */
  opened(candidate: Candidate): boolean {
    const { connection } = candidate;
    this.candidates.set(connection, candidate);
    add(this.candidatesByHosts, hosts(connection.initiator, connection.responder), candidate);
    for (const key of listenerKeys(connection)) add(this.candidatesByListener, key, candidate);
    if (this.matching.matchPort(candidate.data)) return true;
    if (this.candidates.size <= MAX_CANDIDATES) return false;
    const [oldest] = this.candidates.values();
    oldest?.unwatch();
    if (oldest !== undefined) this.forget(oldest);
    return false;
  }

  /** It is known what the connection is; it carries no transfer, or is its link's now. */
  forget(candidate: Candidate): void {
    const { connection } = candidate;
    if (!this.candidates.delete(connection)) return;
    remove(this.candidatesByHosts, hosts(connection.initiator, connection.responder), candidate);
    for (const key of listenerKeys(connection)) remove(this.candidatesByListener, key, candidate);
  }

  /** Those that may have carried a transfer, and that no link has claimed. */
  unclaimed(): readonly Candidate[] {
    return [...this.candidates.values()];
  }

  sessionOpened(session: CapturedSession): void {
    add(this.sessionsByHosts, hosts(session.identity.client, session.identity.server), session);
  }

  sessionOver(session: CapturedSession): void {
    remove(this.sessionsByHosts, hosts(session.identity.client, session.identity.server), session);
  }

  /** A connection that does not speak FTP: an encrypted session between the same hosts may have announced it. */
  offerToUnseen({ connection, data, protocol }: Candidate): void {
    const { initiator, responder, openedAt } = connection;
    // Everything on one host is between the same hosts: only what is encrypted, too, is likely to be meant.
    if (initiator.address === responder.address && protocol === null) return;
    let nearest: CapturedSession | null = null;
    for (const session of this.sessionsByHosts.get(hosts(initiator, responder)) ?? []) {
      const silentMs = openedAt - session.links.at;
      if (session.veil === null || session.over || silentMs > UNSEEN_NEAR_MS) continue;
      if (modeBetween(session.links, connection) === null) continue;
      if (session.links.at >= (nearest?.links.at ?? 0)) nearest = session;
    }
    const mode = nearest && modeBetween(nearest.links, connection);
    if (mode) nearest?.links.attachUnseen(data, mode, `it cannot be seen what the server said: ${nearest.veil}`);
  }

  expect(link: CapturedLink): void {
    const { clientHost, serverHost } = link.owner;
    const listening = (host: string, port: number) =>
      this.candidatesByListener.get(listenerKey(clientHost, serverHost, host, port)) ?? [];
    if (!this.matching.claimByPort(link, listening)) this.matching.expect(link);
  }

  settle(link: CapturedLink): void {
    this.matching.settle(link);
  }

  closing(link: CapturedLink): void {
    this.late.keep(link);
  }

  search(link: CapturedLink): void {
    const { owner, expectation, transfer } = link;
    if (transfer === null) return;
    const found = this.matching.findByTime(owner, transfer.direction, expectation.at, this.between(owner));
    if (found !== null && found.mode === expectation.mode) owner.attach(link, found.data, 'responder');
  }

  searchUnannounced(owner: LinkOwner, transfer: Transfer, at: number): FoundConnection | null {
    return this.matching.findByTime(owner, transfer.direction, at, this.between(owner));
  }

  attached(data: CapturedDataConnection, link: CapturedLink): void {
    const candidate = this.candidates.get(data.connection);
    if (candidate === undefined) return;
    this.forget(candidate);
    candidate.sumUpHeld();
    if (this.writes !== null) {
      data.keeping = new PayloadKeeping(this.writes);
      keepWhatWasHeld(data.keeping, link, candidate);
    }
    candidate.carries(link);
    this.carries(candidate);
  }

  private between({ clientHost, serverHost }: LinkOwner): Iterable<Candidate> {
    return this.candidatesByHosts.get(hostsKey(clientHost, serverHost)) ?? [];
  }
}

/** What came before the connection was known for a transfer's. */
function keepWhatWasHeld(keeping: PayloadKeeping, link: CapturedLink, candidate: Candidate): void {
  if (candidate.events === null) return keeping.giveUp();
  for (const { event } of candidate.events) {
    if (event.kind === 'bytes' && link.isPayload(event.from)) keeping.takeHeld(event.bytes);
  }
}

function hosts(one: Endpoint, other: Endpoint): string {
  return hostsKey(one.address, other.address);
}

function hostsKey(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function listenerKey(one: string, other: string, listener: string, port: number): string {
  return `${hostsKey(one, other)} ${listener} ${port}`;
}

function listenerKeys({ initiator, responder, sawHandshake }: CapturedConnection): readonly string[] {
  const ends = sawHandshake ? [responder] : [responder, initiator];
  return ends.map(({ address, port }) => listenerKey(initiator.address, responder.address, address, port));
}

function add<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function remove<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  if (values?.delete(value) && values.size === 0) index.delete(key);
}
