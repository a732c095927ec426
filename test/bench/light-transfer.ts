// Transfers of zeros with the light server, which one side interrupts for a while in the middle.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Address, ControlLine } from './control-line.js';

const BLOCK = Buffer.alloc(64 * 1024);

export interface Pause {
  /** After so many bytes. */
  readonly at: number;
  readonly ms: number;
}

/** Downloads so many bytes; the client stops reading for a while. */
export async function download(address: Address, bytes: number, pause: Pause): Promise<void> {
  const control = await ControlLine.login(address);
  const data = await openData(control, address);
  const done = control.command(`RETR ${bytes}`, '150').then(() => control.expect('226'));
  let received = 0;
  let paused = false;
  for await (const chunk of data) {
    received += (chunk as Buffer).length;
    if (paused || received < pause.at) continue;
    paused = true;
    await delay(pause.ms);
  }
  await done;
  control.close();
  if (received !== bytes) throw new Error(`downloaded ${received} of ${bytes} bytes`);
}

/** Uploads so many bytes; the client stops writing for a while, or the server stops reading. */
export async function upload(address: Address, bytes: number, who: 'client' | 'server', pause: Pause): Promise<void> {
  const control = await ControlLine.login(address);
  const data = await openData(control, address);
  await control.command(`STOR ${pause.at} ${who === 'server' ? pause.ms : 0}`, '150');
  let paused = who === 'server';
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    if (!data.write(BLOCK.subarray(0, Math.min(left, BLOCK.length)))) await once(data, 'drain');
    if (paused || bytes - left < pause.at) continue;
    paused = true;
    await delay(pause.ms);
  }
  data.end();
  const reply = await control.expect('226');
  control.close();
  if (reply !== `226 ${bytes}`) throw new Error(`uploaded ${bytes} bytes, and the server said ${reply}`);
}

/** What one more transfer of a session brings; `RETR BYTES`, or `RETR BYTES NUMBER`. */
export async function fetchOver(control: ControlLine, address: Address, command: string): Promise<Buffer> {
  const data = await openData(control, address);
  const done = control.command(command, '150').then(() => control.expect('226'));
  const chunks: Buffer[] = [];
  for await (const chunk of data) chunks.push(chunk as Buffer);
  await done;
  return Buffer.concat(chunks);
}

async function openData(control: ControlLine, { host }: Address): Promise<Socket> {
  const port = /\|\|\|(\d+)\|/.exec(await control.command('EPSV', '229'))?.[1];
  const { localAddress = host } = control.socket;
  // To name it costs the system more.
  const own = localAddress === host ? {} : { localAddress };
  const data = connect({ host, port: Number(port), ...own });
  await once(data, 'connect');
  return data;
}
