// What is made of an answer that was found in the recording, or was not. Pure.
import { announcedPort, formAskedFor } from '../../dialogue/announced-port.js';
import { verbFacts } from '../../protocol/verbs.js';
import { finalReply, type RecordedExchange, wasRefused } from '../session/recorded-session.js';
import type { AnswerChoice, Found, OnUnknown } from './answer-choice.js';

/** 550: there is no such file; 502: there is no such command (RFC 959 section 4.2.2). */
export function codeForUnknown(onUnknown: OnUnknown, namesPath: boolean): number {
  switch (onUnknown) {
    case '550':
    case 'next':
      return namesPath ? 550 : 502;
    case '502':
      return 502;
    case '500':
      return 500;
    case 'close':
      return 421;
  }
}

/** Whether no data port is to be had: the recorded server declined each time, or just there where the client is in the recording. */
export function declines({ exchange, inOrder }: Found, answers: AnswerChoice): boolean {
  if (wasRefused(exchange)) return inOrder || answers.neverGranted(exchange.verb);
  return inOrder && !namesPort(exchange);
}

/** Whether the answer to a command that asks for a data port names one. */
function namesPort(exchange: RecordedExchange): boolean {
  const asked = formAskedFor(exchange);
  const reply = finalReply(exchange);
  return asked === null || (reply !== null && announcedPort(reply, asked, '') !== null);
}

/** A password or a port is bound to be another one. */
export function hasTellingArgument(verb: string): boolean {
  const facts = verbFacts(verb);
  return facts?.secretArgument === undefined && facts?.announces === undefined && verb !== 'QUIT';
}
