// A capture file as observations: its packets become connections, its connections FTP sessions. The only way in from above.
import type { Observation } from '../dialogue/observation.js';
import type { PayloadStore } from '../dialogue/payload-sink.js';
import type { CaptureNotice } from './capture-error.js';
import { connectionEvents } from './connection-events.js';
import { FtpTraffic } from './ftp/ftp-traffic.js';
import { noFtpNotice } from './no-ftp.js';
import { SeenTraffic } from './seen-traffic.js';

export interface CaptureOptions {
  readonly showSecrets: boolean;
  /** Server ports on which FTP is taken for granted. */
  readonly ports?: readonly number[];
  /** Where payloads are kept; without it they are only counted and summed up. */
  readonly payloads?: PayloadStore;
  /** Told of the capture as a whole, one line each: where it was cut, what was not understood, limits reached, no FTP in it. */
  readonly notice: (line: string, kind: CaptureNotice['kind'] | 'no-ftp') => void;
}

/**
 * The observations of all FTP sessions in a capture, in its order, in batches.
 *
 * @throws CaptureError when the file is no capture; RecordingError when a payload cannot be kept.
 */
export async function* readCapture(
  file: AsyncIterable<Buffer>,
  options: CaptureOptions,
): AsyncGenerator<readonly Observation[]> {
  const seen = new SeenTraffic();
  const traffic = new FtpTraffic({ ...options, notice: (line) => options.notice(line, 'limit') });
  for await (const events of connectionEvents(file, ({ text, kind }) => options.notice(text, kind), seen)) {
    for (const event of events) {
      const wait = traffic.take(event);
      if (wait !== null) await wait;
    }
    const observations = await traffic.release();
    if (observations.length > 0) yield observations;
  }
  const last = await traffic.end();
  if (last.length > 0) yield last;
  if (traffic.sessionCount === 0) options.notice(noFtpNotice(seen, traffic.otherProtocols), 'no-ftp');
}
