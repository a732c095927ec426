// Observations that can be passed on. Every kind and every field is named here: what this does not know does not pass. Times, ports, sizes,
// codes and the order of everything stay. Each session is treated by itself, as what was a name in one may be a word of FTP in another.
import { endedAs, failedAs, sameStillness } from '../../dialogue/connection-facts.js';
import type {
  CommandSeen,
  ContentFacts,
  LegFacts,
  LinkClosed,
  LinkFacts,
  Noise,
  Observation,
  ReplySeen,
} from '../../dialogue/observation.js';
import { Secrets } from '../../dialogue/secrets.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { OTHER_PROTOCOLS } from '../../protocol/other-protocols.js';
import { AnonymousCommands } from './anonymous-command.js';
import { AnonymousReplies } from './anonymous-reply.js';
import { AnonymousText } from './anonymous-text.js';
import { AnonymousTls, alertOf } from './anonymous-tls.js';
import { knownNote, knownViolation } from './known-codes.js';
import type { Pseudonyms } from './pseudonyms.js';

/** Sessions whose end was not seen; the oldest is forgotten. */
const MAX_SESSIONS = 10_000;

const LINE_END = /^[\r\n\0]*$/;
/** Telnet's commands and options (RFC 854): control bytes, and those from 240 on. */
const TELNET = /^[^ -\xef\u0100-\uffff]*$/;

/** Text is made readable as UTF-8 beside it; here nothing beyond ASCII is left. */
type WithoutUtf8<T> = Omit<T, 'lineUtf8' | 'linesUtf8' | 'pathUtf8'>;

export class Anonymiser {
  private readonly sessions = new Map<number, AnonymousSession>();

  constructor(private readonly pseudonyms: Pseudonyms) {}

  anonymised(observation: Observation): Observation {
    const { session: number, kind } = observation;
    const session = this.sessions.get(number) ?? this.open(number);
    const anonymised = session.observation(observation);
    if (kind === 'session-closed') this.sessions.delete(number);
    return anonymised;
  }

  private open(number: number): AnonymousSession {
    const [oldest] = this.sessions.keys();
    if (oldest !== undefined && this.sessions.size >= MAX_SESSIONS) this.sessions.delete(oldest);
    const session = new AnonymousSession(this.pseudonyms);
    this.sessions.set(number, session);
    return session;
  }
}

class AnonymousSession {
  private readonly secrets = new Secrets();
  private readonly texts: AnonymousText;
  private readonly commands: AnonymousCommands;
  private readonly replies: AnonymousReplies;
  private readonly tls: AnonymousTls;

  constructor(private readonly pseudonyms: Pseudonyms) {
    this.texts = new AnonymousText(pseudonyms);
    this.commands = new AnonymousCommands(pseudonyms, this.texts);
    this.replies = new AnonymousReplies(this.texts);
    this.tls = new AnonymousTls(pseudonyms, this.texts, this.secrets);
  }

  observation(it: Observation): Observation {
    const { session, at } = it;
    const common = { session, at };
    switch (it.kind) {
      case 'session-opened': {
        const { kind, how } = it;
        const via = it.via === undefined ? {} : { via: this.endpoint(it.via) };
        const ends = {
          client: this.endpoint(it.client),
          server: this.orNull(it.server),
          how,
          listener: this.orNull(it.listener),
        };
        return { kind, ...common, ...ends, ...via };
      }
      case 'server-chosen':
        return { kind: it.kind, ...common, server: this.endpoint(it.server) };
      case 'server-connected': {
        const { kind, durationMs } = it;
        return { kind, ...common, remote: this.endpoint(it.remote), local: this.endpoint(it.local), durationMs };
      }
      case 'command':
        return { ...this.command(it), ...common };
      case 'reply':
        return { ...this.reply(it), ...common };
      case 'held-reply': {
        const { kind, state, code, answers, held, heldMs } = it;
        return { kind, ...common, state, code, answers, held, heldMs };
      }
      case 'noise':
        return { ...this.noise(it), ...common };
      case 'rewrite': {
        const { kind, what, link } = it;
        const ends = {
          announced: this.endpoint(it.announced),
          used: this.endpoint(it.used),
          given: this.endpoint(it.given),
        };
        return { kind, ...common, what, link, ...ends, why: this.text(it.why) };
      }
      case 'link-opened':
        return { kind: it.kind, ...common, ...this.link(it) };
      case 'link-progress':
        return { kind: it.kind, ...common, ...this.link(it), state: it.state, ...sameStillness(it) };
      case 'link-closed':
        return { kind: it.kind, ...common, ...this.link(it), ...this.end(it) };
      case 'tls':
        return { ...this.tls.handshake(it), ...common };
      case 'violation': {
        const { kind, side, link } = it;
        const code = knownViolation(it.code);
        const protocol = OTHER_PROTOCOLS.find((one) => one === it.protocol);
        return {
          ...{ kind, ...common, side, code, detail: this.text(it.detail), action: this.text(it.action) },
          ...(protocol === undefined ? {} : { protocol }),
          ...(link === undefined ? {} : { link }),
        };
      }
      case 'note': {
        const { kind, side } = it;
        return { kind, ...common, side, code: knownNote(it.code), detail: this.text(it.detail) };
      }
      case 'finding': {
        const { title, cause, evidence } = it;
        const shown = evidence.map((one) => ({ ...one, text: this.text(one.text) }));
        return { ...it, title: this.text(title), cause: this.text(cause), evidence: shown };
      }
      case 'gap': {
        const { kind, side, link, bytes } = it;
        return { kind, ...common, side, link, bytes };
      }
      case 'session-closed': {
        const { kind, by, cause, alert, durationMs, commands, links, bytesDown, bytesUp } = it;
        return {
          kind,
          ...common,
          by,
          cause,
          reason: this.text(it.reason),
          ...failedAs(it.failure),
          ...(alert === undefined ? {} : { alert: alertOf(alert) }),
          durationMs,
          commands,
          links,
          bytesDown,
          bytesUp,
        };
      }
    }
  }

