// What the light server sends under a number: no two numbers have a line in common, so that bytes of another transfer show.
export function bytesOf(length: number, number: number): Buffer {
  return Buffer.alloc(length, `${number}\n`);
}
