// Bytes of a server's control connection -> replies, as the scripted client reads them (RFC 959 section 4.2).
// Part of the demo's strangers: imports nothing from the proxy nor from the sample server, and knows no sockets.

export interface ClientReply {
  readonly code: number;
  /** The lines as they came (latin-1), code and all, without their ends. */
  readonly lines: readonly string[];
}

/** A server that sends more than this as one reply does not talk FTP. */
const maxReplyBytes = 1024 * 1024;

export class ReplyReader {
  #pending = '';
  #lines: string[] = [];

  /** The replies that are complete with this chunk. Throws when the server sends something that is no reply. */
  push(chunk: Buffer): readonly ClientReply[] {
    const replies: ClientReply[] = [];
    this.#pending += chunk.toString('latin1');
    const lines = this.#pending.split('\n');
    this.#pending = lines.pop() ?? '';
    if (this.#pending.length > maxReplyBytes) throw new Error(`reply line longer than ${maxReplyBytes} bytes`);
    for (const line of lines) {
      const complete = this.#line(line.replace(/\r$/, ''));
      if (complete !== null) replies.push(complete);
    }
    return replies;
  }

  /** A multi-line reply ends only at its own code followed by a space, or by nothing. */
  #line(line: string): ClientReply | null {
    const code = /^(\d{3})(?:[ -]|$)/.exec(line)?.[1];
    if (this.#lines.length === 0 && code === undefined) throw new Error(`not an FTP reply: ${JSON.stringify(line)}`);
    this.#lines.push(line);
    const first = this.#lines[0]?.slice(0, 3);
    if (code === undefined || code !== first || line[3] === '-') return null;
    const complete = { code: Number(code), lines: this.#lines };
    this.#lines = [];
    return complete;
  }
}
