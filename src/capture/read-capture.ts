// A capture file as observations: its packets become TCP connections (file, link layer, IP, TCP, one after the other), its
// connections, decrypted where their secrets are known, FTP sessions. The only way in from above.
import type { Observation } from '../dialogue/observation.js';
import type { PayloadStore } from '../dialogue/payload-sink.js';
import type { CaptureNotice, TellNotice } from './capture-error.js';
import type { ConnectionEvent } from './connection-event.js';
import { readPackets } from './file/capture-file.js';
import type { PacketSink } from './file/packet-sink.js';
import { FtpTraffic } from './ftp/ftp-traffic.js';
import { IpLayer } from './network/ip.js';
import { LinkLayer } from './network/link-layer.js';
import { noFtpNotice, notShownNotices, SeenTraffic } from './seen-traffic.js';
import { ConnectionTable } from './tcp/connection-table.js';
import { KeyLog } from './tls/key-log.js';
import { TlsDecryption } from './tls/tls-decryption.js';

export interface CaptureOptions {
  readonly showSecrets: boolean;
  /** Server ports on which FTP is taken for granted. */
  readonly ports?: readonly number[];
  /** Secrets of TLS sessions, as an NSS key log has them; a pcapng may hold some itself. */
  readonly keyLog?: Buffer;
  /** Whether each transfer's sha256 is wanted. Default: true. */
  readonly sums?: boolean;
  /** Where payloads are kept; without it they are only counted, and summed up. */
  readonly payloads?: PayloadStore;
  /** It is captured while it is read, and told at once: without that, all is brought into its order first. Default: false. */
  readonly isLive?: boolean;
  /** Told of the capture as a whole, one line each: where it was cut, what was not understood, limits reached, no FTP in it. */
  readonly notice: (line: string, kind: CaptureNotice['kind'] | 'no-ftp') => void;
}

/**
 * The observations of all FTP sessions in a capture, in its order, in batches.
 *
 * @throws CaptureError when the file is no capture; RecordingError when a payload cannot be kept.
 */
export function readCapture(
  file: AsyncIterable<Buffer>,
  options: CaptureOptions,
): AsyncGenerator<readonly Observation[]> {
  return readCaptures(alone(file), options);
}

/** The same of several files, one behind the other, that are one capture: what began in one goes on in the next. */
export async function* readCaptures(
  files: AsyncIterable<AsyncIterable<Buffer>>,
  options: CaptureOptions,
): AsyncGenerator<readonly Observation[]> {
  const seen = new SeenTraffic();
  const { isLive = false, notice } = options;
  const traffic = new FtpTraffic({
    ...options,
    mayHold: !isLive,
    notice: (line) => notice(line, 'limit'),
    unsaved: (line) => notice(line, 'unsaved'),
  });
  const tell: TellNotice = ({ text, kind }) => notice(text, kind);
  const secrets = new KeyLog();
  if (options.keyLog !== undefined) secrets.add(options.keyLog);
  const decryption = new TlsDecryption(secrets, tell);
  for await (const events of eventsOfFiles(files, tell, seen, secrets)) {
    for (const event of events) {
      for (const plain of decryption.take(event) ?? [event]) {
        const wait = traffic.take(plain);
        if (wait !== null) await wait;
      }
    }
    const observations = await traffic.release();
    if (observations.length > 0) yield observations;
  }
  const last = await traffic.end();
  if (last.length > 0) yield last;
  if (traffic.sessionCount === 0) notice(noFtpNotice(seen, traffic.otherProtocols), 'no-ftp');
  else for (const line of notShownNotices(traffic.notShown)) notice(line, 'limit');
}

/**
 * The events of a capture, in batches: the memory behind a batch's `bytes` may be overwritten once the next batch is asked for. Throws CaptureError
 * when the file is no capture; whatever else is wrong with it is told by notices, `seen` counts what is in it.
 */
export function connectionEvents(
  file: AsyncIterable<Buffer>,
  notice: TellNotice,
): AsyncGenerator<readonly ConnectionEvent[]> {
  return eventsOfFiles(alone(file), notice, new SeenTraffic(), new KeyLog());
}

async function* eventsOfFiles(
  files: AsyncIterable<AsyncIterable<Buffer>>,
  notice: TellNotice,
  seen: SeenTraffic,
  secrets: KeyLog,
): AsyncGenerator<readonly ConnectionEvent[]> {
  let batch: ConnectionEvent[] = [];
  const table = new ConnectionTable((event) => batch.push(event), seen, notice);
  const network = new LinkLayer(new IpLayer(table, seen), seen, notice, secrets);
  for await (const file of files) {
    for await (const _ of readPackets(file, network, notice)) {
      table.sweep();
      if (batch.length === 0) continue;
      yield batch;
      batch = [];
    }
  }
  table.end();
  const cut = seen.cutNotice;
  if (cut !== null) notice({ kind: 'skipped', text: cut });
  if (batch.length > 0) yield batch;
}

/** When the first packet of a capture was captured; null when it has none. Reads no more of it than that. */
export async function firstPacketAt(file: AsyncIterable<Buffer>): Promise<number | null> {
  let first: number | null = null;
  const sink: PacketSink = {
    packet: (_bytes, at) => {
      first ??= at;
    },
  };
  for await (const _ of readPackets(file, sink, () => {})) if (first !== null) break;
  return first;
}

async function* alone(file: AsyncIterable<Buffer>): AsyncGenerator<AsyncIterable<Buffer>> {
  yield file;
}
