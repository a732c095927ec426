// Data links by themselves, with raw peers at both ends: no control connections, and whatever pump is under test between them.
import { onTestFinished } from 'vitest';
import type { Side } from '../../src/dialogue/observation.js';
import { DataPortPool } from '../../src/ends/data-port-pool.js';
import { LinkSockets } from '../../src/net/link-sockets.js';
import type { Pump, Pumped, Pumping } from '../../src/net/pump.js';
import type { Direction } from '../../src/protocol/verbs.js';
import type { Happening } from '../../src/relay/input.js';
import { Happenings } from '../support/happenings.js';
import { type RawPeer, startRawPeer } from './raw-peer.js';

type DataEnded = Extract<Happening, { kind: 'data-ended' }>;

/** Counts what a pump has taken over. */
export class CountedPump implements Pump {
  carried = 0;

  constructor(private readonly pump: Pump) {}

  carry(pumped: Pumped): Pumping | null {
    const pumping = this.pump.carry(pumped);
    if (pumping !== null) this.carried += 1;
    return pumping;
  }
}

export interface PipedLink {
  readonly link: LinkSockets;
  readonly ports: Readonly<Record<Side, number>>;
  /** How the data ended. What broke is dropped, as sessions do. */
  readonly ended: Promise<DataEnded>;
  /** Starts once both peers are connected. */
  flows(direction: Direction): Promise<void>;
}

export interface PeeredLink extends PipedLink {
  readonly sender: RawPeer;
  readonly receiver: RawPeer;
}

export async function openLink(pump: Pump | null): Promise<PipedLink> {
  const pools = { client: new DataPortPool(null, null, 0), server: new DataPortPool(null, null, 0) };
  const happened: Happening[] = [];
  const happenings = new Happenings();
  const happens = (happening: Happening) => {
    happened.push(happening);
    if (happening.kind === 'data-ended' && happening.end.kind === 'broken') link.drop(false);
    happenings.happened();
  };
  const rejected = (error: unknown) => {
    throw error;
  };
  const keeper = { pump, happens, opened: () => {}, shaken: () => {}, drained: () => {}, recordingFailed: rejected };
  const link = new LinkSockets(1, keeper, pools);
  onTestFinished(() => {
    link.drop(false);
    for (const pool of Object.values(pools)) pool.close();
  });
  const listen = (facing: Side) => link.listen({ facing, host: '127.0.0.1', range: null, admit: null });
  const ports = { client: await listen('client'), server: await listen('server') };
  const until = <T>(find: (one: Happening) => T | undefined, what: string) =>
    happenings.until(
      () => happened.map(find).find((found) => found !== undefined),
      () => `${what}; happened: ${happened.map(({ kind }) => kind).join(', ')}`,
      15_000,
    );
  const connected = (side: Side) =>
    until((one) => (one.kind === 'data-leg-connected' && one.side === side ? true : undefined), `the ${side} leg`);
  const ended = until((one) => (one.kind === 'data-ended' ? one : undefined), 'the end of the data');
  ended.catch(() => {});
  const flows = async (direction: Direction) => {
    await Promise.all([connected('client'), connected('server')]);
    await link.start(direction, null, { session: 1, link: 1, verb: 'RETR', path: 'f' });
  };
  return { link, ports, ended, flows };
}

/** A transfer that is to begin. */
export async function peeredLink(pump: Pump | null, direction: Direction): Promise<PeeredLink> {
  const piped = await openLink(pump);
  const [client, server] = [await startRawPeer(piped.ports.client), await startRawPeer(piped.ports.server)];
  await piped.flows(direction);
  const [sender, receiver] = direction === 'download' ? [server, client] : [client, server];
  return { ...piped, sender, receiver };
}
