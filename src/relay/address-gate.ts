// The last gate before the wire: no line passes that names a data port, unless the proxy has put its own address into it. Everything
// in front of it sees to that already. Whatever slips by there, by a fault or by a spelling that nobody thought of, is held back here.
import type { Side } from '../dialogue/observation.js';
import { holdsNoPort, mayAnnouncePort, mayNamePort } from '../protocol/lenient-reading.js';

export class AddressGate {
  constructor(
    private readonly to: Side,
    /** Called for each line that is held back, without its end. */
    private readonly heldBack: (line: string) => void,
  ) {}

  /** What may pass of whole lines. */
  pass(bytes: Buffer): Buffer {
    const passing: string[] = [];
    let holdsBack = false;
    for (const line of linesOf(bytes)) {
      const text = line.replace(/\r?\n$/, '');
      if (this.isSuspect(text) && !holdsNoPort(line)) {
        holdsBack = true;
        this.heldBack(text);
      } else {
        passing.push(line);
      }
    }
    return holdsBack ? Buffer.from(passing.join(''), 'latin1') : bytes;
  }

  private isSuspect(line: string): boolean {
    return this.to === 'client' ? mayAnnouncePort(line) : mayNamePort(line);
  }
}

/** With their ends. Nearly always it is one. */
function linesOf(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1');
  return text.indexOf('\n') === text.length - 1 ? [text] : text.split(/(?<=\n)/);
}
