// Replays as listeners. As client: the recorded dialogue is sent to a server that says the same again, and the replay reads its
// replies and its ports. As server: clients are answered from the recording, one command after the other.

import { onTestFinished } from 'vitest';
import type { LinkClosed, Observation } from '../../src/dialogue/observation.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { serveRecording } from '../../src/replay/server/serve-recording.js';
import { directionOf, type RecordedSession } from '../../src/replay/session/recorded-session.js';
import { type Recording, recordedSessions } from '../../src/replay/session/recorded-sessions.js';
import { replayTo } from '../support/replaying.js';
import { connectPeer, type Listener, listenForPeers, type Peer } from '../support/scripted-server.js';
import { eventsOf } from './events.js';
import type { Finding } from './finding.js';

const HOST = '127.0.0.1';

export type ReplayFinding = Pick<Finding, 'answers' | 'transfers'>;

/** What the replaying client finds in a server that says the dialogue's replies. */
export async function playedAsClient(
  observations: readonly Observation[],
  lines: readonly string[],
): Promise<ReplayFinding> {
  const recording = recordingOf(observations);
  const control = await listenForPeers(HOST);
  const serving = control.accept().then((peer) => say(lines, peer));
  const played = await replayTo(control.endpoint, await onlySession(recording), recording);
  await serving;
  const answered = played.session.exchanges.filter(({ verb, replies }) => verb !== 'QUIT' && replies.length > 0);
  return {
    answers: answered.map(({ verb, replies }) => [verb, ...replies.map(({ code }) => code)].join(' ')),
    transfers: answered.flatMap(({ verb, argument, transfer }) =>
      transfer === null ? [] : [`${verb} ${argument} ${transfer.bytes} ${transfer.outcome}`],
    ),
  };
}

/** The dialogue's server: waits for each of the client's lines, and says its own with the port that is open here. */
async function say(lines: readonly string[], peer: Peer): Promise<void> {
  let listener = await listenForPeers(HOST);
  let named: Endpoint = listener.endpoint;
  let isActive = false;
  let isUpload = false;
  let data: Peer | null = null;
  for (const event of eventsOf(lines)) {
    if (event.kind === 'says' && event.from === 'client') {
      const line = await peer.readLine();
      isUpload = directionOf(event.verb) === 'upload';
      isActive ||= /^(?:PORT|EPRT) /.test(line);
      if (/^(?:PORT|EPRT) /.test(line)) named = { address: HOST, port: portIn(line) };
    } else if (event.kind === 'says') {
      // Each announced port is another one.
      if (withPort(event.text, listener) !== event.text) listener = await listenForPeers(HOST);
      peer.say(withPort(event.text, listener));
    } else if (event.kind === 'data') {
      data ??= await (isActive ? connectPeer(named) : listener.accept());
      if (isUpload) await data.readBytes(event.bytes.length);
      else data.say(event.bytes);
    } else if (event.kind === 'data-end' && data !== null) {
      if (event.how === 'reset') data.reset();
      else data.socket.end();
      data = null;
    }
  }
  peer.socket.end();
}

/** What a client finds that asks the replayed server one command after the other. */
export async function askedAsServer(
  observations: readonly Observation[],
  lines: readonly string[],
): Promise<ReplayFinding> {
  const served = await serveRecording(recordingOf(observations), {
    ...{ listen: { address: HOST, port: 0 }, only: null, speed: Number.POSITIVE_INFINITY, onUnknown: '502' },
    data: { range: null, timeoutMs: 3000 },
  });
  onTestFinished(() => served.close());
  const client = new AskingClient(await connectPeer(served.address), await listenForPeers(HOST));
  await client.peer.readReply();
  const events = eventsOf(lines);
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'says' || event.from === 'server' || event.verb === 'QUIT') continue;
    const behind = events.slice(index).flatMap((one) => (one.kind === 'data' ? [one.bytes] : []));
    await client.asks(event.text.trimEnd(), event.verb, behind[0] ?? Buffer.alloc(0));
  }
  return client;
}

class AskingClient implements ReplayFinding {
  readonly answers: string[] = [];
  readonly transfers: string[] = [];
  private data: (() => Promise<Peer>) | null = null;

  constructor(
    readonly peer: Peer,
    private readonly own: Listener,
  ) {}

  /** `upload` is what it sends where the command stores. */
  async asks(line: string, verb: string, upload: Buffer): Promise<void> {
    const said = verb === 'PORT' || verb === 'EPRT' ? withPort(line, this.own) : line;
    const replies = [await this.peer.ask(said)];
    const direction = directionOf(verb);
    if (said !== line) this.data = () => this.own.accept();
    if (/^(?:PASV|EPSV)$/.test(verb) && /^2.*\d+[,|!]/s.test(replies[0] ?? '')) {
      const port = portIn(replies[0] ?? '');
      this.data = () => connectPeer({ address: HOST, port });
    }
    if (direction !== null && replies[0]?.startsWith('1')) {
      const data = await this.data?.();
      if (data === undefined) throw new Error(`no port is open for ${line}`);
      if (direction === 'upload') data.socket.end(upload);
      else await data.over();
      do replies.push(await this.peer.readReply());
      while (replies.at(-1)?.startsWith('1'));
      const bytes = direction === 'upload' ? upload.length : data.received.length;
      const path = line.slice(verb.length + 1);
      this.transfers.push(`${verb} ${path} ${bytes} ${replies.at(-1)?.startsWith('2') ? 'complete' : 'failed'}`);
    }
    this.answers.push([verb, ...replies.map((reply) => reply.slice(0, 3))].join(' '));
  }
}

/** What was observed as a recording that kept its payloads, as far as the number of their bytes goes. */
function recordingOf(observations: readonly Observation[]): Recording {
  const kept = observations.map((one) => (one.kind === 'link-closed' ? withPayload(one) : one));
  return {
    async *observations() {
      yield kept;
    },
    async *payload(bytes) {
      yield Buffer.alloc(Number(bytes), 'x');
    },
  };
}

function withPayload({ sha256: _unknown, ...closed }: LinkClosed): LinkClosed {
  return { ...closed, payload: `${closed.bytes}` };
}

async function onlySession(recording: Recording): Promise<RecordedSession> {
  for await (const session of recordedSessions(recording, null)) return session;
  throw new Error('the recording has no session');
}

/** The table's ports replaced by one that is open here, in whatever form they are written. */
function withPort(text: string, { hostPort, endpoint }: Listener): string {
  return text
    .replace(/\d+,\d+,\d+,\d+,195,8[01]/, hostPort)
    .replace(/10\.\d\.0\.\d|0\.0\.0\.0/, HOST)
    .replace(/5000[01]/, `${endpoint.port}`);
}

function portIn(text: string): number {
  const bytes = /,(\d+),(\d+)\D*$/.exec(text.split('\n').find((line) => /,\d+,\d+/.test(line)) ?? '');
  if (bytes !== null) return Number(bytes[1]) * 256 + Number(bytes[2]);
  return Number(/[|!](\d{4,5})[|!]/.exec(text)?.[1]);
}
