// Plays a dialogue at an address, and keeps all that was heard. It believes nothing: a reply is whatever looks like one, and an address is
// read as leniently as the most lenient client would.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { portIn } from '../support/lenient-port.js';
import { type DataMode, type Step, spelled } from './dialogue.js';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Account {
  readonly user: string;
  readonly password: string;
}

/** What a client found out. */
export interface Heard {
  /** All that came over the control connection. */
  readonly control: string;
  /** What each download brought, in order; null where there was no data connection. */
  readonly downloads: readonly (Buffer | null)[];
  /** Connections to the third host, which nobody may make. */
  readonly bounces: number;
}

/** A host that has nothing to do with the session. */
const THIRD_HOST = '127.0.0.2';
const CLIENT_HOST = '127.0.0.1';
/** Nothing more comes, as far as a client can know. */
const SILENCE_MS = 150;
const REPLY_MS = 3000;
const GAP_MS = 5;

export async function play(dialogue: readonly Step[], at: Place, { user, password }: Account): Promise<Heard> {
  const third = createServer();
  await once(third.listen(0, THIRD_HOST), 'listening');
  let bounces = 0;
  third.on('connection', (socket) => {
    bounces += 1;
    socket.on('error', () => {});
    socket.destroy();
  });
  const control = new Control(connect(at));
  const downloads: (Buffer | null)[] = [];
  try {
    await control.hearsFinal(0);
    await control.asks(`USER ${user}\r\n`);
    await control.asks(`PASS ${password}\r\n`);
    await control.asks('CWD pub\r\n');
    await control.asks('TYPE I\r\n');
    for (const step of dialogue) {
      if (step.kind === 'lines') await say(control, step.pieces);
      else downloads.push(await transfer(control, step, third));
    }
    await control.asks('QUIT\r\n');
    await control.closes();
  } finally {
    control.destroy();
    third.close();
  }
  return { control: control.heard, downloads, bounces };
}

async function say(control: Control, pieces: readonly string[]): Promise<void> {
  const before = control.count.finals;
  for (const piece of pieces) {
    control.send(piece);
    await delay(GAP_MS);
  }
  await control.hearsFinal(before, SILENCE_MS);
}

type Transfer = Extract<Step, { readonly kind: 'transfer' }>;

/** Null for uploads, and where no data connection came about. */
async function transfer(control: Control, step: Transfer, third: Server): Promise<Buffer | null> {
  return step.mode === 'PASV' || step.mode === 'EPSV' ? passive(control, step) : active(control, step, third);
}

async function passive(control: Control, { mode, spelling, command, upload }: Transfer): Promise<Buffer | null> {
  const reply = await control.asks(spelled(mode, spelling));
  const port = portIn(reply);
  const data = port === null ? null : await connected(port);
  return data === null ? refused(control, command) : carry(control, command, data, upload);
}

async function active(control: Control, step: Transfer, third: Server): Promise<Buffer | null> {
  const listener = createServer({ pauseOnConnect: true });
  await once(listener.listen(0, CLIENT_HOST), 'listening');
  try {
    // Some servers connect at PORT, others at the transfer command.
    const came = once(listener, 'connection').then(([socket]: Socket[]) => socket ?? null);
    const isForeign = step.mode.startsWith('foreign');
    const asked = hostPort(step.mode, isForeign ? third : listener);
    await control.asks(spelled(asked, step.spelling));
    const before = control.count;
    control.send(step.command);
    const data = await Promise.race([came, control.fails(before.finals)]);
    if (data === null) return null;
    return await carried(control, before, data, step.upload);
  } finally {
    listener.close();
  }
}

async function refused(control: Control, command: string): Promise<null> {
  await control.asks(command);
  return null;
}

async function carry(control: Control, command: string, data: Socket, upload: Buffer | null): Promise<Buffer | null> {
  const before = control.count;
  control.send(command);
  return carried(control, before, data, upload);
}

async function carried(control: Control, before: Count, data: Socket, upload: Buffer | null): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  data.on('error', () => {});
  data.on('data', (piece: Buffer) => pieces.push(piece));
  data.resume();
  const ended = once(data, 'close').catch(() => {});
  if (upload !== null) {
    await control.hearsAny(before.replies);
    data.end(control.count.finals > before.finals ? '' : upload);
  }
  await control.hearsFinal(before.finals);
  const final = control.lastCode;
  if (final >= 400) data.destroy();
  await Promise.race([ended, delay(REPLY_MS, undefined, { ref: false })]);
  data.destroy();
  return upload === null ? Buffer.concat(pieces) : null;
}

async function connected(port: number): Promise<Socket | null> {
  const socket = connect({ host: CLIENT_HOST, port });
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}

function hostPort(mode: DataMode, listener: Server): string {
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  const { address: host, port } = address;
  if (mode.endsWith('EPRT')) return `EPRT |1|${host}|${port}|`;
  return `PORT ${host.replaceAll('.', ',')},${port >> 8},${port & 255}`;
}

/** Replies so far, and how many of them were final. */
interface Count {
  readonly replies: number;
  readonly finals: number;
}

/** The control connection: what is heard, and how many final replies that is so far. */
class Control {
  heard = '';
  count: Count = { replies: 0, finals: 0 };
  lastCode = 0;
  private rest = '';
  /** The code of a reply of several lines that is not over. */
  private open: string | null = null;
  private isClosed = false;
  private wake: () => void = () => {};

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.hear(text));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  send(text: string): void {
    if (!this.isClosed) this.socket.write(text, 'latin1');
  }

  /** Says it, and returns what came up to a final reply. */
  async asks(text: string): Promise<string> {
    const from = this.heard.length;
    const before = this.count.finals;
    this.send(text);
    await this.hearsFinal(before, text.trim() === '' ? SILENCE_MS : undefined);
    return this.heard.slice(from);
  }

  hearsFinal(before: number, silenceMs?: number): Promise<void> {
    return this.until(() => this.count.finals > before, silenceMs);
  }

  /** Null once the command has failed, or nothing comes of it. */
  async fails(before: number): Promise<null> {
    await this.hearsFinal(before);
    // A short transfer may be over before its connection is noticed.
    if (this.lastCode < 400) await delay(SILENCE_MS);
    return null;
  }

  hearsAny(before: number): Promise<void> {
    return this.until(() => this.count.replies > before);
  }

  closes(): Promise<void> {
    return this.until(() => this.isClosed);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** As long as it takes within reason; servers do not answer everything. */
  private async until(isSo: () => boolean, patienceMs = REPLY_MS): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!isSo() && !this.isClosed) {
      const left = end - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private hear(text: string): void {
    this.heard += text;
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.hearLine(line);
    this.wake();
  }

  private hearLine(line: string): void {
    const [, code = '', mark] = /^(\d{3})([ -]|\r?$)/.exec(line) ?? [];
    if (code === '' || (this.open !== null && (code !== this.open || mark === '-'))) return;
    this.open = mark === '-' ? code : null;
    if (this.open !== null) return;
    this.lastCode = Number(code);
    const { replies, finals } = this.count;
    this.count = { replies: replies + 1, finals: finals + (this.lastCode >= 200 ? 1 : 0) };
  }
}
