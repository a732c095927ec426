// What a replay says on its own account ahead of the recorded commands: it encrypts, has data protected, logs in where the recording begins
// behind the login, and gives a password to a server that asks for one where the recorded server did not.
import type { GatheredReply } from '../../dialogue/reply-lines.js';
import { isCompletion, isIntermediate } from '../../protocol/reply.js';
import { beginsInMidSession, finalReply, type RecordedExchange } from '../session/recorded-session.js';
import type { Script } from '../session/script.js';
import type { PlayedLinks } from './played-links.js';
import type { PlayedExchange, PlayLog } from './played-session.js';

export interface OwnCommand {
  readonly line: string;
  readonly verb: string;
  /** The part of the line that is not to be shown. */
  readonly secret?: string;
}

/** The session as far as it is needed here. */
export interface OpeningSession {
  /** Null where the server refuses, and the replay stops with it. */
  ask(command: OwnCommand): Promise<GatheredReply | null>;
  secure(): Promise<void>;
  stop(exchange: number | null, why: string): void;
}

/** The recorded server wanted no password. */
export function loggedInAtOnce(exchange: RecordedExchange): boolean {
  return exchange.verb === 'USER' && isCompletion(finalReply(exchange)?.code ?? 0);
}

export class Opening {
  constructor(
    private readonly script: Script,
    private readonly log: PlayLog,
    private readonly links: PlayedLinks,
    private readonly session: OpeningSession,
  ) {}

  /** The server has greeted. */
  async begin(): Promise<void> {
    const { session, encrypts, protectsData, logsInAs } = this.script;
    if (encrypts === 'at-start' && !(await this.encrypt())) return;
    if (protectsData && !(await this.protect())) return;
    if (logsInAs !== null) await this.logIn(logsInAs);
    else if (beginsInMidSession(session))
      this.log.note(null, 'the recording begins in mid-session: --user logs in first');
  }

  /** USER was answered. */
  async completeLogin(played: PlayedExchange): Promise<void> {
    const asked = played.replies.at(-1);
    if (!played.answered || asked === undefined || !isIntermediate(asked.code)) return;
    const reply = await this.givePassword(played.number);
    if (reply === null) return;
    this.log.replied(played, reply);
    this.log.supplied(played, 'the server asked for a password, as the recorded one did not, and got it');
  }

  private async encrypt(): Promise<boolean> {
    if ((await this.session.ask({ line: 'AUTH TLS', verb: 'AUTH' })) === null) return false;
    await this.session.secure();
    return true;
  }

  private async protect(): Promise<boolean> {
    if ((await this.session.ask({ line: 'PBSZ 0', verb: 'PBSZ' })) === null) return false;
    if ((await this.session.ask({ line: 'PROT P', verb: 'PROT' })) === null) return false;
    this.links.protectsData = true;
    return true;
  }

  private async logIn(user: string): Promise<void> {
    this.log.note(null, 'the recording begins in mid-session: logged in first');
    const reply = await this.session.ask({ line: `USER ${user}`, verb: 'USER' });
    const sendsPassword = this.script.steps.some(({ exchange, kind }) => exchange.verb === 'PASS' && kind === 'send');
    if (reply !== null && isIntermediate(reply.code) && !sendsPassword) await this.givePassword(null);
  }

  private givePassword(exchange: number | null): Promise<GatheredReply | null> {
    const { password } = this.script;
    if (password !== null) return this.session.ask({ line: `PASS ${password}`, verb: 'PASS', secret: password });
    this.session.stop(exchange, 'the server asks for a password: give one with --password');
    return Promise.resolve(null);
  }
}
