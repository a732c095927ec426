// Bytes of a client's control connection -> command lines, with the Telnet signals (RFC 854) taken out.
// Part of the demo's strangers: imports nothing from the proxy, and knows no verbs but ABOR, whose line end may be lost.
const lineFeed = 0x0a;
const telnetCommands = 0xf0;
const interpretAsCommand = 0xff;

/** A line of text (latin-1, without its end), or `null` for a line that was too long and was thrown away. */
export type ControlLine = string | null;

export class ControlLines {
  readonly #maxBytes: number;
  #pending: Buffer = Buffer.alloc(0);
  #discarding = false;
  #lineFeedMayFollow = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): readonly ControlLine[] {
    const lines: ControlLine[] = [];
    let bytes = this.#withoutLateLineFeed(chunk);
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed)) {
      lines.push(...this.#endLine(Buffer.concat([this.#pending, bytes.subarray(0, end)])));
      this.#pending = Buffer.alloc(0);
      bytes = bytes.subarray(end + 1);
    }
    lines.push(...this.#keep(bytes));
    return lines;
  }

  #endLine(line: Buffer): readonly ControlLine[] {
    const discarded = this.#discarding;
    this.#discarding = false;
    if (discarded) return [];
    return [line.length > this.#maxBytes ? null : lineText(line)];
  }

  #keep(bytes: Buffer): readonly ControlLine[] {
    if (this.#discarding || bytes.length === 0) return [];
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#pending.length > this.#maxBytes) {
      this.#pending = Buffer.alloc(0);
      this.#discarding = true;
      return [null];
    }
    return this.#urgentAbort();
  }

  /**
   * A client that sends `ABOR` CR LF as TCP urgent data (Python's ftplib) loses the last byte on the way, because
   * Node drops the urgent byte: `ABOR` CR is the whole line, and no LF ever comes.
   */
  #urgentAbort(): readonly ControlLine[] {
    const text = this.#pending.length <= 16 ? withoutTelnet(this.#pending).toString('latin1') : '';
    if (text.toUpperCase() !== 'ABOR\r') return [];
    this.#pending = Buffer.alloc(0);
    this.#lineFeedMayFollow = true;
    return [text.slice(0, -1)];
  }

  /** The LF of an `ABOR` CR that was only cut in two does not make an empty line. */
  #withoutLateLineFeed(chunk: Buffer): Buffer {
    if (!this.#lineFeedMayFollow || chunk.length === 0) return chunk;
    this.#lineFeedMayFollow = false;
    return chunk[0] === lineFeed ? chunk.subarray(1) : chunk;
  }
}

/** Accepts a bare LF as the line end, and 0xFF in a name both doubled (RFC 854) and as it is (most clients). */
function lineText(line: Buffer): string {
  return withoutTelnet(line).toString('latin1').replace(/\r$/, '').replaceAll('\xff\xff', '\xff');
}

/**
 * IP, DM and whatever was left of them when the urgent byte vanished, and negotiation (three bytes): no verb starts with
 * a byte from 0xF0 on, so at the start of a line they are all Telnet's.
 */
function withoutTelnet(line: Buffer): Buffer {
  let start = 0;
  for (let byte = line[0]; byte !== undefined && byte >= telnetCommands; byte = line[start]) {
    const next = line[start + 1] ?? 0;
    const negotiates = byte === interpretAsCommand && next >= 0xfb && next <= 0xfe;
    start += negotiates ? 3 : 1;
  }
  return line.subarray(start);
}
