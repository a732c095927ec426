// The relay's core: peers that say anything, sockets that do anything a socket may do, and time that goes by. What it wants done is done,
// done late, or fails. At the end both peers leave; the session has to end then, whatever came before.
import type { DataEnd } from '../../src/dialogue/link-life.js';
import type { Observation, Side } from '../../src/dialogue/observation.js';
import type { SessionEffect } from '../../src/relay/effect.js';
import type { Happening } from '../../src/relay/input.js';
import { NO_TLS } from '../../src/relay/policy.js';
import { Relay } from '../../src/relay/relay.js';
import { CLIENT_HOST, POLICY, SERVER_HOST, TLS } from '../support/playbook.js';
import { mustBeInOrder, mustBeShown } from './observations.js';
import { Decisions, must, type Target } from './target.js';

const MAX_STEPS = 400;
/** Far beyond every timeout of the policy. */
const LAST_TICKS = 50;
const PASSWORD = 'sesame-42';

const COMMANDS = [
  ...[
    'USER a',
    `PASS ${PASSWORD}`,
    'PASV',
    'EPSV',
    'EPSV ALL',
    'PORT 10,1,0,2,195,80',
    'EPRT |1|10.1.0.2|50000|',
    'PORT 9,9,9,9,200,7',
  ],
  ...[
    'RETR f',
    'STOR f',
    'LIST',
    'APPE f',
    'STOU',
    'NLST',
    'ABOR',
    '\xff\xf4\xff\xf2ABOR',
    'REIN',
    'QUIT',
    'NOOP',
    'STAT',
    'FEAT',
  ],
  ...[
    'AUTH TLS',
    'AUTH SSL',
    'PBSZ 0',
    'PROT P',
    'PROT C',
    'CCC',
    'REST 5',
    'MODE B',
    'MODE S',
    'CWD x',
    '\rPASV',
    'PA\0SV',
    'x',
  ],
] as const;
const REPLIES = [
  ...[
    '220 ready',
    '220-hello',
    '331 password',
    '230 in',
    '530 no',
    '227 ok (10,2,0,7,195,80)',
    '227-ok (10,2,0,7,195,80)',
    '227 end',
  ],
  ...[
    '229 ok (|||50000|)',
    '200 ok',
    '150 here it comes',
    '125 open',
    '226 done',
    '250 done',
    '425 no',
    '426 broken',
    '450 no',
    '550 no',
  ],
  ...[
    '500 what',
    '502 no',
    '421 bye',
    '221 bye',
    '234 tls',
    '350 go on',
    '211-features',
    ' UTF8',
    '211 end',
    '226',
    '22',
    '\xff',
    '120 wait',
  ],
] as const;
const MODES = ['same', 'passive', 'active', 'auto'] as const;

export const relayTarget: Target = {
  name: 'relay',
  make: (chance) => chance.bytes(20 + chance.below(400)),
  run: async (input) => new RelayRun(new Decisions(input)).play(),
};

class RelayRun {
  private readonly relay: Relay;
  private readonly observations: Observation[] = [];
  private readonly wanted: SessionEffect[] = [];
  private readonly flows = new Set<number>();
  private readonly gone = new Set<Side>();
  private readonly isWithinLine: Record<Side, boolean> = { client: false, server: false };
  private at = 1000;
  private isOver = false;

  constructor(private readonly decisions: Decisions) {
    const client = { address: CLIENT_HOST, port: 40_000 };
    const local = { address: '10.1.0.1', port: 2121 };
    const identity = {
      session: 1,
      client,
      server: { address: 'ftp.example.com', port: 21 },
      listener: local,
      how: 'reverse',
      openedAt: this.at,
    } as const;
    const tls = decisions.below(2) === 0 ? NO_TLS : { ...NO_TLS, client: 'offer' as const, server: 'same' as const };
    const policy = { ...POLICY, serverMode: decisions.from(MODES), tls };
    this.relay = new Relay(identity, { local, remote: client }, policy);
  }

  play(): void {
    this.happens({ kind: 'tick' });
    for (let step = 0; step < MAX_STEPS && !this.decisions.isOver && !this.isOver; step += 1) this.step();
    this.leave();
    must(this.isOver, 'both peers are gone, all time has gone by, and the session does not end');
    mustBeInOrder(this.observations);
    mustBeShown(this.observations);
    const telling = this.observations.map((one) => JSON.stringify(one)).find((one) => one.includes(PASSWORD));
    must(telling === undefined, `the password is shown: ${telling}`);
  }

  private step(): void {
    switch (this.decisions.below(8)) {
      case 0:
      case 1:
        return this.says('client', COMMANDS);
      case 2:
      case 3:
        return this.says('server', REPLIES);
      case 4:
      case 5:
        return this.serves();
      case 6:
        return this.carries();
      default:
        return this.passes();
    }
  }

  private says(from: Side, lines: readonly [string, ...string[]]): void {
    if (this.gone.has(from) || (from === 'server' && !this.hasServer)) return this.connectsServer();
    const chosen = this.decisions.from(lines);
    // Behind half a line a password is a part of whatever that was, a file's name, say.
    const line = this.isWithinLine[from] && chosen.includes(PASSWORD) ? 'NOOP' : chosen;
    const end = this.decisions.from(['\r\n', '\r\n', '\r\n', '\n', '', `\r\n${lines[0]}\r\n`]);
    this.isWithinLine[from] = end === '';
    this.happens({ kind: 'control-bytes', from, bytes: Buffer.from(line + end, 'latin1') });
  }

  private hasServer = false;

