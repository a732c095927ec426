// What came of a replayed session, gathered as it goes: the same shape as the recorded one, so that both can be compared.
import type { LegMode, LinkOutcome } from '../../dialogue/observation.js';
import type { GatheredReply } from '../../dialogue/reply-lines.js';
import { Secrets } from '../../dialogue/secrets.js';
import { secretOf } from '../../protocol/command.js';
import {
  type RecordedExchange,
  type RecordedReply,
  type RecordedSession,
  type RecordedTransfer,
  wasRefused,
} from '../session/recorded-session.js';
import type { Script, Step } from '../session/script.js';
import type { Received } from './played-link.js';

/** Why a replay ended before its script. */
export interface Stopped {
  /** Number of the command whose reply differs; null for the greeting, and where there is none. */
  readonly exchange: number | null;
  readonly why: string;
}

/** What a replay did otherwise than the recorded client, or took from the recording although that is remarkable; in words. */
export interface PlayNote {
  /** Number of the command; null for the session. */
  readonly exchange: number | null;
  readonly text: string;
  /** Something of ours stands in the place of what was recorded. */
  readonly substitutes: boolean;
}

/** A command that is being replayed. */
export interface PlayedExchange extends RecordedExchange {
  readonly step: Step;
  /** As it was sent: IPv6 has no words for PORT and PASV, and a mode may be another than the recorded. */
  readonly asked: string;
  readonly secret: string | null;
  readonly replies: RecordedReply[];
  transfer: RecordedTransfer | null;
  /** Its data connection is still at work. */
  carrying: boolean;
  /** It has got its last reply. */
  answered: boolean;
}

export interface PlayedSession {
  readonly session: RecordedSession;
  readonly listings: ReadonlyMap<number, string>;
  readonly translated: ReadonlySet<number>;
  readonly unlike: ReadonlySet<number>;
  readonly skipped: readonly { readonly exchange: RecordedExchange; readonly why: string }[];
  readonly notes: readonly PlayNote[];
  readonly stopped: Stopped | null;
  /** There was a connection to the server. */
  readonly connected: boolean;
  readonly durationMs: number;
}

export class PlayLog {
  greeting: RecordedReply | null = null;
  connected = false;
  readonly exchanges: PlayedExchange[] = [];
  private readonly byNumber = new Map<number, PlayedExchange>();
  private readonly listings = new Map<number, string>();
  private readonly startedAt: number;
  private readonly secrets = new Secrets();
  private readonly notes: PlayNote[] = [];
  /** Left out as the server did not do as recorded. */
  private readonly leftOut: { readonly exchange: RecordedExchange; readonly why: string }[] = [];
  /** Of these it counts whether they succeeded. */
  private readonly loose = new Set<number>();

  constructor(
    private readonly script: Script,
    private readonly now: () => number,
  ) {
    this.startedAt = now();
  }

  sent(step: Step, line: string): PlayedExchange {
    const [asked = ''] = line.split(' ', 1);
    const command = { verb: asked.toUpperCase(), argument: line.slice(asked.length + 1) };
    this.secrets.learn(command);
    const secret = secretOf(command);
    const fresh = { at: this.now(), asked, secret, replies: [], transfer: null, carrying: false, answered: false };
    const played: PlayedExchange = { ...step.exchange, ...fresh, step };
    this.exchanges.push(played);
    this.byNumber.set(played.number, played);
    return played;
  }

  of(number: number): PlayedExchange | undefined {
    return this.byNumber.get(number);
  }

  replied(played: PlayedExchange, { code, lines }: GatheredReply): void {
    const at = this.now();
    played.replies.push({
      code,
      lines: this.secrets.maskReply(lines, played.secret),
      at,
      latencyMs: at - played.at,
      byProxy: false,
    });
  }

  note(exchange: number | null, text: string): void {
    this.notes.push({ exchange, text, substitutes: false });
  }

  /** The command took more than was recorded, and got it from us. */
  supplied({ number }: PlayedExchange, text: string): void {
    this.loose.add(number);
    this.notes.push({ exchange: number, text, substitutes: true });
  }

  leaveOut(exchange: RecordedExchange, why: string): void {
    this.leftOut.push({ exchange, why });
  }

  /** A line of ours that holds a secret, which replies may repeat. */
  learn(verb: string, argument: string): void {
    this.secrets.learn({ verb, argument });
  }

  masked(text: string): string {
    return this.secrets.mask(text);
  }

  greeted({ code, lines }: GatheredReply): void {
    const at = this.now();
    this.greeting = { code, lines, at, latencyMs: at - this.startedAt, byProxy: false };
  }

  /** `failure`: why the data did not go through; null when it did, and for what this client broke off itself. */
  carried(
    played: PlayedExchange,
    mode: LegMode,
    { bytes, sha256, text }: Received,
    outcome: LinkOutcome,
    failure: string | null,
  ): void {
    const { step, number: link } = played;
    if (step.kind !== 'transfer') return;
    const { direction } = step;
    played.transfer = {
      ...{ link, direction, mode, bytes, sha256, outcome, reason: failure },
      ...{ durationMs: null, payload: null, missingBytes: 0, held: 'nothing' },
    };
    if (text !== null) this.listings.set(link, text);
  }

  result(stopped: Stopped | null): PlayedSession {
    const { script, greeting, exchanges, listings, startedAt } = this;
    const { steps } = script;
    // What was under way when it stopped got no reply, and that is no difference of its own.
    const heard = stopped === null ? exchanges : exchanges.filter(({ replies }) => replies.length > 0);
    return {
      session: { ...script.session, greeting, exchanges: heard.map(asConfirmed) },
      listings,
      translated: new Set([...heard.filter(isTranslated).map(({ number }) => number), ...this.loose]),
      unlike: new Set(steps.filter(({ unlike }) => unlike).map(({ exchange }) => exchange.number)),
      skipped: [
        ...steps.flatMap((step) => (step.kind === 'skip' ? [{ exchange: step.exchange, why: step.why }] : [])),
        ...this.leftOut,
      ].sort((one, other) => one.exchange.number - other.exchange.number),
      notes: this.notes,
      stopped,
      connected: this.connected,
      durationMs: this.now() - startedAt,
    };
  }
}

function isTranslated({ step, asked, verb }: PlayedExchange): boolean {
  return step.kind === 'announce' && asked !== verb;
}

/** A transfer is complete when the server says so, too. */
function asConfirmed(played: PlayedExchange): PlayedExchange {
  const { transfer } = played;
  if (transfer === null || transfer.outcome === 'aborted' || !wasRefused(played)) return played;
  return { ...played, transfer: { ...transfer, outcome: 'failed' } };
}
