// Master secrets of TLS sessions that may be resumed, by session identifier and by ticket.

const MAX_KEPT = 10_000;

export class Resumptions {
  private readonly masters = new Map<string, Buffer>();

  /** `name` is an identifier or a ticket, in hexadecimal. */
  keep(name: string, master: Buffer): void {
    if (name === '') return;
    this.masters.set(name, master);
    const oldest = this.masters.keys().next().value;
    if (this.masters.size > MAX_KEPT && oldest !== undefined) this.masters.delete(oldest);
  }

  find(...names: readonly string[]): Buffer | null {
    for (const name of names) {
      const master = this.masters.get(name);
      if (master !== undefined) return master;
    }
    return null;
  }

  get isEmpty(): boolean {
    return this.masters.size === 0;
  }
}
