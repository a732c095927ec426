// How many bytes a download should have, by the server's own words: `150 Opening ... (77 bytes)`, or the 213 of a SIZE before it. So
// it shows when a capture lacks a part of which nothing else tells.
import type { Exchange } from '../../dialogue/exchange.js';
import type { CapturedLink } from './captured-link.js';

const SIZE_IN_PRELIMINARY = /\((\d{1,15}) bytes?\)/i;
const SIZE_REPLY = /^213 (\d{1,15})\s*$/;

export class AnnouncedSize {
  private last: { readonly path: string; readonly bytes: number } | null = null;
  /** The next download is a part of a file, or is not sent as it is. */
  private isPart = false;
  private isTransformed = false;

  /** A command is answered; `line` is what its reply comes to. */
  hear({ verb, argument, isTransfer }: Exchange<CapturedLink>, code: number, line: string): void {
    const size = verb === 'SIZE' ? SIZE_REPLY.exec(line)?.[1] : undefined;
    if (size !== undefined) this.last = { path: argument, bytes: Number(size) };
    if (verb === 'REST' && code === 350) this.isPart = Number(argument) !== 0;
    if (verb === 'MODE' && code === 200) this.isTransformed = argument.toUpperCase() !== 'S';
    if (isTransfer && code >= 200) this.isPart = false;
  }

  /** The server begins a transfer with these words. Null where they tell nothing that can be relied on. */
  of({ verb, argument }: Exchange<CapturedLink>, line: string): number | null {
    if (verb !== 'RETR' || this.isPart || this.isTransformed) return null;
    const said = SIZE_IN_PRELIMINARY.exec(line)?.[1];
    if (said !== undefined) return Number(said);
    return this.last?.path === argument ? this.last.bytes : null;
  }
}
