// A real server, once as it is and once behind the proxy, and dialogues played at both.
import type { Observation } from '../../src/dialogue/observation.js';
import { type RunningProxy, startProxy } from '../e2e/proxy.js';
import { proftpd } from '../e2e/servers/proftpd.js';
import { pureFtpd } from '../e2e/servers/pure-ftpd.js';
import { pyftpdlib } from '../e2e/servers/pyftpdlib.js';
import { type RunningServer, type Server, startServer } from '../e2e/servers/server.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import { Chance } from '../support/chance.js';
import { type Place, play } from './client.js';
import { type Comparison, compare, type ProxyPorts, type Session } from './compare.js';
import { randomDialogue, type Step } from './dialogue.js';
import { Witness } from './witness.js';

export const SERVERS: readonly Server[] = [vsftpd, proftpd, pureFtpd, pyftpdlib];

/** A range for each server, as they are played at side by side. */
const PORTS = new Map(SERVERS.map((server, index) => [server, portsFrom(33_000 - 2000 * (index + 1))]));

function portsFrom(from: number): ProxyPorts {
  return { client: { from, to: from + 499 }, server: { from: from + 500, to: from + 999 } };
}

export interface Played extends Comparison {
  readonly server: string;
  readonly seed: number;
  readonly dialogue: readonly Step[];
}

export class Stage {
  private readonly witness: Witness;

  private constructor(
    private readonly kind: Server,
    private readonly server: RunningServer,
    private proxy: RunningProxy,
    private readonly ports: ProxyPorts,
  ) {
    this.witness = new Witness(kind, server.place);
  }

  static async open(kind: Server): Promise<Stage> {
    const ports = PORTS.get(kind) ?? portsFrom(20_000);
    const server = await startServer(kind, 4);
    try {
      return new Stage(kind, server, await proxyBefore(server, ports), ports);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async play(seed: number): Promise<Played> {
    const dialogue = randomDialogue(new Chance(seed));
    const direct = await this.session(dialogue, this.server.place);
    const through = await this.session(dialogue, this.proxy);
    const observations = await this.observations().catch((error: unknown) => String(error));
    const comparison =
      typeof observations === 'string'
        ? await this.staysOpen(observations)
        : compare(direct, { ...through, observations }, this.ports);
    return { server: this.kind.name, seed, dialogue, ...comparison };
  }

  /** Of a client that left the proxy waits 10 s for what the server still says, as long as `observations` waits for the proxy. */
  private observations(): Promise<readonly Observation[]> {
    return this.proxy.observations().catch(() => this.proxy.observations());
  }

  /** What it would say later would be taken for that of the next session. */
  private async staysOpen(seen: string): Promise<Comparison> {
    await this.proxy.stop();
    this.proxy = await proxyBefore(this.server, this.ports);
    const differences = [
      'the session stays open in the proxy long after the client is gone',
      ...seen.split('\n').slice(1),
    ];
    return { differences, steppedIn: false };
  }

  async close(): Promise<void> {
    await this.proxy.stop();
    await this.server.stop();
  }

  private async session(dialogue: readonly Step[], { host, port }: Place): Promise<Session> {
    await this.witness.prepare();
    const heard = await play(dialogue, { host, port }, this.kind);
    return { ...heard, ...(await this.witness.seen()) };
  }
}

function proxyBefore({ place }: RunningServer, ports: ProxyPorts): Promise<RunningProxy> {
  const range = (side: keyof ProxyPorts) => `${side}=${ports[side].from}-${ports[side].to}`;
  return startProxy(place, { options: ['--data-ports', range('client'), '--data-ports', range('server')] });
}
