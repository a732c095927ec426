// How many bytes a download should have, by the server's own words: `150 Opening ... (77 bytes)`, or the 213 of a SIZE before it. So
// it shows when some are missing of which nothing else tells.
import type { StatedSize } from './content-facts.js';
import type { Exchange, Flowing } from './exchange.js';

const SIZE_IN_PRELIMINARY = /\((\d{1,15}) bytes?\)/i;
const SIZE_REPLY = /^213 (\d{1,15})\s*$/;

export class AnnouncedSize {
  private last: { readonly path: string; readonly bytes: number } | null = null;
  /** Where the next download begins. */
  private from = 0;
  /** It is not sent as it is. */
  private isTransformed = false;

  /** A command is answered; `line` is what its reply comes to. */
  hear<Link extends Flowing>({ verb, argument, isTransfer }: Exchange<Link>, code: number, line: string): void {
    const size = verb === 'SIZE' ? SIZE_REPLY.exec(line)?.[1] : undefined;
    if (size !== undefined) this.last = { path: argument, bytes: Number(size) };
    if (verb === 'REST' && code === 350) this.from = Number(argument);
    if (verb === 'MODE' && code === 200) this.isTransformed = argument.toUpperCase() !== 'S';
    if (isTransfer && code >= 200) this.from = 0;
  }

  /** The server begins a transfer with these words. Null where they tell nothing that can be relied on. */
  of<Link extends Flowing>({ verb, argument }: Exchange<Link>, line: string): StatedSize | null {
    const { from, last } = this;
    if (verb !== 'RETR' || this.isTransformed || !Number.isSafeInteger(from)) return null;
    const said = SIZE_IN_PRELIMINARY.exec(line)?.[1];
    // What a 150 says of the rest of a file is the whole's size with some servers, and the rest's with others.
    if (said !== undefined && from === 0) return { by: 150, bytes: Number(said) };
    if (last?.path !== argument) return null;
    return from === 0 ? { by: 213, bytes: last.bytes } : { by: 213, bytes: last.bytes, from };
  }
}
