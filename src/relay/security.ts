// Encryption of a session: who asks for TLS on which leg, when it begins, and what of AUTH, PBSZ, PROT and CCC (RFC 4217) is
// relayed, answered here, or asked of the server in the client's absence. Each leg stands for itself: a plain client works
// with a server that insists on TLS, and the other way round. Knows no sockets and no certificates.
import type { Exchange } from '../dialogue/exchange.js';
import type { Side, TlsFacts } from '../dialogue/observation.js';
import type { GatheredReply } from '../dialogue/reply-lines.js';
import type { Command } from '../protocol/command.js';
import { askForTls, MECHANISMS, type ServersAnswer } from './asking-for-tls.js';
import type { Conversation } from './conversation.js';
import { adaptFeatures, offersTls } from './features.js';
import { Protection, protectsData, type SecurityVerdict } from './protection.js';
import { ServerProtection } from './server-protection.js';

/** A client that has to encrypt may say everything but this before it does. */
const LOGIN_VERBS: ReadonlySet<string> = new Set(['USER', 'PASS', 'ACCT']);
/** AUTH's arguments that mean TLS: RFC 4217 section 17 and the drafts before it. */
const TLS_MECHANISMS: ReadonlySet<string> = new Set(['TLS', 'TLS-C', 'SSL', 'TLS-P']);
type ControlState = 'clear' | 'negotiating' | 'secure';

export class Security {
  private readonly control: Record<Side, ControlState> = { client: 'clear', server: 'clear' };
  private readonly protection: Protection;
  private readonly serverProtection: ServerProtection;
  private whenServerSecured: (() => void) | null = null;
  /** The client is not listened to until the server's leg is as it should be, nor from its AUTH until the handshake's end. */
  private serverUnsettled: boolean;
  private authPending = false;
  /** The server's handshake, and what is asked of it then, is not over, although the client was granted its own. */
  private serverPending = false;
  /** What the client called the server. */
  private host: string | null = null;
  /** The client was granted encryption before it named its server: it is to have it there as well. */
  private clientCameEncrypted = false;

  constructor(private readonly conversation: Conversation) {
    this.protection = new Protection(conversation);
    this.serverProtection = new ServerProtection(conversation);
    this.serverUnsettled = conversation.chosenServer !== null && this.securesServerItself;
    if (this.policy.clientImplicit && !this.policy.passthrough) this.secure('client');
  }

  /** Whether the client may be read and its lines be taken. */
  get listensToClient(): boolean {
    return !this.serverUnsettled && !this.serverPending && !this.authPending;
  }

  /** The client's greeting waits for the server's leg. */
  get holdsGreeting(): boolean {
    return this.serverUnsettled;
  }

  /** What the server says before its TLS stands, behind its consent, is not its own for sure. */
  get ignoresServer(): boolean {
    return this.control.server === 'negotiating' && this.whenServerSecured !== null;
  }

  /** The server's control connection stands: implicit FTPS speaks TLS before FTP. */
  serverConnected(): void {
    const { passthrough, clientImplicit } = this.policy;
    if (passthrough && (clientImplicit || this.serverImplicit)) this.leaveAlone();
    else if (this.serverImplicit) this.secure('server');
  }

  /** The server's greeting is in. `proceed` lets it go to the client, once the server's leg is as it should be. */
  serverGreeted(proceed: () => void, giveUp: (reason: string) => void): void {
    if (!this.securesServerItself) return proceed();
    const goOn = () => {
      this.serverUnsettled = false;
      proceed();
    };
    if (this.control.server === 'secure') return this.protectServersData(goOn);
    this.secureServer(MECHANISMS, {
      agreed: () => this.protectServersData(goOn),
      refused: (text) => {
        if (this.policy.server === 'auto') {
          this.serverProtection.reportRefusal(text);
          return goOn();
        }
        giveUp(`the server does not encrypt: it answered AUTH TLS with ${text}`);
      },
    });
  }

