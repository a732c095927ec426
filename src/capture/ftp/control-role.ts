// A connection's part in a session: it is the control connection, and its events are the session's.
import type { ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import type { CapturedSession } from './captured-session.js';

export class ControlRole {
  constructor(
    readonly session: CapturedSession,
    private readonly serverEnd: ConnectionEnd,
  ) {}

  take(event: ConnectionEvent): void {
    const { session } = this;
    if (event.kind === 'opened') return;
    if (event.kind === 'closed') return session.closed(event.why, event.at);
    const side = event.from === this.serverEnd ? 'server' : 'client';
    switch (event.kind) {
      case 'bytes':
        return session.take(side, event.bytes, event.at);
      case 'lost':
        return session.lost(side, event.bytes, event.at);
      case 'conflict':
        return session.contradicted(side, event.bytes, event.at);
      case 'ended':
        return session.ended(side, event.how, event.at);
    }
  }
}
