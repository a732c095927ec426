// Whether a client's encrypted data connection comes from the owner of its control connection: then it resumes that one's TLS session. A
// data port tells nothing of the kind: another process on the client's host, or behind its NAT, may be quicker. vsftpd and ProFTPD insist
// on resumption, and many clients cannot; so a connection without it is reported, once a session, and refused where that is wanted.
import type { DataLink } from '../dialogue/data-link.js';
import type { TlsFacts } from '../dialogue/observation.js';
import type { Conversation } from './conversation.js';

const LACKS = 'does not resume the TLS session of the control connection';
/** Since this version tickets are for one use, and a client may have none left (RFC 8446 section C.4). */
const SINGLE_USE_TICKETS = 'TLSv1.3';

export class DataResumption {
  private hasResumed = false;

  constructor(private readonly conversation: Conversation) {}

  /** Looks at the client's new connection; true when it is to be refused. */
  refuses(link: DataLink, { resumed, protocol }: TlsFacts): boolean {
    const { conversation } = this;
    const hadTicket = protocol !== SINGLE_USE_TICKETS || !this.hasResumed;
    this.hasResumed ||= resumed;
    if (resumed || !conversation.clientControlIsTls) return false;
    const isRefused = conversation.policy.requireDataResumption;
    const detail = `data connection ${link.number} ${LACKS}: it may come from another user on the client's host`;
    if (isRefused) conversation.violation('client', 'data-not-resumed', detail, 'answered 522');
    else if (hadTicket) {
      conversation.observer.violationOnce(conversation.at, 'client', 'data-not-resumed', detail, 'served');
    }
    return isRefused;
  }
}

/** Why it was refused; vsftpd has the same code for it. */
export const NOT_RESUMED = {
  reason: `the data connection ${LACKS}`,
  reply: `522 The data connection ${LACKS}, which is required here`,
} as const;
