// Captures as listeners: the dialogue as a capture shows it, and as it reads when it was exported and is read back.
import { Readable } from 'node:stream';
import { exportPackets } from '../../src/capture/export/export-packets.js';
import { readCapture } from '../../src/capture/read-capture.js';
import type { Observation } from '../../src/dialogue/observation.js';
import type { Direction } from '../../src/protocol/verbs.js';
import { CLIENT, PlayedCapture, type PlayedConnection, SERVER } from '../capture/ftp/played-capture.js';
import { directionNow, eventsOf } from './events.js';

/** What a capture of the dialogue shows. */
export async function captured(lines: readonly string[]): Promise<Observation[]> {
  const capture = new PlayedCapture();
  const control = capture.control();
  let data: { readonly connection: PlayedConnection; readonly sender: 'initiator' | 'responder' } | null = null;
  let isActive = false;
  let direction: Direction = 'download';
  for (const event of eventsOf(lines)) {
    if (event.kind === 'says') {
      if (/^(?:PORT|EPRT)$/.test(event.verb)) isActive = true;
      if (event.from === 'client') direction = directionNow(event.verb, direction);
      control.sends(event.from === 'client' ? 'initiator' : 'responder', event.text);
    } else if (event.kind === 'data') {
      const connection = isActive
        ? capture.opens(`${SERVER}:20`, `${CLIENT}:50001`)
        : capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
      data = { connection, sender: (direction === 'download') === isActive ? 'initiator' : 'responder' };
      if (event.bytes.length > 0) connection.sends(data.sender, event.bytes);
    } else if (event.kind === 'data-end') {
      if (data === null) throw new Error('no data connection is open');
      if (event.how === 'fin') data.connection.closes(data.sender);
      else data.connection.ends(data.sender, 'reset').happens({ kind: 'closed', why: 'ended' });
    } else {
      control.closes('responder');
    }
  }
  return capture.ends();
}

/** What was observed, as packets, and read from them. Every transfer's payload was kept. */
export async function exportedAndRead(observations: readonly Observation[]): Promise<Observation[]> {
  const kept = observations.map((one) => (one.kind === 'link-closed' ? { ...one, payload: `${one.bytes}` } : one));
  const payload = (bytes: string) => Readable.from([Buffer.alloc(Number(bytes), 'x')]);
  const recorded = { observations: Readable.from([kept]), payload };
  const file: Buffer[] = [];
  for await (const part of exportPackets(recorded, { vantage: 'end-to-end', application: 'a test' })) file.push(part);
  const read: Observation[] = [];
  const options = { showSecrets: true, notice: () => {} };
  for await (const batch of readCapture(Readable.from(file), options)) read.push(...batch);
  return read;
}
