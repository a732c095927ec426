// Recordings for tests, written as dialogues: `> command`, `< reply` (to the oldest command that waits for one; several lines with
// LF between them), `<3 reply` (to command 3), `== 5 bytes` (the newest transfer's data), `=~ 5 bytes` (where the recording ends within
// it), `=- why` (a transfer without its bytes). Ten milliseconds lie between lines.
import { createHash } from 'node:crypto';
import type { CommandSeen, LinkClosed, Observation } from '../../src/dialogue/observation.js';
import { isPreliminary } from '../../src/protocol/reply.js';
import { directionOf, type RecordedSession } from '../../src/replay/session/recorded-session.js';
import { type Recording, SessionCollector } from '../../src/replay/session/recorded-sessions.js';
import { NOON, observed } from '../transcript/observations.js';

export const STEP_MS = 10;

/** The observations of one dialogue, with an end. */
export function observationsOf(lines: readonly string[], session = 1): Observation[] {
  return new Dialogue(session).observations(lines);
}

export function recordedSession(lines: readonly string[], session = 1): RecordedSession {
  const collector = new SessionCollector(null);
  const whole = observationsOf(lines, session).map((one) => collector.add(one));
  const recorded = whole.find((one) => one !== null);
  if (recorded == null) throw new Error('the dialogue makes no session');
  return recorded;
}

/** Several dialogues as one recording; what stands behind `==` is kept as payload. */
export function recordingOf(...dialogues: readonly (readonly string[])[]): Recording {
  const batches = dialogues.map((lines, index) => observationsOf(lines, index + 1));
  const texts = new Map(dialogues.flatMap((lines, index) => payloadsOf(lines, index + 1)));
  return {
    async *observations() {
      yield* batches;
    },
    payload: (name) => {
      const text = texts.get(name);
      if (text === undefined) throw new Error(`no payload ${name}`);
      return once(Buffer.from(text, 'latin1'));
    },
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

export const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');

function payloadsOf(lines: readonly string[], session: number): [string, string][] {
  const texts = lines.filter((line) => /^=[=~-] /.test(line)).map((line) => line.slice(3));
  return texts.map((text, index) => [payloadName(session, index + 1), text]);
}

const payloadName = (session: number, link: number) => `000${session}-000${link}-DATA`;

const missing = (reason: string) => ({ cause: 'missing-from-capture', reason }) as const;

class Dialogue {
  private at = NOON;
  private readonly commands: CommandSeen[] = [];
  private open: CommandSeen[] = [];
  private links = 0;

  constructor(private readonly session: number) {}

  observations(lines: readonly string[]): Observation[] {
    const { session } = this;
    const body = lines.map((line) => this.one(line));
    const opened = observed('session-opened', { session, at: NOON });
    return [opened, ...body, observed('session-closed', { session, at: this.at })];
  }

  private one(line: string): Observation {
    this.at += STEP_MS;
    const found = /^(>|<(\d*)|=[=~-]) (.*)$/s.exec(line);
    if (found === null) throw new Error(`what is ${line}?`);
    const [, mark = '', number = '', text = ''] = found;
    if (mark === '>') return this.command(text);
    if (mark === '==') return this.link(text);
    if (mark === '=~') return { ...this.link(text), outcome: 'failed', ...missing('the capture ends here') };
    if (mark === '=-') {
      const { payload: _none, sha256: _unknown, ...link } = this.link('');
      return { ...link, ...missing(text) };
    }
    return this.reply(text, number === '' ? null : Number(number));
  }

  private command(line: string): Observation {
    const [verb = ''] = line.split(' ', 1);
    const { session, at } = this;
    const body = { number: this.commands.length + 1, verb, argument: line.slice(verb.length + 1), line };
    const command = observed('command', { session, at, ...body });
    this.commands.push(command);
    this.open.push(command);
    return command;
  }

  private reply(text: string, number: number | null): Observation {
    const { session, at } = this;
    const code = Number(text.slice(0, 3));
    const asked = this.open.find((one) => number === null || one.number === number);
    if (!isPreliminary(code)) this.open = this.open.filter((one) => one !== asked);
    const answers = asked?.number ?? null;
    const latencyMs = asked === undefined ? null : at - asked.at;
    const lines = text.split('\n');
    return observed('reply', { session, at, code, lines, answers, latencyMs, preliminary: isPreliminary(code) });
  }

  private link(text: string): LinkClosed {
    this.links += 1;
    const { session, at, links: link } = this;
    const transfer = this.commands.findLast(({ verb }) => directionOf(verb) !== null);
    if (transfer === undefined) throw new Error(`whose is ${text}?`);
    const { verb, argument: path } = transfer;
    const kept = { bytes: text.length, sha256: sha256(text), payload: payloadName(session, link) };
    return observed('link-closed', { session, at, link, verb, path, direction: directionOf(verb), ...kept });
  }
}
