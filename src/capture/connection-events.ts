// A capture file's bytes to the events of its TCP connections: file, link layer, IP, TCP, one after the other.
import type { TellNotice } from './capture-error.js';
import type { ConnectionEvent } from './connection-event.js';
import { readPackets } from './file/capture-file.js';
import { IpLayer } from './network/ip.js';
import { LinkLayer } from './network/link-layer.js';
import { SeenTraffic } from './seen-traffic.js';
import { ConnectionTable } from './tcp/connection-table.js';

/**
 * The events of a capture, in batches: the memory behind a batch's `bytes` may be overwritten once the next batch is asked for. Throws CaptureError
 * when the file is no capture; whatever else is wrong with it is told by notices, `seen` counts what is in it.
 */
export async function* connectionEvents(
  file: AsyncIterable<Buffer>,
  notice: TellNotice,
  seen: SeenTraffic = new SeenTraffic(),
): AsyncGenerator<readonly ConnectionEvent[]> {
  let batch: ConnectionEvent[] = [];
  const table = new ConnectionTable((event) => batch.push(event), seen, notice);
  const network = new LinkLayer(new IpLayer(table, seen), seen, notice);
  for await (const _ of readPackets(file, network, notice)) {
    table.sweep();
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
  table.end();
  if (batch.length > 0) yield batch;
}
