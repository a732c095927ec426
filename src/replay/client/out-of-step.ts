// Whether a server's reply still lets the recorded dialogue go on. That it differs is for the comparison; here the question is
// whether the next commands would still do what they did when they were recorded. Pure.
import { isIntermediate, isNegative, isPreliminary } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import { began, finalReply, type RecordedExchange } from '../session/recorded-session.js';

/** RFC 959 section 4.2: the service is not available, the control connection will be closed. */
const SERVICE_NOT_AVAILABLE = 421;

/** Why nothing more may be sent after this reply, in words; null when it may. */
export function outOfStep(exchange: RecordedExchange, code: number): string | null {
  const recorded = finalReply(exchange);
  if (code === SERVICE_NOT_AVAILABLE && recorded?.code !== code) return 'the server ends the session';
  if (isPreliminary(code)) {
    return recorded !== null && !began(exchange) ? 'the server begins what it ended at once in the recording' : null;
  }
  if (recorded === null || verbFacts(exchange.verb)?.carries === undefined) return null;
  return outOfStepWith(recorded.code, code, exchange.verb);
}

/** For commands on whose success the following ones rest. */
function outOfStepWith(recorded: number, code: number, verb: string): string | null {
  const announces = verbFacts(verb)?.announces !== undefined;
  if (isNegative(code) && !isNegative(recorded)) return 'the server refuses what the following commands rest on';
  // A data port too many does no harm.
  if (!isNegative(code) && isNegative(recorded) && !announces)
    return 'the server grants what it refused in the recording';
  if (isIntermediate(code) && !isIntermediate(recorded)) return 'the server asks for more than in the recording';
  return null;
}
