// What came of replayed sessions, as data for other programs: one object a session. Pure.
import { maskedLine } from '../../protocol/command.js';
import type { Difference } from '../comparison.js';
import type { Script, Step } from '../session/script.js';
import type { Stopped } from './played-session.js';
import { type ReplayedSession, wentAsRecorded } from './replay-sessions.js';

export interface ReplayData {
  readonly session: number;
  readonly asRecorded: boolean;
  /** Commands and payloads that were compared. */
  readonly commands: number;
  readonly payloads: number;
  readonly recordedMs: number;
  readonly replayedMs: number;
  readonly leftOut: readonly { readonly exchange: number; readonly line: string; readonly why: string }[];
  readonly differences: readonly Difference[];
  readonly stopped: Stopped | null;
}

export function replayedAsData(replayed: ReplayedSession): ReplayData {
  const { recorded, played, differences, exchanges, payloads, recordedMs } = replayed;
  return {
    session: recorded.number,
    asRecorded: wentAsRecorded(replayed),
    commands: exchanges,
    payloads,
    recordedMs: rounded(recordedMs),
    replayedMs: rounded(played.durationMs),
    leftOut: played.skipped.map(({ exchange, why }) => ({
      exchange: exchange.number,
      line: maskedLine(exchange),
      why,
    })),
    differences,
    stopped: played.stopped,
  };
}

export interface ScriptData {
  readonly session: number;
  readonly encrypts: Script['encrypts'];
  readonly steps: readonly {
    readonly exchange: number;
    readonly line: string;
    readonly kind: Step['kind'];
    /** Why it is left out. */
    readonly why?: string;
  }[];
}

export function scriptAsData({ session, encrypts, steps }: Script): ScriptData {
  return {
    session: session.number,
    encrypts,
    steps: steps.map((step) => ({
      exchange: step.exchange.number,
      line: step.kind === 'send' ? step.shown : maskedLine(step.exchange),
      kind: step.kind,
      ...(step.kind === 'skip' ? { why: step.why } : {}),
    })),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
