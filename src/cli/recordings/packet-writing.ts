// A recording written out as packets, wherever they go. Payloads that are not to be had are told of once.
import { type ExportSummary, exportPackets, type Vantage } from '../../capture/export/export-packets.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import type { RecordedFile } from '../../recordings/recording.js';
import type { Notices } from '../program/notices.js';
import { programVersion } from '../program/program-info.js';
import type { ExportTarget } from './export-target.js';

/** Closes the target. Rejects with a RecordedFileError, or with a Failure when it cannot be written. */
export async function writePackets(
  recorded: RecordedFile,
  vantage: Vantage,
  target: ExportTarget,
  notices: Pick<Notices, 'warn'>,
): Promise<ExportSummary> {
  let isTold = false;
  const payload = (name: string) => {
    try {
      return recorded.payload(name);
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
      if (!isTold) notices.warn(error.message);
      isTold = true;
      return null;
    }
  };
  try {
    const options = { vantage, application: `ftpscope ${programVersion()}` };
    const bytes = exportPackets({ observations: recorded.observations(), payload }, options);
    for (;;) {
      const next = await bytes.next();
      if (next.done) return next.value;
      await target.write(next.value);
    }
  } finally {
    await target.close();
  }
}