  /** An address, or the name of a host, with its port. */
  private endpoint({ address, port }: Endpoint): Endpoint {
    return { address: this.pseudonyms.address(address) ?? this.host(address), port };
  }

  private orNull(endpoint: Endpoint | null): Endpoint | null {
    return endpoint && this.endpoint(endpoint);
  }

  private host(name: string): string {
    this.texts.learn(name);
    return this.texts.name(name);
  }

  private text(text: string): string {
    return this.texts.text(this.secrets.mask(text));
  }

  private command({ kind, number, end, by, ...said }: CommandSeen): Omit<CommandSeen, 'session' | 'at'> {
    this.secrets.learn(said);
    return { kind, number, ...this.commands.command(said), ...this.lineEnd(end), ...(by === undefined ? {} : { by }) };
  }

  private reply(it: ReplySeen): WithoutUtf8<Omit<ReplySeen, 'session' | 'at'>> {
    const { kind, code, lines, ends, omittedLines, answers, latencyMs, preliminary, by } = it;
    const { held, replaces, relayed, unheard } = it;
    return {
      ...{ kind, code, lines: lines.map((line) => this.replies.line(this.secrets.mask(line), code)) },
      ...(ends === undefined ? {} : { ends: ends.map((end) => this.lineEnd(end).end ?? '') }),
      ...(omittedLines === undefined ? {} : { omittedLines }),
      ...{ answers, latencyMs, preliminary, by },
      ...(held === undefined ? {} : { held }),
      ...(replaces === undefined ? {} : { replaces }),
      ...(relayed === undefined ? {} : { relayed }),
      ...(unheard === undefined ? {} : { unheard }),
    };
  }

  private noise({ kind, from, what, line, end }: Noise): Omit<Noise, 'session' | 'at'> {
    if (from === 'client') this.secrets.learnFromNoise(line);
    const isTelnet = what === 'telnet' && TELNET.test(line);
    return { kind, from, what, line: isTelnet ? line : this.text(line), ...this.lineEnd(end) };
  }

  private lineEnd(end: string | undefined): { readonly end?: string } {
    if (end === undefined) return {};
    return { end: LINE_END.test(end) ? end : '' };
  }

  private link(it: LinkFacts): WithoutUtf8<LinkFacts> {
    const { link, direction, bytes } = it;
    const verb = it.verb === null ? null : this.commands.verb(it.verb);
    const path = it.path === null ? null : this.commands.argument({ verb: it.verb ?? '', argument: it.path });
    return { link, client: this.leg(it.client), server: this.leg(it.server), verb, path, direction, bytes };
  }

  private leg({ mode, local, remote, ended }: LegFacts): LegFacts {
    return { mode, local: this.orNull(local), remote: this.orNull(remote), ...endedAs(ended) };
  }

  /** The payload itself is left out. */
  private end(it: LinkClosed) {
    const { outcome, cause, reason, durationMs, content, stated, sha256 } = it;
    const how = { ...failedAs(it.failure), ...sameStillness(it) };
    const digest = sha256 === undefined ? {} : { sha256: this.pseudonyms.digest(sha256) };
    const known = {
      ...(content === undefined ? {} : { content: counted(content) }),
      ...(stated === undefined ? {} : { stated }),
    };
    const why = reason === null ? null : this.text(reason);
    return { outcome, cause, reason: why, ...how, durationMs, ...known, ...digest };
  }
}

/** Without the sums of names, which would show whether a name that somebody guesses was there. */
function counted(content: ContentFacts): ContentFacts {
  const { listing } = content;
  return listing === undefined ? content : { ...content, listing: { ...listing, files: [] } };
}
