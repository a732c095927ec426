// Telnet bytes in front of an FTP command. Clients send IP and Synch before ABOR (RFC 959 section 4.1.3, RFC 854), and the
// urgent byte of it vanishes in Node: what arrives may be `FF F4 FF F2`, `FF F4 FF`, `FF F4 F2`, or an orphan of these.

export const LOWEST_TELNET_COMMAND = 0xf0;
const SB = 0xfa;
export const WILL = 0xfb;
export const DONT = 0xfe;
export const IAC = 0xff;
const IAC_SE = Buffer.from([0xff, 0xf0]);

/**
 * How many bytes at the head of a command line are Telnet's. An FTP verb begins with an ASCII letter, so a byte from F0 up
 * in front of it cannot be FTP's. Behind the verb nothing is touched: FF is a letter in Latin-1 file names.
 */
export function telnetPrefixLength(line: Buffer, end = line.length): number {
  let length = 0;
  while (length < end) {
    const byte = line[length] ?? 0;
    if (byte < LOWEST_TELNET_COMMAND) break;
    length += sequenceLength(line, length);
  }
  return Math.min(length, end);
}

/**
 * `IAC WILL|WONT|DO|DONT option` is three bytes long, and the third is any byte. `IAC SB option ... IAC SE` is as long as it
 * is. Of all else each byte counts alone, for what belongs to it may have vanished.
 */
function sequenceLength(line: Buffer, at: number): number {
  if (line[at] !== IAC) return 1;
  const second = line[at + 1] ?? 0;
  if (second >= WILL && second <= DONT) return 3;
  const end = second === SB ? line.indexOf(IAC_SE, at + 2) : -1;
  return end === -1 ? 1 : end + IAC_SE.length - at;
}

/** Telnet bytes and nothing else: they have no line end (lftp sends IP and Synch when it gives up, and closes). */
export function isTelnetAlone(line: Buffer): boolean {
  return line.length > 0 && telnetPrefixLength(line) === line.length;
}

/** ABOR sent as urgent data loses its LF for ever: a line that stalls there for so long is taken for whole. */
export const STALLED_ABORT_MS = 200;

/** Whether a line is `ABOR` and a CR, and its LF may never come: sent as urgent data, it is lost in Node. */
export function isStalledAbort(rest: Buffer): boolean {
  if (rest.at(-1) !== 0x0d) return false;
  return /^ABOR\r$/i.test(rest.toString('latin1', telnetPrefixLength(rest)));
}
