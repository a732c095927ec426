// The shapes of what is told of a transfer's content (observation-shapes.ts).
import {
  type ContentFacts,
  LISTING_GRAMMARS,
  type ListedFile,
  type ListingFacts,
  SIGNATURES,
  type StatedSize,
} from '../dialogue/content-facts.js';

type Unchecked<T> = { readonly [Field in keyof T]?: unknown };

export function isContent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const it: Unchecked<ContentFacts> = value;
  const counts = [it.examinedBytes, it.nulBytes, it.highBytes, it.crLf, it.loneLf, it.loneCr, it.ctrlZ];
  const isKnown = it.signature === null || SIGNATURES.some((one) => one === it.signature);
  return counts.every(isCount) && isKnown && (it.listing === undefined || isListing(it.listing));
}

export function isStatedSize(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { by, bytes, from }: Unchecked<StatedSize> = value;
  return (by === 150 || by === 213) && isCount(bytes) && (from === undefined || isCount(from));
}

function isListing(value: unknown): boolean {
  if (!isObject(value)) return false;
  const it: Unchecked<ListingFacts> = value;
  const counts = [it.entries, it.strangeLines, it.dotNames, it.otherEncoding, it.decomposed];
  const isKnown = LISTING_GRAMMARS.some((one) => one === it.grammar);
  return counts.every(isCount) && isKnown && Array.isArray(it.files) && it.files.every(isListedFile);
}

function isListedFile(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { nameSum, bytes, modified }: Unchecked<ListedFile> = value;
  return isCount(nameSum) && (bytes === null || isCount(bytes)) && (modified === null || typeof modified === 'string');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
