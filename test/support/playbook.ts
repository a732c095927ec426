// A session test that reads as a transcript: what happens to the session, and what it wants done about it, in order. An effect
// that nobody expected fails the test, and so does an expectation that nothing fulfils.

import { expect, test } from 'vitest';
import type { DataEnd } from '../../src/dialogue/link-life.js';
import type { Observation, Side, TlsFacts } from '../../src/dialogue/observation.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import type { FtpEndpoint } from '../../src/protocol/server-name.js';
import type { Direction } from '../../src/protocol/verbs.js';
import type { SessionEffect } from '../../src/relay/effect.js';
import type { SessionInput } from '../../src/relay/input.js';
import { NO_TLS, type SessionPolicy, type TlsPolicy } from '../../src/relay/policy.js';
import { FORWARD_GREETING } from '../../src/relay/proxy-answers.js';
import { Relay } from '../../src/relay/relay.js';

export const POLICY: SessionPolicy = {
  refusalMark: 'ftpscope 0123456789ab',
  forward: null,
  tls: NO_TLS,
  serverMode: 'same',
  pasvAddress: 'ignore',
  allowForeignPort: false,
  requireDataResumption: false,
  connectTimeoutMs: 30_000,
  loginTimeoutMs: 24 * 60 * 60_000,
  idleTimeoutMs: 900_000,
  replyTimeoutMs: 7_200_000,
  dataTimeoutMs: 300_000,
  maxLineBytes: 1024,
  showSecrets: false,
};

/** The stage: the client 10.1.0.2, the proxy 10.1.0.1 towards it and 10.2.0.1 towards the server 10.2.0.7. */
export const CLIENT_HOST = '10.1.0.2';
export const SERVER_HOST = '10.2.0.7';
const PROXY_TO_CLIENT = { address: '10.1.0.1', port: 2121 };
const PROXY_TO_SERVER = { address: '10.2.0.1', port: 50_000 };

export const TLS: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  serverName: null,
  resumed: false,
  certificate: null,
};

export interface Stage {
  readonly policy?: Partial<SessionPolicy>;
  readonly tls?: Partial<TlsPolicy>;
  /** Both ends of the client's control connection are IPv6. */
  readonly clientOverIpv6?: boolean;
  readonly serverOverIpv6?: boolean;
  /** The host of a load balancer that brought the client. */
  readonly broughtBy?: string;
}

type Happening = SessionInput extends infer Input ? (Input extends { at: number } ? Omit<Input, 'at'> : never) : never;
type Expected = Partial<Record<string, unknown>> & { readonly kind: Observation['kind'] };

export class Playbook {
  readonly relay: Relay;
  readonly observations: Observation[] = [];
  private at = 1000;
  private effects: SessionEffect[] = [];
  private unseen = 0;

  constructor(private readonly stage: Stage = {}) {
    const { clientOverIpv6 } = stage;
    const client = { address: clientOverIpv6 ? 'fd01::2' : CLIENT_HOST, port: 40_000 };
    const local = clientOverIpv6 ? { address: 'fd01::1', port: 2121 } : PROXY_TO_CLIENT;
    const forward = stage.policy?.forward != null;
    const server = forward ? null : { address: 'ftp.example.com', port: 21 };
    const brought = stage.broughtBy === undefined ? {} : { via: { address: stage.broughtBy, port: 39_000 } };
    const opened = { how: forward ? 'forward' : 'reverse', openedAt: this.at } as const;
    const identity = { session: 1, client, server, listener: local, ...brought, ...opened };
    this.relay = new Relay(
      identity,
      { local, remote: client },
      {
        ...POLICY,
        ...stage.policy,
        tls: { ...NO_TLS, ...stage.tls },
      },
    );
  }

  /** The server's control connection stands. */
  serverConnects(): this {
    const remote = { address: this.stage.serverOverIpv6 ? 'fd02::7' : SERVER_HOST, port: 21 };
    const local = this.stage.serverOverIpv6 ? { address: 'fd02::1', port: 50_000 } : PROXY_TO_SERVER;
    return this.happens({ kind: 'server-connected', local, remote });
  }

