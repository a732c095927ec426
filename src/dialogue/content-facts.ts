// What the first bytes of a transfer tell of what it carries: facts for diagnosis, and no content. A file that begins like a picture and
// goes as ASCII will be damaged; a listing in a grammar that few clients know is no listing for them.

/** How a file begins that has a beginning of its own. */
export type Signature = (typeof SIGNATURES)[number];
export const SIGNATURES = [
  // Its line ends were translated in the other two: to show that, they stand at its beginning.
  ...(['png', 'png-without-cr', 'png-with-crs'] as const),
  ...(['jpeg', 'gif', 'pdf', 'zip', 'gzip', 'bzip2', 'xz', 'zstd', '7z', 'rar', 'zlib'] as const),
  ...(['elf', 'exe', 'class', 'ole', 'sqlite'] as const),
  // No file, but another protocol: a TLS record, an answer of HTTP.
  ...(['tls', 'http'] as const),
] as const;

export interface ContentFacts {
  /** How many of its first bytes were looked at; all others below count in these. */
  readonly examinedBytes: number;
  readonly signature: Signature | null;
  readonly nulBytes: number;
  /** From 0x80 on. */
  readonly highBytes: number;
  readonly crLf: number;
  /** LF with no CR in front. */
  readonly loneLf: number;
  /** CR with no LF behind. */
  readonly loneCr: number;
  /** 0x1A, which DOS took for the end of a text. */
  readonly ctrlZ: number;
  /** Of the answer to LIST, NLST and MLSD alone. */
  readonly listing?: ListingFacts;
}

export type ListingGrammar = (typeof LISTING_GRAMMARS)[number];
export const LISTING_GRAMMARS = ['unix', 'dos', 'mlsd', 'eplf', 'vms', 'names', 'unknown'] as const;

export interface ListingFacts {
  /** Of its first line that has one. */
  readonly grammar: ListingGrammar;
  readonly entries: number;
  /** Lines that are no entry in any grammar; the `total` of Unix does not count. */
  readonly strangeLines: number;
  /** Names that begin with a dot; without `.` and `..`. */
  readonly dotNames: number;
  /** Names that are not UTF-8. */
  readonly otherEncoding: number;
  /** Names with accents as characters of their own (NFD), as macOS writes them. */
  readonly decomposed: number;
  /** Its first entries, so that names, sizes and times can be compared. */
  readonly files: readonly ListedFile[];
}

export interface ListedFile {
  /** Not the name: a sum of it, by which it can be found again (`nameSum`). */
  readonly nameSum: number;
  readonly bytes: number | null;
  /** As it is listed, `MM-DD hh:mm`; null where it has no time of day. */
  readonly modified: string | null;
}

/** How many bytes the file of a download has, by the server's own words. */
export interface StatedSize {
  /** The reply that says so. */
  readonly by: 150 | 213;
  readonly bytes: number;
  /** Where in the file the download was to begin (REST); absent at its beginning. */
  readonly from?: number;
}

/** What is known of a link's content. */
export interface ObservedContent {
  /** What its first bytes are; null where nobody looked. */
  readonly content?: ContentFacts | null;
  /** By the server's words; null where it did not say. */
  readonly stated?: StatedSize | null;
}

/** Tells names apart without keeping them (FNV-1a, 32 bits). */
export function nameSum(name: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    sum = Math.imul(sum ^ name.charCodeAt(index), 0x01000193);
  }
  return sum >>> 0;
}
