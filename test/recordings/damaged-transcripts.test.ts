// Whatever a file holds that calls itself a transcript: observations or one clear error come of it, and nothing that steers a terminal.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter } from '../../src/filter/parse-filter.js';
import { SessionFilter } from '../../src/filter/session-filter.js';
import { SessionSelection } from '../../src/filter/session-selection.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { PlainText } from '../../src/transcript/plain-text.js';
import { readTranscript, TranscriptError } from '../../src/transcript/read-transcript.js';

const DEMO = readFileSync(new URL('../../fixtures/demo-session.ndjson', import.meta.url));
const FILTER = parseFilter(
  '~cmd RETR ~code 2xx !~err | ~user d* ~path *.pdf ~size >1k ~src 127.0.0.0/8 ~dst :21 ~tls text',
);

/** Bytes that mean something to JSON, to terminals or to UTF-8. */
const nastyByte = fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0-9en\n\x1b\x9b\xc3\xff', 'latin1')), fc.nat(255));
const change = fc.record({ at: fc.nat(DEMO.length - 1), byte: nastyByte });

async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

test('a transcript with any bytes changed', async () => {
  if (FILTER.kind === 'error') throw new Error(FILTER.message);
  const filter = new SessionFilter(FILTER.expression);
  let whole = 0;
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
    const bytes = Buffer.from(DEMO);
    for (const { at, byte } of changes) bytes[at] = byte;
    const plain = new PlainText({ colour: false, verbose: true });
    const json = observationLines({ write: (line) => shown.push(line.trimEnd()) });
    const selection = new SessionSelection(filter);
    const shown: string[] = [];
    try {
      for await (const batch of readTranscript(pieces(bytes), { notice: (line) => shown.push(line) })) {
        for (const observation of batch) {
          selection.take(observation);
          shown.push(...plain.lines(observation));
          json.observation(observation);
        }
      }
      whole += 1;
    } catch (error) {
      if (!(error instanceof TranscriptError)) throw error;
      expect(error.message).toMatch(/^line \d+ .*: .*$/);
    }
    expect(shown.join('')).not.toMatch(/\p{Cc}/u);
  });
  await fc.assert(property, { numRuns: 300 });
  expect(whole, 'some changes do no harm').toBeGreaterThan(0);
}, 60_000);
