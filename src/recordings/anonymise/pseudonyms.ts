// What stands in place of a value: a keyed hash of it, so that the same value gets the same pseudonym in every file of one secret, and nobody
// without the secret can try out values.
import { createHmac, scryptSync } from 'node:crypto';
import { canonicalAddress } from '../../protocol/endpoint.js';

/** The same for all: what two people anonymise with one secret is to correspond. scrypt makes it slow to try out secrets. */
const SALT = 'ftpscope anonymise';
const KEY_BYTES = 32;
/** Enough to tell 10,000 names of a recording from each other: two of them are alike once in a hundred recordings. */
const WORD_DIGITS = 8;
const MAX_REMEMBERED = 50_000;
/** Longer ones come once. */
const MAX_REMEMBERED_CHARACTERS = 256;
/** An even number of rounds brings both halves of a Feistel network back to their places; four are enough to mix them. */
const ROUNDS = 4;

/** Where IPv4 addresses stay in their range, and so remain what they are for a diagnosis: of the first kind that fits. */
interface Ipv4Range {
  readonly from: number;
  /** Bits that tell one host of it from another. */
  readonly hostBits: number;
}

const PRIVATE_RANGES: readonly Ipv4Range[] = [
  { from: 0x0a00_0000, hostBits: 24 },
  { from: 0xac10_0000, hostBits: 20 },
  { from: 0xc0a8_0000, hostBits: 16 },
  { from: 0xa9fe_0000, hostBits: 16 },
  { from: 0x6440_0000, hostBits: 22 },
];
/**
 * For all others. It belongs to nobody (RFC 1112 section 4), and has room: in 198.18.0.0/15 two of 500 addresses would be one, more likely
 * than not.
 */
const PUBLIC: Ipv4Range = { from: 0xf000_0000, hostBits: 28 };
/** Loopback and the unspecified address name nobody. */
const SAYS_NOTHING = /^(?:127\.|0\.0\.0\.0$|::1?$)/;

export class Pseudonyms {
  private readonly key: Buffer;
  private remembered = new Map<string, string>();

  constructor(secret: string) {
    this.key = scryptSync(secret, SALT, KEY_BYTES);
  }

  /** `p3f2a91c0`. */
  word(word: string): string {
    return this.once(`word ${word}`, (message) => `p${this.hash(message).toString('hex', 0, WORD_DIGITS / 2)}`);
  }

  /** As long as a SHA-256, in hexadecimal. */
  digest(digest: string): string {
    return this.hash(`digest ${digest}`).toString('hex');
  }

  /** Of an IP address in any spelling; null for anything else. No two addresses of a private range become one. */
  address(text: string): string | null {
    const address = canonicalAddress(text);
    if (address === null) return null;
    if (SAYS_NOTHING.test(address)) return address;
    return this.once(`address ${address}`, (message) =>
      address.includes(':') ? this.ipv6(address, message) : this.ipv4(address),
    );
  }

  private ipv4(address: string): string {
    const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const own = PRIVATE_RANGES.find((range) => number >= range.from && number < range.from + 2 ** range.hostBits);
    const mapped =
      own === undefined ? this.toPublic(number) : own.from + this.shuffled(number - own.from, own.hostBits);
    return [24, 16, 8, 0].map((bits) => (mapped >>> bits) & 255).join('.');
  }

  private toPublic(number: number): number {
    const { from, hostBits } = PUBLIC;
    // The last address of the range is the broadcast address, which no host has.
    return from + (this.hash(`public ${number}`).readUInt32BE() % (2 ** hostBits - 1));
  }

  /** A permutation of the numbers of so many bits, an even number: a Feistel network. */
  private shuffled(number: number, bits: number): number {
    const half = 2 ** (bits / 2);
    let [left, right] = [Math.floor(number / half), number % half];
    for (let round = 0; round < ROUNDS; round += 1) {
      const mixed = this.hash(`round ${bits} ${round} ${right}`).readUInt32BE() % half;
      [left, right] = [right, left ^ mixed];
    }
    return left * half + right;
  }

  private ipv6(address: string, message: string): string {
    const hash = this.hash(message).toString('hex').match(/.{4}/g) ?? [];
    const front = /^fe[89ab]/.test(address)
      ? ['fe80', '0', '0', '0']
      : /^f[cd]/.test(address)
        ? ['fd00']
        : ['2001', 'db8'];
    const spelled = [...front, ...hash].slice(0, 8).join(':');
    return canonicalAddress(spelled) ?? spelled;
  }

  private hash(message: string): Buffer {
    return createHmac('sha256', this.key).update(message).digest();
  }

  private once(message: string, make: (message: string) => string): string {
    const known = this.remembered.get(message);
    if (known !== undefined) return known;
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    const made = make(message);
    if (message.length <= MAX_REMEMBERED_CHARACTERS) this.remembered.set(message, made);
    return made;
  }
}