  private connectsServer(): void {
    if (this.hasServer || this.gone.has('server')) return;
    if (this.decisions.below(8) === 0) {
      this.gone.add('server');
      this.happens({ kind: 'server-unreachable', reason: 'connection refused' });
      return;
    }
    this.hasServer = true;
    const remote = { address: SERVER_HOST, port: 21 };
    this.happens({ kind: 'server-connected', local: { address: '10.2.0.1', port: 50_000 }, remote });
  }

  /** Does, or fails to do, something that the session wants; or a peer's control connection ends. */
  private serves(): void {
    const effect = this.wanted.splice(this.decisions.below(Math.max(1, this.wanted.length)), 1)[0];
    if (effect === undefined) return this.loses();
    const works = this.decisions.below(4) !== 0;
    switch (effect.kind) {
      case 'open-data-port': {
        const { link, facing: side } = effect;
        const address = side === 'client' ? '10.1.0.1' : '10.2.0.1';
        if (!works) return this.happens({ kind: 'data-port-failed', link, reason: 'no port is free' });
        this.happens({ kind: 'data-port-open', link, side, endpoint: { address, port: 40_960 } });
        this.wanted.push({ kind: 'dial', link, side, endpoint: { address, port: 40_960 } });
        return;
      }
      case 'dial':
        return this.connects(effect.link, effect.side, works);
      case 'secure-leg':
        return works
          ? this.happens({ kind: 'data-leg-secured', link: effect.link, side: effect.side, tls: TLS })
          : this.happens({ kind: 'data-leg-insecure', link: effect.link, side: effect.side, reason: 'no', tls: TLS });
      case 'secure-control':
        return works
          ? this.happens({ kind: 'control-secured', side: effect.side, tls: TLS })
          : this.happens({ kind: 'control-insecure', side: effect.side, reason: 'no', tls: TLS });
      default:
        return;
    }
  }

  private connects(link: number, side: Side, works: boolean): void {
    const remote = { address: side === 'client' ? CLIENT_HOST : SERVER_HOST, port: 50_000 };
    const local = { address: side === 'client' ? '10.1.0.1' : '10.2.0.1', port: 40_960 };
    if (this.decisions.below(8) === 0) this.happens({ kind: 'data-stranger', link, side, remote, fault: null });
    if (works) this.happens({ kind: 'data-leg-connected', link, side, local, remote });
    else this.happens({ kind: 'data-leg-failed', link, side, reason: 'connection refused' });
  }

  private loses(): void {
    const from: Side = this.decisions.from(['client', 'server']);
    if (this.decisions.below(3) !== 0 || this.gone.has(from) || (from === 'server' && !this.hasServer)) return;
    this.gone.add(from);
    if (this.decisions.below(2) === 0) this.happens({ kind: 'control-ended', from });
    else this.happens({ kind: 'control-lost', from, reason: 'connection reset' });
  }

  private carries(): void {
    const link = [...this.flows][this.decisions.below(Math.max(1, this.flows.size))];
    if (link === undefined) return;
    const bytes = this.decisions.below(200) * 100;
    if (this.decisions.below(3) === 0)
      return this.happens({ kind: 'data-progress', link, bytes, payload: null, receiverEnded: false });
    this.flows.delete(link);
    const end = this.decisions.from<DataEnd>([
      { kind: 'drained' },
      { kind: 'drained', truncated: true },
      { kind: 'broken', side: 'client', cause: 'client-broke', reason: 'reset' },
      { kind: 'broken', side: 'server', cause: 'server-broke', reason: 'reset' },
      { kind: 'aborted' },
    ]);
    this.happens({ kind: 'data-ended', link, bytes, end, payload: null });
  }

  private passes(): void {
    this.at += this.decisions.from([1, 10, 600, 6000, 31_000, 301_000, 1_000_000]);
    this.tick();
  }

  private tick(): void {
    const { deadlineAt } = this.relay;
    if (deadlineAt !== null && deadlineAt <= this.at) this.happens({ kind: 'tick' });
  }

  private leave(): void {
    for (const from of ['client', 'server'] as const) {
      if (this.isOver || this.gone.has(from)) continue;
      if (from === 'server' && !this.hasServer)
        this.happens({ kind: 'server-unreachable', reason: 'connection refused' });
      else this.happens({ kind: 'control-lost', from, reason: 'connection reset' });
    }
    for (let ticks = 0; ticks < LAST_TICKS && !this.isOver; ticks += 1) {
      for (const link of [...this.flows]) {
        this.flows.delete(link);
        this.happens({ kind: 'data-ended', link, bytes: 1, end: { kind: 'drained' }, payload: null });
      }
      while (this.wanted.length > 0 && !this.isOver) this.serves();
      this.at += 1_000_000;
      this.tick();
    }
  }

  private happens(happening: Happening): void {
    if (this.isOver) return;
    this.at += 1;
    for (const effect of this.relay.handle({ ...happening, at: this.at })) this.takes(effect);
  }

  private takes(effect: SessionEffect): void {
    must(!this.isOver, `${effect.kind} after the session is over`);
    switch (effect.kind) {
      case 'observe':
        this.observations.push(effect.observation);
        return;
      case 'session-over':
        this.isOver = true;
        return;
      case 'start-flow':
        this.flows.add(effect.link);
        return;
      case 'drop-link':
        return this.drop(effect.link);
      case 'send':
      case 'end-control':
      case 'connect-server':
        return;
      default:
        this.wanted.push(effect);
    }
  }

  /** Nothing more is heard of it. */
  private drop(link: number): void {
    this.flows.delete(link);
    const left = this.wanted.filter((effect) => !('link' in effect) || effect.link !== link);
    this.wanted.splice(0, this.wanted.length, ...left);
  }
}
