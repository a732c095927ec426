// All data links of a session, by their numbers, from the first thing that is asked of one to the last.
import type { Side } from '../dialogue/observation.js';
import type { DataPortPool } from '../ends/data-port-pool.js';
import { addressFamily } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';
import type { Happening } from '../relay/input.js';
import { resolveAdvertised } from './advertised-address.js';
import type { LinkKeeper, ListenRequest } from './link-keeper.js';
import { LinkSockets } from './link-sockets.js';

export class LinksOfSession {
  private readonly links = new Map<number, LinkSockets>();
  private readonly keeper: LinkKeeper;

  /** `owner` drives the session. */
  constructor(
    private readonly owner: Omit<LinkKeeper, 'drained'>,
    private readonly pools: Readonly<Record<Side, DataPortPool>>,
  ) {
    // A broken flow leaves a leg open: such a link stays until the session drops it.
    this.keeper = { ...owner, drained: (link) => this.links.delete(link) };
  }

  /** The link of that number; made when it is first spoken of. */
  of(number: number): LinkSockets {
    const known = this.links.get(number);
    if (known) return known;
    const sockets = new LinkSockets(number, this.keeper, this.pools);
    this.links.set(number, sockets);
    return sockets;
  }

  /** Opens a data port for the link, and tells the owner the address by which the peer will know it. */
  openPort(link: number, request: ListenRequest, advertised: string | null): void {
    const { facing: side, host } = request;
    const address = advertised === null ? null : resolveAdvertised(advertised, addressFamily(host) ?? 1);
    Promise.all([address, this.of(link).listen(request)]).then(
      ([known, port]) =>
        this.owner.happens({ kind: 'data-port-open', link, side, endpoint: { address: known ?? host, port } }),
      (error: unknown) => this.owner.happens({ kind: 'data-port-failed', link, reason: systemReason(error) }),
    );
  }

  /** The legs of one link are another's from now on. */
  handOn(number: number, to: number): void {
    const sockets = this.links.get(number);
    if (sockets === undefined) return;
    this.links.delete(number);
    this.links.set(to, sockets);
    sockets.serveNext(to);
  }

  /** `unused`: no transfer was asked for over it. */
  drop(number: number, unused = false): void {
    this.links.get(number)?.drop(unused);
    this.links.delete(number);
  }

  dropAll(): void {
    for (const number of [...this.links.keys()]) this.drop(number);
  }

  /** How far every flow is that has carried something. */
  progress(): readonly Happening[] {
    const moved: Happening[] = [];
    for (const link of this.links.values()) if (link.hasMoved) moved.push(link.progress);
    return moved;
  }
}
