// Raw TCP peers for tests: a server that says what its script says, and connections that send any bytes and keep all they get.
// Every wait is bounded and names what it waited for; everything is closed when the test is over.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { Happenings } from './happenings.js';

export { Happenings };

/** How a connection stands: `ended` by the peer's FIN, `broken` by a reset. */
export type Fate = 'open' | 'ended' | 'broken';

export class Peer {
  /** Everything that came, one character a byte. */
  received = '';
  fate: Fate = 'open';
  /** Called with everything that comes, at once. */
  onBytes: (chunk: Buffer) => void = () => {};
  private taken = 0;
  private readonly happenings = new Happenings();

  private letGo: () => void = () => {};

  constructor(
    /** What it speaks over now: TLS may come around the connection later. */
    public socket: Socket,
    private readonly plain: Socket = socket,
  ) {
    socket.setNoDelay(true);
    this.attach(socket);
  }

  /** Listens to the present socket no more, and gives it away; to be followed by `goOnIn`. */
  detach(): Socket {
    this.letGo();
    return this.socket;
  }

  /** Goes on in a socket around the one it had. */
  goOnIn(socket: Socket): void {
    this.socket = socket;
    this.attach(socket);
  }

  say(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** The next line, without its end. */
  readLine(): Promise<string> {
    return this.until(() => this.takeLine(), 'a line');
  }

  /** The next reply; the lines of a longer one joined by LF. */
  async readReply(): Promise<string> {
    const lines = [await this.readLine()];
    const code = lines[0]?.slice(0, 3);
    if (lines[0]?.[3] === '-') while (!lines.at(-1)?.startsWith(`${code} `)) lines.push(await this.readLine());
    return lines.join('\n');
  }

  /** Sends a command and gives the reply to it. */
  ask(line: string): Promise<string> {
    this.say(`${line}\r\n`);
    return this.readReply();
  }

  /** Waits until this many bytes have come. */
  async readBytes(count: number): Promise<void> {
    await this.until(() => (this.received.length >= count ? true : undefined), `${count} bytes`);
  }

  /** Waits for the peer's end, and says how it was. */
  over(): Promise<Fate> {
    return this.until(() => (this.fate === 'open' ? undefined : this.fate), 'the end of the connection');
  }

  reset(): void {
    this.plain.resetAndDestroy();
  }

  private attach(socket: Socket): void {
    const take = (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.onBytes(chunk);
      this.happenings.happened();
    };
    const ended = () => this.become('ended');
    const broken = () => this.become('broken');
    socket.on('data', take).on('end', ended).on('close', broken).on('error', broken);
    this.letGo = () => socket.off('data', take).off('end', ended).off('close', broken);
  }

  private until<T>(find: () => T | undefined, what: string): Promise<T> {
    return this.happenings.until(find, () => `${what}; not taken yet: ${JSON.stringify(this.rest.slice(0, 500))}`);
  }

  private get rest(): string {
    return this.received.slice(this.taken);
  }

  private takeLine(): string | undefined {
    const end = this.received.indexOf('\n', this.taken);
    if (end === -1 && this.fate === 'open') return undefined;
    if (end === -1) return `(connection ${this.fate})`;
    const line = this.received.slice(this.taken, end).replace(/\r$/, '');
    this.taken = end + 1;
    return line;
  }

  private become(fate: Fate): void {
    if (this.fate === 'open') this.fate = fate;
    this.happenings.happened();
  }
}

export interface ConnectOptions {
  readonly localAddress?: string;
  /** Stays open for writing when the other side has ended. */
  readonly allowHalfOpen?: boolean;
}

export async function connectPeer({ address, port }: Endpoint, options: ConnectOptions = {}): Promise<Peer> {
  const socket = connect({ host: address, port, ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new Peer(socket);
}

/** A port that somebody may connect to. */
export interface Listener {
  readonly endpoint: Endpoint;
  /** The port as PORT and 227 write it. */
  readonly hostPort: string;
  /** The next connection. */
  accept(): Promise<Peer>;
  close(): void;
}

export async function listenForPeers(
  address = '127.0.0.1',
  welcome: (peer: Peer) => void = () => {},
  wanted = 0,
): Promise<Listener> {
  const arrived: Peer[] = [];
  const happenings = new Happenings();
  const server = createServer((socket) => {
    const peer = new Peer(socket);
    onEnd.push(() => socket.destroy());
    arrived.push(peer);
    welcome(peer);
    happenings.happened();
  });
  const onEnd: (() => void)[] = [() => server.close()];
  onTestFinished(() => {
    for (const end of onEnd) end();
  });
  const port = await listening(server, address, wanted);
  const hostPort = `${address.replaceAll('.', ',')},${port >> 8},${port & 255}`;
  const accept = () =>
    happenings.until(
      () => arrived.shift(),
      () => `a connection to port ${port}`,
    );
  return { endpoint: { address, port }, hostPort, accept, close: () => server.close() };
}

function listening(server: Server, address: string, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, address, () => {
      const bound = server.address();
      if (typeof bound === 'object' && bound !== null) resolve(bound.port);
    });
  });
}

/** What the server does about a command: text (CRLF is added where no line end is), bytes as they are, or anything. */
type Answer = string | Buffer | ((peer: Peer, line: string) => void);

export interface Script {
  /** Null: silence. */
  readonly greeting?: Answer | null;
  /** By verb; `*` is for every other. */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly address?: string;
}

export interface ScriptedServer {
  readonly endpoint: Endpoint;
  /** Every line that came, in order, without line ends. */
  readonly lines: readonly string[];
  /** The next control connection. */
  accept(): Promise<Peer>;
  /** Waits for a line. */
  got(line: string | RegExp): Promise<string>;
}

const USUAL: Readonly<Record<string, Answer>> = {
  USER: '331 Password, please',
  PASS: '230 Welcome',
  NOOP: '200 NOOP ok',
  QUIT: (peer) => {
    peer.say('221 Bye\r\n');
    peer.socket.end();
  },
  '*': '502 Not in the script',
};

export async function startScriptedServer(script: Script = {}): Promise<ScriptedServer> {
  const answers: Readonly<Record<string, Answer>> = { ...USUAL, ...script.answers };
  const lines: string[] = [];
  const happenings = new Happenings();
  const take = (peer: Peer, line: string) => {
    lines.push(line);
    happenings.happened();
    const verb = line.split(' ', 1)[0]?.toUpperCase() ?? '';
    give(peer, answers[verb] ?? answers['*'] ?? null, line);
  };
  const { endpoint, accept } = await listenForPeers(script.address, (peer) => {
    give(peer, script.greeting === undefined ? '220 Scripted server' : script.greeting, '');
    void takeLines(peer, (line) => take(peer, line));
  });
  const got = (wanted: string | RegExp) => {
    const find = () => lines.find((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)));
    return happenings.until(find, () => `${wanted} at the server, which got ${JSON.stringify(lines)}`);
  };
  return { endpoint, lines, accept, got };
}

function give(peer: Peer, answer: Answer | null, line: string): void {
  if (typeof answer === 'function') answer(peer, line);
  else if (answer !== null) peer.say(typeof answer === 'string' && !answer.endsWith('\n') ? `${answer}\r\n` : answer);
}

/** Like `Peer.readLine` for ever, and at once: a script has no patience to lose. */
export function takeLines(peer: Peer, take: (line: string) => void): void {
  let rest = '';
  peer.onBytes = (chunk: Buffer) => {
    const pieces = (rest + chunk.toString('latin1')).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) take(piece.replace(/\r$/, ''));
  };
}
