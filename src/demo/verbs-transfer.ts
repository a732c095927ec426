// What moves over a data connection: RETR, STOR, STOU, APPE, LIST, NLST, MLSD, and ABOR (RFC 959, RFC 3659).
// Part of the demo's strangers: imports nothing from the proxy; sockets only through Transfer.
import { afterLogin, type Conversation, type Reply, reply, type VerbHandler, type VerbTable } from './conversation.js';
import { contentChunks, contentSize, type FileContent, isReadable } from './file-content.js';
import { resolvePath } from './file-tree.js';
import { type Entry, factsLine, listingBytes, longLine } from './listing.js';
import { type Move, receiving, sending, Transfer, type TransferDescription } from './server-transfer.js';
import { Upload } from './upload.js';

const noConnectionAnnounced = reply(425, 'Send PORT, PASV, EPRT or EPSV first.');

async function transfer(
  { service, state, say }: Conversation,
  description: TransferDescription,
  opening: string,
  move: Move,
): Promise<Reply> {
  const port = state.dataPort;
  if (port === null) return noConnectionAnnounced;
  state.dataPort = null;
  const running = new Transfer(description, port);
  state.transfer = running;
  try {
    // Always 150 and never 125: which of them would be right depends on who is faster, and readers want one transcript.
    say(reply(150, opening));
    const outcome = await running.run(move, service.stallTimeoutMs);
    switch (outcome.kind) {
      case 'complete':
        return reply(226, 'Transfer complete.');
      case 'aborted':
        return reply(426, 'Transfer aborted.');
      case 'broken':
        return reply(426, 'Data connection broken.');
      case 'no-connection':
        return reply(425, `Cannot open data connection: ${outcome.reason}.`);
    }
  } finally {
    state.transfer = null;
  }
}

const retr: VerbHandler = (conversation, argument) => {
  const { service, state } = conversation;
  const offset = takeRestartOffset(conversation);
  const path = resolvePath(state.directory, argument);
  const node = service.files.find(path);
  if (node?.kind !== 'file')
    return reply(550, `${argument}: ${node === undefined ? 'no such file' : 'not a plain file'}.`);
  const content = node.content;
  if (!isReadable(content)) return reply(550, `${argument}: too big to be kept, only its checksum is known.`);
  const size = contentSize(content);
  // RFC 3659 section 5.4: the marker is judged when the transfer starts.
  if (offset > size) return reply(554, `REST ${offset} is past the end of the file (${size} bytes).`);
  const totalBytes = size - offset;
  const opening = `Opening data connection for ${argument} (${totalBytes} bytes).`;
  return transfer(conversation, { verb: 'RETR', path, totalBytes }, opening, sending(contentChunks(content, offset)));
};

const stor: VerbHandler = (conversation, argument) => {
  const offset = takeRestartOffset(conversation);
  const path = resolvePath(conversation.state.directory, argument);
  const existing = offset === 0 ? undefined : conversation.service.files.read(path);
  if (existing !== undefined && !Buffer.isBuffer(existing)) return reply(550, `${argument}: cannot be restarted.`);
  const before = existing ?? Buffer.alloc(0);
  if (offset > before.length) return reply(554, `REST ${offset} is past the end of the file (${before.length} bytes).`);
  return upload(conversation, { verb: 'STOR', path, existing: before, offset });
};

const appe: VerbHandler = (conversation, argument) => {
  takeRestartOffset(conversation);
  const path = resolvePath(conversation.state.directory, argument);
  const existing: FileContent = conversation.service.files.read(path) ?? Buffer.alloc(0);
  if (!Buffer.isBuffer(existing)) return reply(550, `${argument}: cannot be appended to.`);
  return upload(conversation, { verb: 'APPE', path, existing, offset: existing.length });
};

/** The 150 names the file in the form RFC 1123 section 4.1.2.9 fixes, so that a client can learn it. */
const stou: VerbHandler = (conversation, argument) => {
  takeRestartOffset(conversation);
  const { service, state } = conversation;
  const wanted = resolvePath(state.directory, argument === '' ? 'upload' : argument);
  let path = wanted;
  for (let count = 1; service.files.find(path) !== undefined; count++) path = `${wanted}.${count}`;
  return upload(conversation, { verb: 'STOU', path, existing: Buffer.alloc(0), offset: 0 }, `FILE: ${path}`);
};

interface UploadTarget {
  readonly verb: string;
  readonly path: string;
  readonly existing: Buffer;
  readonly offset: number;
}