  /** Takes a command of the client that is about security. */
  take(command: Command, exchange: Exchange): SecurityVerdict {
    if (this.policy.passthrough) return this.passThrough(exchange);
    switch (command.verb) {
      case 'AUTH':
        return this.takeAuth(command.argument.trim().toUpperCase(), exchange);
      case 'CCC':
        // Where nothing is encrypted, that is for the server to say.
        return this.nothingEncrypted ? 'relay' : this.protect(command, exchange);
      case 'PBSZ':
      case 'PROT':
        return this.protect(command, exchange);
      default:
        return this.answer(exchange, `502 ${this.onlyTls}`);
    }
  }

  /** Whether a command may pass before the client's leg is encrypted; answers it where not. */
  mayPass(exchange: Exchange): boolean {
    const refused =
      this.policy.client === 'require' && this.control.client !== 'secure' && LOGIN_VERBS.has(exchange.verb);
    if (refused) this.answer(exchange, '530 This proxy requires AUTH TLS before a login');
    return !refused;
  }

  /** Whether a transfer may begin; answers it where the server has to encrypt it and will not. */
  mayTransfer(exchange: Exchange): boolean {
    return this.serverProtection.mayTransfer(exchange);
  }

  /** The server took the name that the client called it by (HOST, RFC 7151). */
  hostNamed(host: string): void {
    this.host = host;
  }

  /** REIN was carried out: PBSZ and PROT begin anew, the control connections stay as they are. */
  reinitialized(): void {
    this.protection.reset();
    if (this.asksForServersProtection) this.protectServersData(() => {});
  }

  /** The server's features, as the client may have them here. */
  featuresFor(reply: GatheredReply): Buffer {
    const { client, server, passthrough } = this.policy;
    if (passthrough) return adaptFeatures(reply, 'verbatim');
    if (client === 'off') return adaptFeatures(reply, 'none');
    const same = server === 'same' && !this.securesServerItself && this.control.server !== 'secure';
    if (same && !offersTls(reply)) return adaptFeatures(reply, 'none');
    return adaptFeatures(reply, offersTls(reply) ? 'as-the-server' : 'offered');
  }

  /** A handshake on a control connection succeeded. */
  secured(side: Side, tls: TlsFacts): void {
    const { conversation } = this;
    conversation.observer.tls(conversation.at, { ...tls, side, leg: 'control', link: null, failure: null });
    this.control[side] = 'secure';
    if (side === 'client') {
      this.authPending = false;
      conversation.shownNames = tls.shownNames ?? null;
      return;
    }
    const { whenServerSecured } = this;
    this.whenServerSecured = null;
    whenServerSecured?.();
  }

  /** From the server's consent on, client and server are alone with each other. */
  private passThrough(exchange: Exchange): SecurityVerdict {
    if (exchange.verb !== 'AUTH') return 'relay';
    exchange.whenAnswered = ({ code }) => {
      if (code === 234 || code === 334) this.leaveAlone();
    };
    return 'relay';
  }

  private leaveAlone(): void {
    this.conversation.opaque = true;
    const detail =
      'the session is encrypted from here on: no command, reply or transfer can be seen, no address rewritten';
    this.conversation.violation('client', 'encrypted-passthrough', detail, 'relayed unseen');
  }

  private protect(command: Command, exchange: Exchange): SecurityVerdict {
    return this.protection.take(command, exchange, this.control.client === 'secure', this.relaysProtection);
  }

  private takeAuth(mechanism: string, exchange: Exchange): SecurityVerdict {
    if (this.policy.client === 'off') return this.refuseEncryption(exchange);
    if (!TLS_MECHANISMS.has(mechanism)) return this.answer(exchange, `504 ${this.onlyTls}`);
    if (this.control.client !== 'clear') return this.answer(exchange, '503 This connection is encrypted already');
    this.authPending = true;
    exchange.answeredHere = true;
    this.clientCameEncrypted = this.conversation.server === null;
    if (this.clientCameEncrypted || this.policy.server === 'off' || this.control.server === 'secure') {
      return this.grant(mechanism, exchange);
    }
    // Some servers know only what the client asks for; others do not, and something else.
    const mechanisms = [mechanism, ...MECHANISMS.filter((other) => other !== mechanism)];
    askForTls(this.conversation, mechanisms, {
      agreed: (asked) => this.grantOnBothLegs(mechanism, asked, exchange),
      refused: (text) => this.serverDeclined(mechanism, exchange, text),
    });
    return 'answered';
  }

