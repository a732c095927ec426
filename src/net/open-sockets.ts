// Every socket of a session, until it is closed. A session is over for the proxy when none is left.
import type { Socket } from 'node:net';

export class OpenSockets {
  private readonly sockets = new Set<Socket>();
  private whenNoneIsLeft: (() => void) | null = null;

  add(socket: Socket): void {
    if (socket.closed) return;
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.tell();
    });
  }

  /** Calls back once the last one is closed: now, when none is open. */
  whenAllClosed(callback: () => void): void {
    this.whenNoneIsLeft = callback;
    this.tell();
  }

  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private tell(): void {
    const { whenNoneIsLeft } = this;
    if (this.sockets.size > 0 || whenNoneIsLeft === null) return;
    this.whenNoneIsLeft = null;
    whenNoneIsLeft();
  }
}
