// Which of a connection's waiting bytes are told next, and when waiting has been long enough. Decides, and changes nothing.
//
// THE PROBLEM. A capture holds what passed one place, not what the peers saw. Segments are missing although the peers had them (the
// capturing system dropped them), come twice, come late (sent again after a loss), or stand before their predecessors (several
// interfaces, several processors). The reader above wants two streams of bytes, and as it reads a dialogue it wants them in one order:
// a reply behind the command that it answers, and a hole in its place between the two.
//
// WHAT IS KNOWN of each direction (TcpStream), in positions that do not wrap:
//   next         all before it was told, as bytes or as lost.
//   waiting      pieces behind `next`, each byte once: of two segments with the same byte the first is believed.
//   settled      up to where the receiver had acknowledged a while ago: it has these bytes, whether the capture has them or not.
//   finPosition  where the stream ends, once a FIN was seen.
//   holeEnd      a hole is known by what stands behind it, the first waiting piece or the FIN. What is missing behind the last byte
//                is known by acknowledgements alone: that is told as lost when the connection closes.
//   beginning    `known` from a SYN; `guessed` where the connection was under way, from the first number that either end named, and
//                too high if an earlier segment still comes.
// A piece also bears `answersTo`: how far its sender had the other direction, by its acknowledgement number.
//
// WHAT A PIECE WAITS FOR
//   1. the beginning of its stream, as long as that is guessed;
//   2. the bytes before it: there is a hole between `next` and it;
//   3. the bytes of the other direction that it answers to, as long as these were not told.
// A piece that waits for nothing is ready. 1 and 2 keep each stream true; 3 makes one dialogue of the two, and is given up first.
//
// WHEN WAITING ENDS, in the order in which `dueStep` asks:
//   tell   a ready piece, at once; of two the one that was captured first.
//   begin  a guessed beginning stands once it is settled.
//   lose   a hole that ends within `settled`: the receiver has these bytes, so they will not be sent again. A hole that was not
//          acknowledged may still be filled by a retransmission, so it stays until nothing got on for RETRANSMISSION_MS (ONE_WAY_MS
//          where the capture has no segment of the other direction that could acknowledge), or too much waits behind it.
//   tell   a piece without a hole before it that has waited for 3 longer than OTHER_CLOCK_MS. By its own acknowledgement number
//          its sender had what it answers to: a hole there is within `settled` by then, and was lost before; or two taps had two
//          clocks, and it is still to come. Either way the piece keeps its place in the dialogue. What never comes at all (one
//          direction captured) holds up the first piece for so long, and those behind it no longer than twice the settling.
// When nothing more will come (the connection closes, or a bound is reached), `forcedStep` gives all of it up, first captured first.
//
// SETTLING. Packets overtake each other on their way into a capture by some places or by a little time (SETTLE_SEGMENTS, SETTLE_MS).
// What came less than that ago says nothing yet about what is missing before it; `settled` lags by one to two such intervals. Time
// is that of CaptureClock, which follows the packets slowly and never goes back: one packet with a wrong time ends no waiting. A RST
// waits for DISORDER_PACKETS packets of the whole capture, as a connection that was reset may say nothing more; and the other side
// is listened to for another RESET_TRAVELS_MS.
//
// INVARIANTS. Every byte of a stream is told or lost, once, in the order of the stream. From the known beginning on `next` only grows.
// Each step settles a beginning, takes a piece away or moves `next` on, so that loops over steps end. What waits is bounded, here for
// a direction that has a hole, in ConnectionTable for all connections.
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
/** Two taps may have two clocks: so far what a piece answers to may stand behind it. */
const OTHER_CLOCK_MS = 10_000;
/** A reset is on its way for so long, and meanwhile the other side speaks. */
const RESET_TRAVELS_MS = 2000;
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

/** Whether the other side must have heard of a reset, and says nothing more. */
export function isSilenced(since: CaptureMoment, now: CaptureMoment): boolean {
  return isOvertaken(since, now) && now.clock - since.clock >= RESET_TRAVELS_MS;
}

/** Whether waiting for what it answers to has been long enough. */
function isOld(since: CaptureMoment, now: CaptureMoment, waitsInVain: boolean): boolean {
  if (!waitsInVain) return now.clock - since.clock > OTHER_CLOCK_MS;
  return now.segments - since.segments > 2 * SETTLE_SEGMENTS || now.clock - since.clock > 2 * SETTLE_MS;
}

/** Whether the end of a stream, all of which was reported, may be reported: it answers to bytes, too, and to the other's end. */
export function isFinDue(streams: Streams, from: ConnectionEnd, now: CaptureMoment): boolean {
  const { fin, waitsInVain } = streams[from];
  const peer = streams[otherEnd(from)];
  if (fin === null || fin.answersTo <= peer.next) return true;
  return (peer.ended && fin.answersTo === peer.next + 1) || isOld(fin.since, now, waitsInVain);
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
    const { waiting, beginning, next, waitsInVain } = streams[end];
    const { first } = waiting;
    return beginning !== 'guessed' && first && first.position <= next && isOld(first.since, now, waitsInVain);
  });
  return from ? { from, does: 'tell' } : null;
}