  /** The client's hello comes first: it names the server that it wants, which is asked for by that name. */
  private grantOnBothLegs(mechanism: string, asked: string, exchange: Exchange): void {
    this.serverPending = true;
    const settled = () => {
      this.serverPending = false;
    };
    const isPrivate = protectsData(mechanism) || protectsData(asked);
    this.whenServerSecured = () => (isPrivate ? this.protectServersData(settled) : settled());
    this.control.server = 'negotiating';
    this.grant(mechanism, exchange, () => this.secure('server'));
  }

  /** With `auto` the client's leg is encrypted all the same; otherwise the server's refusal is the client's answer. */
  private serverDeclined(mechanism: string, exchange: Exchange, text: string): void {
    if (this.policy.server === 'auto') {
      this.serverProtection.reportRefusal(text);
      return void this.grant(mechanism, exchange);
    }
    this.authPending = false;
    this.answer(exchange, text);
  }

  /** The 234, and behind it nothing in the clear any more. */
  private grant(mechanism: string, exchange: Exchange, thenToo: () => void = () => {}): SecurityVerdict {
    exchange.whenOwnReplySent = () => {
      if (protectsData(mechanism)) this.conversation.protection.client = 'P';
      this.secure('client');
      thenToo();
    };
    return this.answer(exchange, '234 Proceed with the TLS handshake');
  }

  private refuseEncryption(exchange: Exchange): SecurityVerdict {
    const detail = `the client asked for encryption (AUTH ${exchange.argument}), which is switched off`;
    this.conversation.violation('client', 'encryption-refused', detail, 'answered 502, not relayed');
    return this.answer(exchange, '502 AUTH does not pass this proxy: encryption is switched off');
  }

  /** Asks the server for TLS, and begins it. */
  private secureServer(mechanisms: readonly string[], { agreed, refused }: ServersAnswer): void {
    const begin = (mechanism: string) => {
      this.whenServerSecured = () => agreed(mechanism);
      this.secure('server');
    };
    askForTls(this.conversation, mechanisms, { agreed: begin, refused });
  }

  private protectServersData(done: () => void): void {
    this.serverProtection.ask(done);
  }

  private secure(side: Side): void {
    this.control[side] = 'negotiating';
    const host = side === 'server' && this.host !== null ? { host: this.host } : {};
    this.conversation.effect({ kind: 'secure-control', side, ...host });
  }

  private answer(exchange: Exchange, text: string): SecurityVerdict {
    this.conversation.answer(exchange, text);
    return 'answered';
  }

  private get policy() {
    return this.conversation.policy.tls;
  }

  /** In forward mode nothing can pass unseen: the proxy has to see which server is named. */
  private get onlyTls(): string {
    const whatElse =
      this.conversation.policy.forward === null ? '; with --tls passthrough the proxy relays others unseen' : '';
    return `Only AUTH TLS is understood${whatElse}`;
  }

  /** The proxy sees to the server's TLS before the client says a word. */
  private get securesServerItself(): boolean {
    const { passthrough, server, clientImplicit } = this.policy;
    if (passthrough) return false;
    if (server === 'require' || server === 'auto' || this.serverImplicit) return true;
    // A client of implicit FTPS has asked for encryption by coming.
    return server === 'same' && (clientImplicit || this.clientCameEncrypted);
  }

  /** In forward mode the client says so. */
  private get serverImplicit(): boolean {
    const { policy, chosenServer } = this.conversation;
    return this.policy.serverImplicit || (policy.forward !== null && chosenServer?.implicitTls === true);
  }

  private get nothingEncrypted(): boolean {
    const { client, server } = this.control;
    return this.conversation.server !== null && client === 'clear' && server === 'clear';
  }

  /** PBSZ and PROT towards the server are the proxy's own. */
  private get asksForServersProtection(): boolean {
    return this.securesServerItself && this.control.server === 'secure';
  }

  /** PBSZ and PROT of the client are meant for the server as well: both legs are encrypted alike, or neither is. */
  private get relaysProtection(): boolean {
    const alike = this.control.server === this.control.client;
    return (
      this.conversation.server !== null &&
      alike &&
      this.policy.server === 'same' &&
      this.policy.client !== 'off' &&
      !this.securesServerItself
    );
  }
}
