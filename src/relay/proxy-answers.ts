// What the proxy answers for itself in forward mode, before there is a server, and what of it the server is told later on. Its
// greeting and its words on how a server is named stand here as well.
import type { Command } from '../protocol/command.js';

const HOW_TO_NAME = 'name one with USER user@host[:port], OPEN host or SITE host';

export const FORWARD_GREETING = `220 FTP proxy: which server? You can ${HOW_TO_NAME}`;
/** To a login that names no server. */
export const PROXY_PASSWORD_WANTED =
  '331 There is no server in this login, so it is one to the proxy: any password will do';
export const PROXY_LOGIN_TAKEN = `230 Logged in to the proxy. Which server? You can ${HOW_TO_NAME}`;

const NO_SERVER_YET = `530 There is no server yet: ${HOW_TO_NAME}`;

/** Commands whose effect the server is to have, and our answer to them meanwhile. */
const REMEMBERED: Readonly<Record<string, string>> = {
  OPTS: '200 Noted, it will be passed to the server',
  CLNT: '200 Noted, it will be passed to the server',
  CSID: '200 Noted, it will be passed to the server',
  LANG: '200 Noted, it will be passed to the server',
  HOST: '220 Noted, it will be passed to the server',
};

const ANSWERED: Readonly<Record<string, string>> = {
  NOOP: '200 NOOP taken',
  SYST: '215 UNIX Type: L8',
  STAT: `211 There is no server yet: ${HOW_TO_NAME}`,
  HELP: `214 There is no server yet: ${HOW_TO_NAME}`,
  REIN: '220 Ready for another login',
  QUIT: '221 Goodbye',
};

/** Commands may be remembered up to so many characters in all: who says more is not waiting for a server. */
export const MAX_REMEMBERED_CHARACTERS = 4096;

export class ProxyAnswers {
  /** Lines that the server is to be told, in order. */
  readonly remembered: string[] = [];

  constructor(private readonly offersTls: boolean) {}

  to({ verb, line }: Command): string {
    if (verb === 'FEAT') return this.features;
    const noted = Object.hasOwn(REMEMBERED, verb) ? REMEMBERED[verb] : undefined;
    if (noted === undefined) return (Object.hasOwn(ANSWERED, verb) ? ANSWERED[verb] : undefined) ?? NO_SERVER_YET;
    const characters = this.remembered.reduce((sum, one) => sum + one.length, line.length);
    if (characters > MAX_REMEMBERED_CHARACTERS)
      return `503 That is too much to keep for a server that is not named yet`;
    this.remembered.push(line);
    return noted;
  }

  /** The proxy's own (RFC 2389): what the server can do nobody knows yet. */
  private get features(): string {
    if (!this.offersTls) return '211 No features before there is a server';
    return ['211-Features before there is a server:', ' AUTH TLS', ' PBSZ', ' PROT', '211 End'].join('\r\n');
  }
}
