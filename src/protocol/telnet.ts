// Telnet bytes in front of an FTP command. Clients send IP and Synch before ABOR (RFC 959 section 4.1.3, RFC 854), and the
// urgent byte of it vanishes in Node: what arrives may be `FF F4 FF F2`, `FF F4 FF`, `FF F4 F2`, or an orphan of these.

const LOWEST_TELNET_COMMAND = 0xf0;
const WILL = 0xfb;
const DONT = 0xfe;
const IAC = 0xff;

/**
 * How many bytes at the head of a command line are Telnet's. An FTP verb begins with an ASCII letter, so a byte from F0 up
 * in front of it cannot be FTP's. Behind the verb nothing is touched: FF is a letter in Latin-1 file names.
 */
export function telnetPrefixLength(line: Buffer): number {
  let length = 0;
  while (length < line.length) {
    const byte = line[length] ?? 0;
    if (byte < LOWEST_TELNET_COMMAND) break;
    length += isOptionNegotiation(line, length) ? 3 : 1;
  }
  return Math.min(length, line.length);
}

/** `IAC WILL|WONT|DO|DONT option` is three bytes long, and the third is any byte. */
function isOptionNegotiation(line: Buffer, at: number): boolean {
  const second = line[at + 1] ?? 0;
  return line[at] === IAC && second >= WILL && second <= DONT && at + 2 < line.length;
}
