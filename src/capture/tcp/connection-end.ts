// The two ends of a connection, for whoever treats both alike.
import type { ConnectionEnd } from '../connection-event.js';

export const ENDS: readonly ConnectionEnd[] = ['initiator', 'responder'];

export function otherEnd(from: ConnectionEnd): ConnectionEnd {
  return from === 'initiator' ? 'responder' : 'initiator';
}
