// The live relay as a listener: a session whose sockets do at once what it wants, and peers who say what the dialogue says.
import type { DataEnd } from '../../src/dialogue/link-life.js';
import type { Observation, Side } from '../../src/dialogue/observation.js';
import type { SessionEffect } from '../../src/relay/effect.js';
import type { Happening } from '../../src/relay/input.js';
import { NO_TLS } from '../../src/relay/policy.js';
import { Relay } from '../../src/relay/relay.js';
import { CLIENT_HOST, POLICY, SERVER_HOST } from '../support/playbook.js';
import { type DialogueEvent, directionNow, eventsOf } from './events.js';

const TO_CLIENT = '10.1.0.1';
const TO_SERVER = '10.2.0.1';

/** What the relay observes of the dialogue. */
export function relayed(lines: readonly string[]): Observation[] {
  const session = new LiveRelay();
  for (const event of eventsOf(lines)) session.take(event);
  return session.observations;
}

class LiveRelay {
  readonly observations: Observation[] = [];
  private at = 1_700_000_000_000;
  private ports = 40_000;
  private verb = '';
  /** Of the newest link: towards whom a port of the proxy is open, what came over it, and whether it may. */
  private link = 0;
  private awaits: Side | null = null;
  private bytes = 0;
  private flows = false;
  /** The data have ended before the session let them flow: they wait in the sockets. */
  private waitingEnd: DataEnd | null = null;
  private readonly relay: Relay;

  constructor() {
    const client = { address: CLIENT_HOST, port: 40_000 };
    const local = { address: TO_CLIENT, port: 21 };
    const server = { address: SERVER_HOST, port: 21 };
    const identity = { session: 1, client, server, listener: local, how: 'reverse', openedAt: this.at } as const;
    this.relay = new Relay(identity, { local, remote: client }, { ...POLICY, tls: NO_TLS });
    this.happens({ kind: 'server-connected', local: { address: TO_SERVER, port: 41_000 }, remote: server });
  }

  take(event: DialogueEvent): void {
    switch (event.kind) {
      case 'says':
        if (event.from === 'client') this.verb = event.verb;
        return this.happens({ kind: 'control-bytes', from: event.from, bytes: Buffer.from(event.text, 'latin1') });
      case 'data':
        return this.connects(event.bytes.length);
      case 'data-end':
        return this.dataEnds(event.how === 'fin' ? { kind: 'drained' } : this.broken());
      case 'over':
        this.happens({ kind: 'control-ended', from: 'server' });
        return this.happens({ kind: 'control-ended', from: 'client' });
    }
  }

  private broken(): DataEnd {
    const side = directionNow(this.verb) === 'upload' ? 'client' : 'server';
    return { kind: 'broken', side, cause: `${side}-broke`, reason: `the ${side} reset the data connection` };
  }

  /** Whoever has been given a port of the proxy's dials it. */
  private connects(bytes: number): void {
    if (this.awaits !== null) this.legStands(this.awaits);
    this.awaits = null;
    this.bytes += bytes;
  }

  private dataEnds(end: DataEnd): void {
    if (!this.flows) {
      this.waitingEnd = end;
      return;
    }
    const { link, bytes } = this;
    this.bytes = 0;
    this.flows = false;
    this.happens({ kind: 'data-ended', link, bytes, end, payload: null });
  }

  private happens(happening: Happening): void {
    this.at += 1;
    for (const effect of this.relay.handle({ ...happening, at: this.at })) this.does(effect);
  }

  private does(effect: SessionEffect): void {
    if (effect.kind === 'observe') this.observations.push(effect.observation);
    if (effect.kind === 'open-data-port') {
      const { link, facing } = effect;
      this.link = link;
      this.awaits = facing;
      this.ports += 1;
      const address = facing === 'client' ? TO_CLIENT : TO_SERVER;
      this.happens({ kind: 'data-port-open', link, side: facing, endpoint: { address, port: this.ports } });
    }
    if (effect.kind === 'start-flow') {
      this.flows = true;
      const end = this.waitingEnd;
      this.waitingEnd = null;
      if (end !== null) this.dataEnds(end);
    }
    if (effect.kind === 'dial') this.legStands(effect.side);
  }

  private legStands(side: Side): void {
    const local = { address: side === 'client' ? TO_CLIENT : TO_SERVER, port: 42_000 };
    const remote = {
      address: side === 'client' ? CLIENT_HOST : SERVER_HOST,
      port: side === 'client' ? 50_001 : 50_000,
    };
    this.happens({ kind: 'data-leg-connected', link: this.link, side, local, remote });
  }
}
