// One leg of a data link: the proxy's connection to one side. The proxy listens on one leg and dials on the other, or does the same on
// both; `LEG_STEPS` is what a leg goes through. An event that a status has no entry for changes nothing.
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { LegEnd, LegMode, Side } from './observation.js';
import type { Absence } from './transfer-outcome.js';

/** The proxy listens: idle, opening, waiting, connected. It dials: idle, dialling, connected. */
export type LegStatus = 'idle' | 'opening' | 'waiting' | 'dialling' | 'connected' | 'failed';
type LegStep = 'open' | 'wait' | 'dial' | 'connect' | 'fail';

const LEG_STEPS: Readonly<Record<LegStatus, Readonly<Partial<Record<LegStep, LegStatus>>>>> = {
  idle: { open: 'opening', dial: 'dialling', fail: 'failed' },
  opening: { wait: 'waiting', connect: 'connected', fail: 'failed' },
  waiting: { connect: 'connected', fail: 'failed' },
  dialling: { connect: 'connected', fail: 'failed' },
  connected: { fail: 'failed' },
  failed: {},
};

/** A leg is encrypted when PROT P held for its side as the transfer was asked for. */
export type LegTls = 'none' | 'wanted' | 'handshaking' | 'secure';

export class Leg {
  private current: LegStatus = 'idle';
  private encryption: LegTls = 'none';
  private hasVanished = false;
  private end: LegEnd | undefined = undefined;
  private own: Endpoint | null = null;

  constructor(
    readonly side: Side,
    readonly mode: LegMode,
    /** The peer's end: before it is connected, where it will be dialled. */
    private peer: Endpoint | null,
  ) {}

  get status(): LegStatus {
    return this.current;
  }

  /** The only one who came was gone before it could be taken: the peer, in all likelihood. */
  get vanished(): boolean {
    return this.hasVanished;
  }

  /** How its connection ended; undefined while it stands, or where it never did. */
  get ended(): LegEnd | undefined {
    return this.end;
  }

  get tls(): LegTls {
    return this.encryption;
  }

  /** The proxy's own end: where it listens, or from where it dialled. */
  get local(): Endpoint | null {
    return this.own;
  }

  get remote(): Endpoint | null {
    return this.peer;
  }

  /** Bytes may flow over it. */
  get ready(): boolean {
    return this.current === 'connected' && (this.encryption === 'none' || this.encryption === 'secure');
  }

  /** Active: the client's side listens. So the proxy listens towards an active server and a passive client. */
  get proxyListens(): boolean {
    return (this.mode === 'passive') === (this.side === 'client');
  }

  /** Why it is not connected, where somebody is waited for: the proxy alone sees both legs, so it can tell whose fault it is. */
  get absence(): Absence | null {
    const { side, status, local, remote } = this;
    if (this.vanished && local !== null) {
      const words = `the ${side} broke its connection to port ${local.port} off before it was taken`;
      return { side, cause: `${side}-broke`, words, failure: 'closed' };
    }
    if (status === 'waiting' && local !== null) {
      return { side, cause: `${side}-did-not-connect`, words: `the ${side} did not connect to port ${local.port}` };
    }
    if (status === 'dialling' && remote !== null) {
      return {
        side,
        cause: `${side}-unreachable`,
        words: `the ${side} did not answer at ${formatEndpoint(remote)}`,
        failure: 'timed-out',
      };
    }
    return null;
  }

  /** The proxy's port is being opened. */
  open(): void {
    this.step('open');
  }

  portOpened(local: Endpoint): void {
    this.own = local;
    this.step('wait');
  }

  /** False when it is not to be dialled: the proxy listens, the peer's port is not known, or it was dialled before. */
  dial(): boolean {
    return !this.proxyListens && this.peer !== null && this.step('dial');
  }

  /** Somebody came, and was gone before it was known who. */
  vanish(): void {
    this.hasVanished = this.current === 'waiting';
  }

  connected(local: Endpoint, remote: Endpoint): void {
    this.hasVanished = false;
    this.own = local;
    this.peer = remote;
    this.step('connect');
  }

  /** Its connection, if there was one, is over. The first word counts. */
  endAs(end: LegEnd): void {
    if (this.own !== null && this.peer !== null) this.end ??= end;
  }

  fail(): void {
    this.step('fail');
  }

  /** Whether the next transfer is to be encrypted on it. A handshake that has begun is not taken back. */
  protect(wanted: boolean): void {
    if (this.encryption === 'none' || this.encryption === 'wanted') this.encryption = wanted ? 'wanted' : 'none';
  }

  /** Its TLS handshake begins. False when it is not time for it. */
  handshake(): boolean {
    if (this.current !== 'connected' || this.encryption !== 'wanted') return false;
    this.encryption = 'handshaking';
    return true;
  }

  secured(): void {
    this.encryption = 'secure';
  }

  private step(step: LegStep): boolean {
    const next = LEG_STEPS[this.current][step];
    if (next === undefined) return false;
    this.current = next;
    return true;
  }
}
