// A session for the dashboard's tests, told as it is observed: what the client says, what the server answers, what is carried.
import type {
  LinkClosed,
  LinkFacts,
  LinkOutcome,
  Observation,
  SessionCause,
  SessionEnd,
} from '../../src/dialogue/observation.js';
import { endpoint, NOON, observed } from '../transcript/observations.js';

const CAUSES_IN_WORDS: Partial<Record<SessionCause, string>> = { quit: 'QUIT' };

/** Observations of one session, one after the other, a millisecond apart. */
export class ObservedSession {
  readonly observations: Observation[] = [];
  private at = NOON;
  private commands = 0;
  private links = 0;

  constructor(
    readonly number = 1,
    client = '10.0.0.5',
    at = NOON,
  ) {
    this.at = at;
    this.add(observed('session-opened', { client: endpoint(client, 50_000 + number) }));
  }

  greeted(text = '220 ready'): this {
    return this.add(reply(text, null));
  }

  login(user = 'alice'): this {
    return this.greeted().says(`USER ${user}`, '331 password?').says('PASS ****', '230 welcome');
  }

  /** A command and its replies; lines of one reply are separated by line feeds. */
  says(line: string, ...replies: readonly string[]): this {
    this.commands += 1;
    const [verb = '', ...rest] = line.split(' ');
    this.add(observed('command', { number: this.commands, verb: verb.toUpperCase(), argument: rest.join(' '), line }));
    for (const text of replies) this.add(reply(text, this.commands));
    return this;
  }

  announces(announced: string, given: string): this {
    const used = parse(announced);
    return this.add(observed('rewrite', { announced: used, used, given: parse(given) }));
  }

  carries(bytes: number, link: Partial<LinkFacts> = {}, afterMs = 1000): this {
    this.links = Math.max(this.links, link.link ?? this.links + 1);
    this.at += afterMs;
    const facts = { verb: 'RETR', path: 'a.iso', direction: 'download', ...link, link: this.links, bytes } as const;
    return this.add(observed('link-progress', facts));
  }

  carried(
    bytes: number,
    outcome: LinkOutcome = 'complete',
    link: Partial<LinkFacts> = {},
    why: Pick<LinkClosed, 'cause' | 'reason'> = { cause: 'session-ended', reason: 'the client went away' },
  ): this {
    const facts = {
      verb: 'RETR',
      path: 'a.iso',
      direction: 'download',
      ...link,
      link: Math.max(1, this.links),
      bytes,
    } as const;
    const known = outcome === 'complete' ? { cause: null, reason: null } : why;
    return this.add(observed('link-closed', { ...facts, outcome, ...known, durationMs: 1000 }));
  }

  closed(
    by: SessionEnd['by'] = 'client',
    cause: SessionCause = 'quit',
    reason = CAUSES_IN_WORDS[cause] ?? `because of ${cause}`,
  ): this {
    return this.add(observed('session-closed', { by, cause, reason, durationMs: this.at - NOON }));
  }

  add(observation: Observation): this {
    this.at += 1;
    this.observations.push({ ...observation, session: this.number, at: this.at });
    return this;
  }
}

function reply(text: string, answers: number | null): Observation {
  const lines = text.split('\n');
  const code = Number(text.slice(0, 3));
  return observed('reply', { code, lines, answers, latencyMs: answers === null ? null : 1, preliminary: code < 200 });
}

function parse(text: string) {
  const at = text.lastIndexOf(':');
  return endpoint(text.slice(0, at), Number(text.slice(at + 1)));
}