async function upload(
  conversation: Conversation,
  { verb, path, existing, offset }: UploadTarget,
  opening = `Opening data connection for ${path}.`,
): Promise<Reply> {
  const { service, state } = conversation;
  if (state.dataPort === null) return noConnectionAnnounced;
  // Written at once, as open(2) would: a name that cannot be written is refused before 150.
  const refusal = service.files.write(path, existing);
  if (refusal !== null) return reply(553, `${path}: ${refusal}.`);
  const file = new Upload({ existing, offset, maxKeptBytes: service.maxKeptUploadBytes });
  const sink = receiving((chunk) => file.write(chunk));
  const answer = await transfer(conversation, { verb, path, totalBytes: null }, opening, sink);
  // A broken upload leaves what came, so that it can be resumed.
  const late = service.files.write(path, file.finish());
  return late === null || answer.code !== 226 ? answer : reply(451, `${path}: ${late}.`);
}

/** LIST, NLST and MLSD: lines about a directory; LIST and NLST also about one file. */
function listing(verb: string, lines: (conversation: Conversation, named: string) => readonly string[]): VerbHandler {
  return (conversation, argument) => {
    takeRestartOffset(conversation);
    const named = verb === 'MLSD' ? argument : withoutOptions(argument);
    const path = resolvePath(conversation.state.directory, named);
    const node = conversation.service.files.find(path);
    if (node === undefined) return reply(550, `${named}: no such file or directory.`);
    // RFC 3659 section 7.2: MLSD of a file is a client's mistake.
    if (verb === 'MLSD' && node.kind === 'file') return reply(501, `${named}: not a directory.`);
    const bytes = listingBytes(lines(conversation, named));
    const description = { verb, path, totalBytes: bytes.length };
    return transfer(conversation, description, `Opening data connection for ${verb}.`, sending(contentChunks(bytes)));
  };
}

/** `LIST -la dir`: clients send what they would give to `ls`, although no RFC knows it. */
function withoutOptions(argument: string): string {
  return argument.replace(/^(-[A-Za-z0-9]+( +|$))+/, '');
}

function longLines({ service, state }: Conversation, named: string): readonly string[] {
  return longListing(service, resolvePath(state.directory, named));
}

/** What LIST sends and STAT says about a path: a directory's entries, or the one file. */
export function longListing(service: Conversation['service'], path: string): readonly string[] {
  const node = service.files.find(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const entries: readonly Entry[] = node?.kind === 'file' ? [[name, node]] : service.files.entries(path);
  return entries.map((entry) => longLine(entry, service.nowMs()));
}

/** Names that can be sent back in RETR (RFC 1123 section 4.1.2.7), so with the directory as the client wrote it. */
function names({ service, state }: Conversation, named: string): readonly string[] {
  const path = resolvePath(state.directory, named);
  if (service.files.find(path)?.kind === 'file') return [named];
  const prefix = named === '' || named.endsWith('/') ? named : `${named}/`;
  return service.files.entries(path).map(([name]) => `${prefix}${name}`);
}

function facts({ service, state }: Conversation, named: string): readonly string[] {
  const path = resolvePath(state.directory, named);
  const self = service.files.find(path);
  const own = self === undefined ? [] : [factsLine([path, self], state.facts, 'cdir')];
  return [...own, ...service.files.entries(path).map((entry) => factsLine(entry, state.facts))];
}

/** RFC 959 section 4.1.3: 426 for the transfer, then 226 for ABOR; with none running the data port is closed. */
async function abor(conversation: Conversation): Promise<Reply> {
  const { state } = conversation;
  state.transfer?.abort();
  await conversation.transferAnswered();
  state.dataPort?.close();
  state.dataPort = null;
  return reply(226, 'ABOR done.');
}

/** REST counts for the next transfer command only, whether that works or not. */
function takeRestartOffset({ state }: Conversation): number {
  const offset = state.restartOffset;
  state.restartOffset = 0;
  return offset;
}

export const transferVerbs: VerbTable = {
  RETR: afterLogin('required', 'RETR <file>', retr),
  STOR: afterLogin('required', 'STOR <file>', stor),
  APPE: afterLogin('required', 'APPE <file>', appe),
  STOU: afterLogin('optional', 'STOU [<file>]', stou),
  LIST: afterLogin('optional', 'LIST [<path>]', listing('LIST', longLines)),
  NLST: afterLogin('optional', 'NLST [<path>]', listing('NLST', names)),
  MLSD: afterLogin('optional', 'MLSD [<directory>]', listing('MLSD', facts)),
  ABOR: afterLogin('none', 'ABOR', abor),
};
