// Several files read as one: captures go on from file to file, whatever their order on the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { openRecordedTogether } from '../../src/recordings/joined-recordings.js';
import { RecordedFileError } from '../../src/recordings/recorded-file-error.js';
import { inShort } from '../capture/ftp/played-capture.js';
import { ftpCaptureFile } from '../capture/ftp-capture-file.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The same packets in files of so many packets each, as tcpdump -C cuts them. */
function cut(capture: Buffer, packets: number): Buffer[] {
  const header = capture.subarray(0, PCAP_HEADER_BYTES);
  const files: Buffer[][] = [];
  let count = 0;
  for (let at = PCAP_HEADER_BYTES; at < capture.length; count += 1) {
    const length = RECORD_HEADER_BYTES + capture.readUInt32LE(at + 8);
    if (count % packets === 0) files.push([header]);
    files.at(-1)?.push(capture.subarray(at, at + length));
    at += length;
  }
  return files.map((pieces) => Buffer.concat(pieces));
}

async function readTogether(files: readonly Buffer[]): Promise<Observation[]> {
  const folder = temporaryFolder();
  const paths = files.map((file, index) => {
    const path = join(folder, `${index}.pcap`);
    writeFileSync(path, file);
    return path;
  });
  const recorded = await openRecordedTogether(paths, { keepPayloads: true });
  onTestFinished(() => recorded.close());
  const observations: Observation[] = [];
  for await (const batch of recorded.observations()) observations.push(...batch);
  return observations;
}

test('a capture cut into files is read as it was whole, in whatever order they are given', async () => {
  const whole = ftpCaptureFile();
  const expected = await readTogether([whole]);
  for (const packets of [1, 5, 11]) {
    const files = cut(whole, packets);
    expect(files.length).toBeGreaterThan(1);
    expect(await readTogether(files)).toEqual(expected);
    expect((await readTogether(files.toReversed())).map(inShort)).toEqual(expected.map(inShort));
  }
});

test('a file among them that is none is named', async () => {
  const reading = readTogether([ftpCaptureFile(), Buffer.from('no capture, and no transcript')]);
  await expect(reading).rejects.toThrow(RecordedFileError);
  await expect(reading).rejects.toThrow(/1\.pcap/);
});
