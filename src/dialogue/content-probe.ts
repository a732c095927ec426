// Looks at the first bytes of a transfer as they go by, and counts. Keeps nothing of them but sums, and is done soon: whoever carries the
// bytes asks it no more once `take` has said so.
import type { ContentFacts, Signature } from './content-facts.js';
import { ListingReader } from './listing-reader.js';

/** It looks at so much at most: a flow is to lose nothing by it, and a transfer costs less than to look at 64 KiB. */
const MAX_FILE_BYTES = 4 * 1024;
const MAX_LISTING_BYTES = 16 * 1024;

/** Signatures are no longer. */
const HEAD_BYTES = 16;

const CR = 13;
const LF = 10;
const CTRL_Z = 26;

/** Beginnings, in hexadecimal, the longest of a kind first. */
const BEGINNINGS: readonly (readonly [RegExp, Signature])[] = [
  [/^89504e470d0a1a0a/, 'png'],
  [/^89504e470a1a0a/, 'png-without-cr'],
  [/^89504e47(0d)+0a1a(0d)*0a/, 'png-with-crs'],
  [/^ffd8ff/, 'jpeg'],
  [/^474946383[79]61/, 'gif'],
  [/^255044462d/, 'pdf'],
  [/^504b(0304|0506|0708)/, 'zip'],
  [/^1f8b08/, 'gzip'],
  [/^425a683[1-9]314159/, 'bzip2'],
  [/^fd377a585a00/, 'xz'],
  [/^28b52ffd/, 'zstd'],
  [/^377abcaf271c/, '7z'],
  [/^526172211a07/, 'rar'],
  [/^78(01|5e|9c|da)/, 'zlib'],
  [/^7f454c46/, 'elf'],
  [/^4d5a.{4}0000/, 'exe'],
  [/^cafebabe/, 'class'],
  [/^d0cf11e0a1b1/, 'ole'],
  [/^53514c69746520666f726d6174203300/, 'sqlite'],
  ...(['14', '15', '16', '17'] as const).map((type) => [new RegExp(`^${type}030[0-4]`), 'tls'] as const),
  [/^485454502f31/, 'http'],
];

/** By the first byte: most files have none of them. */
const BY_FIRST_BYTE = new Map<string, (readonly [RegExp, Signature])[]>();
for (const beginning of BEGINNINGS) {
  const first = beginning[0].source.slice(1, 3);
  BY_FIRST_BYTE.set(first, [...(BY_FIRST_BYTE.get(first) ?? []), beginning]);
}

function signatureOf(head: string): Signature | null {
  return BY_FIRST_BYTE.get(head.slice(0, 2))?.find(([begins]) => begins.test(head))?.[1] ?? null;
}

export class ContentProbe {
  private readonly most: number;
  private examined = 0;
  private head = '';
  private previous = -1;
  private nulBytes = 0;
  private highBytes = 0;
  private crLf = 0;
  private loneLf = 0;
  private loneCr = 0;
  private ctrlZ = 0;
  private listing: ListingReader | null;

  /** `verb` is the transfer command's; null while it is not known, when it may turn out to be a listing's. */
  constructor(private readonly verb: string | null) {
    this.listing = verb === null || isListing(verb) ? new ListingReader(verb) : null;
    this.most = this.listing === null ? MAX_FILE_BYTES : MAX_LISTING_BYTES;
  }

  /** Whether it wants to see what follows. */
  take(chunk: Uint8Array): boolean {
    const bytes = chunk.subarray(0, this.most - this.examined);
    if (this.head.length < HEAD_BYTES * 2) this.head += hexOf(bytes.subarray(0, HEAD_BYTES - this.head.length / 2));
    this.examined += bytes.length;
    this.count(bytes);
    if (this.nulBytes > 0) this.listing = null;
    this.listing?.take(bytes);
    return this.examined < this.most;
  }

  /** What has been seen so far; null where that is nothing. `whole`: nothing followed. `verb`: as it is known by now. */
  facts(whole: boolean, verb = this.verb): ContentFacts | null {
    if (this.examined === 0) return null;
    const { nulBytes, highBytes, crLf, loneLf, ctrlZ, head, listing } = this;
    const signature = signatureOf(head);
    const isListed = verb !== null && isListing(verb) && listing !== null && signature === null;
    return {
      examinedBytes: this.examined,
      signature,
      nulBytes,
      highBytes,
      crLf,
      loneLf,
      loneCr: this.loneCr + (this.previous === CR ? 1 : 0),
      ctrlZ,
      ...(isListed ? { listing: listing.facts(verb, whole && this.examined < this.most) } : {}),
    };
  }

  private count(bytes: Uint8Array): void {
    let { previous, highBytes, loneCr } = this;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index] ?? 0;
      highBytes += byte >> 7;
      if (byte <= CTRL_Z) {
        if (byte === LF) {
          if (previous === CR) this.crLf += 1;
          else this.loneLf += 1;
        } else if (byte === 0) this.nulBytes += 1;
        else if (byte === CTRL_Z) this.ctrlZ += 1;
      }
      if (previous === CR && byte !== LF) loneCr += 1;
      previous = byte;
    }
    this.highBytes = highBytes;
    this.loneCr = loneCr;
    this.previous = previous;
  }
}

/** Transfers whose data is a folder's listing, one entry a line. */
export function isListing(verb: string): boolean {
  return verb === 'LIST' || verb === 'NLST' || verb === 'MLSD';
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
