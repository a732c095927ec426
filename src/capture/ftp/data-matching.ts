// Which connection belongs to which data link. Knows links and connections, and no FTP line.
//
// What the two say of each other: a link names the port on which its listener waits, and where that was announced the host; both are
// the listener's own words, which a NAT between peers and capture may have made wrong. A connection has two ends and a moment. The
// one may be captured before the other, either way round. So the ways to match are tried from the surest to the weakest:
//
//   1. by port, when a connection opens while links wait (`matchPort`): of the links that announced the port of its listening end the
//      best by hosts (`scoreOf`), the newest among equals. The listener's host is enough; the peer's alone is for a minute; where
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
// again: clients dial twice. Which end listens is certain only where the handshake was captured; otherwise both are tried.
import type { LegMode } from '../../dialogue/link-facts.js';
import { sameAddress } from '../../protocol/endpoint.js';
import type { Direction } from '../../protocol/verbs.js';
import { type CapturedConnection, type ConnectionEnd, otherEnd } from '../connection-event.js';
import type { Candidate } from './candidate.js';
import type { CapturedLink, Expectation, LinkOwner } from './captured-link.js';
import type { FoundConnection } from './connection-finder.js';
import type { CapturedDataConnection } from './data-connection.js';

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

/** Where hosts differ from what was announced: 3 is no difference, 0 is no match. */
function scoreOf(link: CapturedLink, connection: CapturedConnection, listener: ConnectionEnd): number {
  const { owner, expectation } = link;
  const [home, peer] = hostsOf(owner, expectation);
  const listens = connection[listener].address;
  const rightHost = sameAddress(listens, expectation.listener?.address ?? '') || sameAddress(listens, home);
  const rightPeer = sameAddress(connection[otherEnd(listener)].address, peer);
  if (rightHost) return rightPeer ? 3 : 2;
  return rightPeer && connection.openedAt - expectation.at < PORT_ALONE_MS ? 1 : 0;
}

/** The hosts of the one who listens and of the one who dials. */
function hostsOf({ clientHost, serverHost }: LinkOwner, { mode }: Expectation): [string, string] {
  return mode === 'passive' ? [serverHost, clientHost] : [clientHost, serverHost];
}

export class DataMatching {
  /** Links that wait for their connection, by the port that was announced. */
  private readonly expected = new Map<number, Set<CapturedLink>>();

  expect(link: CapturedLink): void {
    const port = link.expectation.listener?.port;
    if (port === undefined) return;
    const links = this.expected.get(port) ?? new Set();
    this.expected.set(port, links.add(link));
  }

  /** The link has its connection, or wants none any more. */
  settle(link: CapturedLink): void {
    const port = link.expectation.listener?.port ?? 0;
    const links = this.expected.get(port);
    if (links?.delete(link) && links.size === 0) this.expected.delete(port);
  }

  /** Gives a connection to the link that announced its port. Says whether there was one. */
  matchPort(data: CapturedDataConnection): boolean {
    const { connection } = data;
    const ends: readonly ConnectionEnd[] = connection.sawHandshake ? ['responder'] : ['responder', 'initiator'];
    let best: Match | null = null;
    for (const listener of ends) {
      for (const link of this.expected.get(connection[listener].port) ?? []) {
        if (link.data !== null) continue;
        const score = scoreOf(link, connection, listener);
        if (score > 0 && score >= (best?.score ?? 0)) best = { link, listener, score };
      }
    }
    best?.link.owner.attach(best.link, data, best.listener);
    return best !== null;
  }

  /** Gives a link a connection that was there before it was announced. */
  claimByPort(link: CapturedLink, candidates: Iterable<Candidate>): boolean {
    const { listener: announced } = link.expectation;
    for (const { data, connection } of candidates) {
      const ends: readonly ConnectionEnd[] = ['responder', 'initiator'];
      const listener = ends.find((end) => connection[end].port === announced?.port);
      if (listener === undefined || scoreOf(link, connection, listener) < 2) continue;
      if (connection.sawHandshake && listener === 'initiator') continue;
      if (link.expectation.at - connection.openedAt > NEAR_MS) continue;
      link.owner.attach(link, data, listener);
      return true;
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
  const toServer = sameAddress(responder.address, serverHost) && sameAddress(initiator.address, clientHost);
  const toClient = sameAddress(responder.address, clientHost) && sameAddress(initiator.address, serverHost);
  if (toClient && (!toServer || initiator.port === FTP_DATA_PORT)) return 'active';
  if (!toServer || responder.port === serverPort || responder.port < LOWEST_DATA_PORT) return null;
  return 'passive';
}
