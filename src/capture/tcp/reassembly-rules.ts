// What of a connection's waiting bytes is told next, and when waiting has been long enough. Decides, and changes nothing.
import { type ConnectionEnd, ENDS, otherEnd } from '../connection-event.js';
import { type CaptureMoment, DISORDER_PACKETS } from './capture-clock.js';
import type { TcpStream } from './tcp-stream.js';
import type { WaitingPiece } from './waiting-pieces.js';

export type Streams = Readonly<Record<ConnectionEnd, TcpStream>>;

/**
 * `begin`: nothing tells better where the stream begins. `tell`: its first waiting piece is told. `lose`: what is missing before that, or
 * before its end, is lost.
 */
export interface ReassemblyStep {
  readonly from: ConnectionEnd;
  readonly does: 'begin' | 'tell' | 'lose';
}

/** What comes so many segments or milliseconds later has not been overtaken on its way into the capture. */
const SETTLE_SEGMENTS = DISORDER_PACKETS;
const SETTLE_MS = 250;
/** A sender sends again what was lost on the way; later than that it has given up. */
const RETRANSMISSION_MS = 120_000;
/** The same where the capture holds one direction only, and no acknowledgement tells. */
const ONE_WAY_MS = 1000;
/** What may wait in one direction: more than most receivers let a sender have on its way. */
const MAX_WAITING_COST_BYTES = 16 * 1024 * 1024;

/** Whether what came at one moment has been overtaken by nothing more at the other. */
export function isSettled(since: CaptureMoment, now: CaptureMoment): boolean {
  return now.segments - since.segments >= SETTLE_SEGMENTS || now.clock - since.clock >= SETTLE_MS;
}

/** Whether all that was captured before one moment has come, however little happens on the connection. */
export function isOvertaken(since: CaptureMoment, now: CaptureMoment): boolean {
  return now.packets - since.packets >= DISORDER_PACKETS;
}

function isOld(since: CaptureMoment, now: CaptureMoment): boolean {
  return now.segments - since.segments > 2 * SETTLE_SEGMENTS || now.clock - since.clock > 2 * SETTLE_MS;
}

/** The next step of those that are due; null when all that waits should go on waiting. */
export function dueStep(streams: Streams, now: CaptureMoment): ReassemblyStep | null {
  return readyStep(streams) ?? beginStep(streams, now) ?? loseStep(streams, now) ?? tellStep(streams, now);
}

/** The next step when nothing more will come; null when nothing waits. */
export function forcedStep(streams: Streams): ReassemblyStep | null {
  const ready = readyStep(streams);
  if (ready) return ready;
  const from = earlier(streams.initiator.waiting.first, streams.responder.waiting.first);
  if (!from) return null;
  if (streams[from].beginning === 'guessed') return { from, does: 'begin' };
  if (streams[from].holeEnd !== null) return { from, does: 'lose' };
  // It answers to bytes of the other direction: if more of them wait, what is missing before them was in between.
  const other = otherEnd(from);
  return streams[other].holeEnd !== null ? { from: other, does: 'lose' } : { from, does: 'tell' };
}

/** A piece that lacks nothing, in the order of capture. */
function readyStep(streams: Streams): ReassemblyStep | null {
  const from = earlier(ready(streams, 'initiator'), ready(streams, 'responder'));
  return from && { from, does: 'tell' };
}

function ready(streams: Streams, from: ConnectionEnd): WaitingPiece | undefined {
  const { waiting, beginning, next } = streams[from];
  const { first } = waiting;
  if (!first || beginning === 'guessed' || first.position > next) return undefined;
  return first.answersTo <= streams[otherEnd(from)].next ? first : undefined;
}

function earlier(sent: WaitingPiece | undefined, answered: WaitingPiece | undefined): ConnectionEnd | null {
  if (!sent) return answered ? 'responder' : null;
  return !answered || sent.since.segments <= answered.since.segments ? 'initiator' : 'responder';
}

function beginStep(streams: Streams, now: CaptureMoment): ReassemblyStep | null {
  const from = ENDS.find((end) => {
    const { beginning, guessedSince } = streams[end];
    return beginning === 'guessed' && guessedSince && isSettled(guessedSince, now);
  });
  return from ? { from, does: 'begin' } : null;
}

function loseStep(streams: Streams, now: CaptureMoment): ReassemblyStep | null {
  const from = ENDS.find((end) => isLost(streams[end], streams[otherEnd(end)], now));
  return from ? { from, does: 'lose' } : null;
}

/** What the receiver has, the sender does not send again: the capture lacks it. */
function isLost(stream: TcpStream, peer: TcpStream, now: CaptureMoment): boolean {
  const { holeEnd, waiting, settled, progressClock } = stream;
  if (holeEnd === null) return false;
  if (holeEnd <= settled || waiting.cost > MAX_WAITING_COST_BYTES) return true;
  const since = Math.max(waiting.first?.since.clock ?? progressClock, progressClock);
  return now.clock - since > (peer.seen ? RETRANSMISSION_MS : ONE_WAY_MS);
}

/**
 * A piece that does not wait any longer for what it answers to. For that it has waited so long that bytes of the other direction, if they
 * were lost, have been given up before: so they are told where they were in the dialogue.
 */
function tellStep(streams: Streams, now: CaptureMoment): ReassemblyStep | null {
  const from = ENDS.find((end) => {
    const { waiting, beginning, next } = streams[end];
    return (
      beginning !== 'guessed' && waiting.first && waiting.first.position <= next && isOld(waiting.first.since, now)
    );
  });
  return from ? { from, does: 'tell' } : null;
}