  /** In forward mode: the client has come, and is greeted by the proxy. */
  isAsked(): this {
    return this.happens({ kind: 'tick' }).hears('client', FORWARD_GREETING);
  }

  /** In forward mode: a line of the client's names the server, which is there and greets. */
  chooses(line: string, server: FtpEndpoint = { address: 'ftp.example.com', port: 21 }, greeting = '220 ready'): this {
    return this.says('client', line)
      .wants({ kind: 'connect-server', server })
      .serverConnects()
      .says('server', greeting);
  }

  /** Lines of one peer, CR LF added, in one chunk. */
  says(from: Side, ...lines: readonly string[]): this {
    return this.saysBytes(from, Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'));
  }

  saysBytes(from: Side, bytes: Buffer | string): this {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return this.happens({ kind: 'control-bytes', from, bytes: chunk });
  }

  happens(happening: Happening): this {
    this.expectNothing();
    for (const effect of this.relay.handle({ ...happening, at: this.at })) {
      if (effect.kind === 'observe') this.observations.push(effect.observation);
      else this.effects.push(effect);
    }
    return this;
  }

  /** Time goes by; the session is woken where it asked to be. */
  passes(milliseconds: number): this {
    this.at += milliseconds;
    const { deadlineAt } = this.relay;
    return deadlineAt !== null && deadlineAt <= this.at ? this.happens({ kind: 'tick' }) : this;
  }

  /** Expects that a peer is sent these lines, in one send or several. */
  hears(side: Side, ...lines: readonly string[]): this {
    return this.hearsBytes(side, lines.map((line) => `${line}\r\n`).join(''));
  }

  hearsBytes(side: Side, bytes: string): this {
    let heard = '';
    while (heard.length < bytes.length) {
      const effect = this.effects[0];
      if (effect?.kind !== 'send' || effect.to !== side) break;
      heard += effect.bytes.toString('latin1');
      this.effects.shift();
    }
    expect(heard, `what the ${side} hears`).toBe(bytes);
    return this;
  }

  hearsAnything(side: Side): this {
    expect(this.effects.shift()).toMatchObject({ kind: 'send', to: side });
    return this;
  }

  /** Expects the next effect. Whether a dropped link was used is looked at where it is asked for. */
  wants(effect: SessionEffect): this {
    if (effect.kind === 'drop-link') expect(this.effects.shift()).toMatchObject(effect);
    else expect(this.effects.shift()).toEqual(effect);
    return this;
  }

  /** Expects an observation with these fields among those not yet looked at, in order. */
  sees(expected: Expected): this {
    const index = this.observations.findIndex(
      (observation, at) => at >= this.unseen && observation.kind === expected.kind && includes(observation, expected),
    );
    if (index === -1) expect(this.observations.slice(this.unseen)).toContainEqual(expect.objectContaining(expected));
    this.unseen = index + 1;
    return this;
  }

  /** Expects no observation with these fields among those not yet looked at. */
  doesNotSee(unexpected: Expected): this {
    expect(this.observations.slice(this.unseen).filter((observation) => includes(observation, unexpected))).toEqual([]);
    return this;
  }

  expectNothing(): this {
    expect(this.effects, 'effects that nobody expected').toEqual([]);
    return this;
  }

  /** The session wants TLS on a control connection, and gets it. */
  secures(side: Side): this {
    return this.wants({ kind: 'secure-control', side }).happens({ kind: 'control-secured', side, tls: TLS });
  }

  /** Both handshakes begin together; the client's is over first. */
  securesBoth(): this {
    this.wants({ kind: 'secure-control', side: 'client' }).wants({ kind: 'secure-control', side: 'server' });
    this.happens({ kind: 'control-secured', side: 'client', tls: TLS });
    return this.happens({ kind: 'control-secured', side: 'server', tls: TLS });
  }

  /** The client's data connection may begin its handshake before the transfer command. */
  awaitsTls(link: number): this {
    return this.wants({ kind: 'secure-leg', link, side: 'client', early: true });
  }

  legSecures(link: number, side: Side): this {
    return this.wants({ kind: 'secure-leg', link, side }).happens({ kind: 'data-leg-secured', link, side, tls: TLS });
  }

  // Scenes that many tests begin with.

  greets(): this {
    return this.serverConnects().says('server', '220 ready').hears('client', '220 ready');
  }

  exchanges(command: string, reply: string): this {
    return this.says('client', command).hears('server', command).says('server', reply).hears('client', reply);
  }

  /** Link `number` in passive mode: announced by the server, connected to it, its port given to the client. */
  passive(number: number): this {
    return this.announced(number)
      .legStands(number, 'server')
      .hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
  }

  /** Link `number` in passive mode, with a server that has not answered at its port when the client gets ours. */
  passiveInDoubt(number: number): this {
    return this.announced(number).passes(1500).hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
  }

  /** Link `number` in passive mode: announced by the server, which is being dialled. */
  announced(number: number): this {
    return this.says('client', 'PASV')
      .hears('server', 'PASV')
      .says('server', '227 Entering Passive Mode (10,2,0,7,195,80).')
      .wants({ kind: 'open-data-port', link: number, facing: 'client', admit: [CLIENT_HOST] })
      .dials(number, 'server', { address: SERVER_HOST, port: 50_000 })
      .portOpens(number, { address: '10.1.0.1', port: 40_960 });
  }

  /** Link `number` in active mode: announced by the client, the proxy's port given to the server. */
  active(number: number): this {
    return this.says('client', 'PORT 10,1,0,2,195,80')
      .wants({ kind: 'open-data-port', link: number, facing: 'server', admit: [SERVER_HOST] })
      .portOpens(number, { address: '10.2.0.1', port: 40_960 })
      .hears('server', 'PORT 10,2,0,1,160,0')
      .says('server', '200 PORT ok')
      .hears('client', '200 PORT ok');
  }

  portOpens(link: number, endpoint: Endpoint): this {
    const side = endpoint.address.startsWith('10.1.') || endpoint.address.startsWith('fd01:') ? 'client' : 'server';
    return this.happens({ kind: 'data-port-open', link, side, endpoint });
  }

  dials(link: number, side: Side, endpoint: Endpoint): this {
    return this.wants({ kind: 'dial', link, side, endpoint });
  }

  legStands(link: number, side: Side): this {
    const remote = { address: side === 'client' ? CLIENT_HOST : SERVER_HOST, port: 50_000 };
    const local = { address: side === 'client' ? '10.1.0.1' : '10.2.0.1', port: 40_960 };
    return this.happens({ kind: 'data-leg-connected', link, side, local, remote });
  }

  legFails(link: number, side: Side, reason: string): this {
    return this.happens({ kind: 'data-leg-failed', link, side, reason });
  }

  flows(link: number, direction: Direction, verb: string, path: string): this {
    return this.wants({ kind: 'start-flow', link, direction, name: { session: 1, link, verb, path } });
  }

  dataEnds(link: number, bytes: number, end: DataEnd = { kind: 'drained' }): this {
    return this.happens({ kind: 'data-ended', link, bytes, end, payload: null });
  }

  /** So many bytes have gone through by now. */
  dataMoves(link: number, bytes: number, receiverEnded = false): this {
    return this.happens({ kind: 'data-progress', link, bytes, payload: null, receiverEnded });
  }

  isOver(): this {
    return this.wants({ kind: 'session-over' }).expectNothing();
  }
}

function includes(observation: Observation, expected: Expected): boolean {
  return Object.entries(expected).every(([key, value]) => {
    const actual = key in observation ? Object.entries(observation).find(([name]) => name === key)?.[1] : undefined;
    return JSON.stringify(actual) === JSON.stringify(value);
  });
}

/** Defines a test that plays a session and ends with nothing left over. */
export function scene(name: string, play: (playbook: Playbook) => void, stage: Stage = {}): void {
  test(name, () => {
    const playbook = new Playbook(stage);
    play(playbook);
    playbook.expectNothing();
  });
}
