// The last gate before the wire: no line passes that names a data port, unless the proxy has put its own address into it. Everything
// in front of it sees to that already. Whatever slips by there, by a fault or by a spelling that nobody thought of, is held back here.

import type { Side } from '../dialogue/observation.js';
import { mayAnnouncePort, mayNamePort } from '../protocol/lenient-reading.js';

export class AddressGate {
  constructor(
    private readonly to: Side,
    /** Called for each line that is held back, without its end. */
    private readonly heldBack: (line: string) => void,
  ) {}

  /** What may pass of whole lines. */
  pass(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1');
    if (!this.isSuspect(text)) return bytes;
    const lines = text.split(/(?<=\n)/);
    const passing = lines.filter((line) => !this.isSuspect(line));
    for (const line of lines) if (!passing.includes(line)) this.heldBack(line.replace(/\r?\n$/, ''));
    return Buffer.from(passing.join(''), 'latin1');
  }

  private isSuspect(text: string): boolean {
    return this.to === 'client' ? mayAnnouncePort(text) : mayNamePort(text);
  }
}
