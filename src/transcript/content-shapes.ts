// What must be there of a transfer's content, and of which type (observation-shapes.ts).
import {
  type ContentFacts,
  LISTING_GRAMMARS,
  type ListedFile,
  type ListingFacts,
  SIGNATURES,
  type StatedSize,
} from '../dialogue/content-facts.js';
import { hasFields, isCount, isText, orAbsent, orNull, type Unchecked } from './shape-checks.js';

export function isContent(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const it: Unchecked<ContentFacts> = value;
  const counts = [it.examinedBytes, it.nulBytes, it.highBytes, it.crLf, it.loneLf, it.loneCr, it.ctrlZ];
  const isKnown = it.signature === null || SIGNATURES.some((one) => one === it.signature);
  return counts.every(isCount) && isKnown && orAbsent(isListing, it.listing);
}

export function isStatedSize(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { by, bytes, from }: Unchecked<StatedSize> = value;
  return (by === 150 || by === 213) && isCount(bytes) && orAbsent(isCount, from);
}

function isListing(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const it: Unchecked<ListingFacts> = value;
  const counts = [it.entries, it.strangeLines, it.dotNames, it.otherEncoding, it.decomposed];
  const isKnown = LISTING_GRAMMARS.some((one) => one === it.grammar);
  return counts.every(isCount) && isKnown && Array.isArray(it.files) && it.files.every(isListedFile);
}

function isListedFile(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { nameSum, bytes, modified }: Unchecked<ListedFile> = value;
  return isCount(nameSum) && orNull(isCount, bytes) && orNull(isText, modified);
}
