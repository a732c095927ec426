// Which connection belongs to which data link. Knows links and connections, and no FTP line.
//
// What the two say of each other: a link names the port on which its listener waits, and where that was announced the host; both are
// the listener's own words, which a NAT between peers and capture may have made wrong. A connection has two ends and a moment. The
// one may be captured before the other, either way round. So the ways to match are tried from the surest to the weakest:
//
//   1. by port, when a connection opens while links wait (`matchPort`): of the links that announced the port of its listening end the
//      best by hosts (`bestFor`), the newest among equals. The listener's host is enough; the peer's alone is for a minute; where
//      neither is right there is no match.
//   2. by port, when a link is announced and its connection is there already (`claimByPort`): among those between the session's peers
//      that opened in the last ten seconds, and only with the listener's host right.
//   3. by time (`findByTime`), when a transfer is over that found none: between the session's peers, in a direction and on ports that
//      data would take (`modeBetween`), opened within ten seconds of the announcement or the command, and without bytes in the wrong
//      direction. The nearest is taken. On one host this would match everything, so nothing is.
// (An encrypted session announces nothing that can be read: what opens near its last sign of life is taken for its data, see
// data-connection-finder.ts.)
//
// A link has one connection at a time, and a connection one link. A connection that came to nothing is given back, and the link waits
// again: clients dial twice. Addresses are compared as they are: all of them are in their one spelling (`canonicalAddress`).
// Which end listens is certain only where the handshake was captured; otherwise both are tried.
import type { LegMode } from '../../dialogue/link-facts.js';
import type { Direction } from '../../protocol/verbs.js';
import { type CapturedConnection, type ConnectionEnd, otherEnd } from '../connection-event.js';
import type { Candidate } from './candidate.js';
import type { CapturedLink, LinkOwner } from './captured-link.js';
import type { FoundConnection } from './connection-finder.js';
import type { CapturedDataConnection } from './data-connection.js';
import { WaitingLinks } from './waiting-links.js';

/** A port alone, on another host than announced, says little when much time has gone by. */
const PORT_ALONE_MS = 60_000;
/** Without a port to go by, the connection must come this close to what announced or began the transfer. */
const NEAR_MS = 10_000;
const LOWEST_DATA_PORT = 1024;
const FTP_DATA_PORT = 20;

interface Match {
  readonly link: CapturedLink;
  readonly listener: ConnectionEnd;
  readonly score: number;
}

/** The host that should listen as the session goes, the one that was announced, and the one that should dial. */
function hostsOf({ owner, expectation }: CapturedLink): { home: string; announced: string | null; peer: string } {
  const { clientHost, serverHost } = owner;
  const announced = expectation.listener?.address ?? null;
  return expectation.mode === 'passive'
    ? { home: serverHost, announced, peer: clientHost }
    : { home: clientHost, announced, peer: serverHost };
}

function waitingKey(listener: string | null, peer: string | null, port: number): string {
  return `${listener ?? ''} ${peer ?? ''} ${port}`;
}

export class DataMatching {
  /** By the port that was announced, with the hosts of the listener, of the peer, or of both. */
  private readonly expected = new WaitingLinks();

  expect(link: CapturedLink): void {
    const port = link.expectation.listener?.port;
    if (port === undefined) return;
    const { home, announced, peer } = hostsOf(link);
    const listeners = announced === null || announced === home ? [home] : [home, announced];
    const keys = listeners.flatMap((host) => [waitingKey(host, peer, port), waitingKey(host, null, port)]);
    this.expected.add(link, [...keys, waitingKey(null, peer, port)]);
  }

  /** The link has its connection, or wants none any more. */
  settle(link: CapturedLink): void {
    this.expected.remove(link);
  }

  /** Gives a connection to the link that announced its port. Says whether there was one. */
  matchPort(data: CapturedDataConnection): boolean {
    const { connection } = data;
    const ends: readonly ConnectionEnd[] = connection.sawHandshake ? ['responder'] : ['responder', 'initiator'];
    let best: Match | null = null;
    for (const listener of ends) {
      const found = this.bestFor(connection, listener);
      if (found !== null && found.score >= (best?.score ?? 0)) best = found;
    }
    best?.link.owner.attach(best.link, data, best.listener);
    return best !== null;
  }

  /** Of the links that announced the port of the listening end: with both hosts right, with the listener's, with the peer's. */
  private bestFor(connection: CapturedConnection, listener: ConnectionEnd): Match | null {
    const { address, port } = connection[listener];
    const peer = connection[otherEnd(listener)].address;
    const both = this.expected.newest(waitingKey(address, peer, port));
    if (both !== null) return { link: both, listener, score: 3 };
    const host = this.expected.newest(waitingKey(address, null, port));
    if (host !== null) return { link: host, listener, score: 2 };
    const alone = this.expected.newest(waitingKey(null, peer, port));
    const isNear = alone !== null && connection.openedAt - alone.expectation.at < PORT_ALONE_MS;
    return isNear ? { link: alone, listener, score: 1 } : null;
  }

  /** Gives a link a connection that was there before it was announced. `candidates` gives those that a host listens for at a port. */
  claimByPort(link: CapturedLink, candidates: (host: string, port: number) => Iterable<Candidate>): boolean {
    const { listener: announced, at } = link.expectation;
    if (announced === null) return false;
    for (const host of new Set([hostsOf(link).home, announced.address])) {
      for (const { data, connection } of candidates(host, announced.port)) {
        if (at - connection.openedAt > NEAR_MS) continue;
        const { address, port } = connection.responder;
        const listener = address === host && port === announced.port ? 'responder' : 'initiator';
        link.owner.attach(link, data, listener);
        return true;
      }
    }
    return false;
  }

  /**
   * The connection between a transfer's peers that opened next to when it should have, and carried nothing against it. On one
   * host everything is between the same peers: nothing is found there.
   */
  findByTime(
    owner: LinkOwner,
    direction: Direction,
    at: number,
    candidates: Iterable<Candidate>,
  ): FoundConnection | null {
    if (owner.clientHost === owner.serverHost) return null;
    let nearest: FoundConnection | null = null;
    let nearestMs = NEAR_MS;
    for (const { connection, data } of candidates) {
      const mode = modeBetween(owner, connection);
      const awayMs = Math.abs(connection.openedAt - at);
      if (mode === null || awayMs > nearestMs || data.fruitless) continue;
      const client = mode === 'passive' ? data.streams.initiator : data.streams.responder;
      const server = mode === 'passive' ? data.streams.responder : data.streams.initiator;
      if ((direction === 'upload' ? server : client).bytes > 0) continue;
      nearest = { data, mode };
      nearestMs = awayMs;
    }
    return nearest;
  }
}

/** The mode in which a session's peers would use this connection for data; null when they would not. */
export function modeBetween(owner: LinkOwner, { initiator, responder }: CapturedConnection): LegMode | null {
  const { clientHost, serverHost, serverPort } = owner;
  const toServer = responder.address === serverHost && initiator.address === clientHost;
  const toClient = responder.address === clientHost && initiator.address === serverHost;
  if (toClient && (!toServer || initiator.port === FTP_DATA_PORT)) return 'active';
  if (!toServer || responder.port === serverPort || responder.port < LOWEST_DATA_PORT) return null;
  return 'passive';
}
