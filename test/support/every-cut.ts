// Runs a wire fixture in every way that its bytes may arrive: whole, cut in two at every byte, and byte by byte. Lines and
// replies must not depend on how TCP happened to cut them.
import { expect } from 'vitest';

/**
 * Expects the same outcome however the bytes are cut, and gives that outcome back. `run` takes the chunks in order; each
 * has memory of its own, so that whoever reads past a chunk's end does not find the next one there by luck.
 */
export function everyCut<Outcome>(bytes: Buffer, run: (chunks: readonly Buffer[]) => Outcome): Outcome {
  const whole = run(copies([bytes]));
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const halves = copies([bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(run(halves), `cut in two at byte ${cut} of ${bytes.length}`).toStrictEqual(whole);
  }
  const single = copies(Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)));
  expect(run(single), 'byte by byte').toStrictEqual(whole);
  return whole;
}

/** Wire bytes from a literal, one character a byte. */
export function wire(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function copies(chunks: readonly Uint8Array[]): Buffer[] {
  return chunks.map((chunk) => Buffer.from(Uint8Array.from(chunk).buffer));
}
