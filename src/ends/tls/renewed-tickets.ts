// Session tickets that are renewed: who resumes a session gets a new ticket, as clients that use each ticket once need it (RFC
// 8446 section C.4; curl). Node's own tickets are not: a client with one for each connection runs out of them.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecureContext } from 'node:tls';

/** Answers what OpenSSL wants to know of a ticket's key (SSL_CTX_set_tlsext_ticket_key_evp_cb). */
type TicketKeyCallback = (
  name: Buffer,
  initializationVector: Buffer,
  isForEncryption: boolean,
) => readonly [verdict: number, ...keys: Buffer[]];

/** As much of Node's inner context as is used here. */
interface TicketContext {
  onticketkeycallback?: TicketKeyCallback;
  enableTicketKeyCallback(): void;
}

const UNKNOWN = 0;
const TAKEN = 1;
const TAKEN_AND_RENEWED = 2;
/** AES-128-CBC and HMAC-SHA256, as Node has it. */
const KEY_BYTES = 16;

/** From now on; before the first connection. Where this Node keeps its contexts in another way, its own tickets serve. */
export function renewTickets({ context }: SecureContext): void {
  if (!isTicketContext(context)) return;
  const [name, macKey, key] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)];
  context.onticketkeycallback = (wanted, _initializationVector, isForEncryption) => {
    if (isForEncryption) return [TAKEN, macKey, key, name, randomBytes(KEY_BYTES)];
    // Node wants both keys whatever the verdict.
    return [timingSafeEqual(wanted, name) ? TAKEN_AND_RENEWED : UNKNOWN, macKey, key];
  };
  context.enableTicketKeyCallback();
}

function isTicketContext(context: unknown): context is TicketContext {
  return (
    typeof context === 'object' &&
    context !== null &&
    'enableTicketKeyCallback' in context &&
    typeof context.enableTicketKeyCallback === 'function'
  );
}
