// What moves over a data connection: RETR, STOR, STOU, APPE, LIST, NLST, MLSD, and ABOR (RFC 959, RFC 3659).
// Data connections only through RunningTransfer.
import { resolvePath, withoutListOptions } from '../protocol/remote-path.js';
import { contentChunks, contentSize, type FileContent, isReadable, Upload } from './file-content.js';
import { type Entry, factsLine, listingBytes, longLine } from './listing.js';
import { type Move, RunningTransfer, receiving, sending, type TransferDescription } from './server-transfer.js';
import { afterLogin, type Reply, reply, type VerbContext, type VerbHandler, type VerbTable } from './verb-context.js';

const noConnectionAnnounced = reply(425, 'Send PORT, PASV, EPRT or EPSV first.');

async function transfer(
  { state, dataPort, say }: VerbContext,
  description: TransferDescription,
  opening: string,
  move: Move,
): Promise<Reply> {
  if (!dataPort.isSet) return noConnectionAnnounced;
  const running = new RunningTransfer(description, dataPort);
  state.transfer = running;
  try {
    // Always 150 and never 125: which of them would be right depends on who is faster, and readers want one transcript.
    say(reply(150, opening));
    const outcome = await running.run(move);
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

const retr: VerbHandler = (context, argument) => {
  const { service, state } = context;
  const offset = takeRestartOffset(context);
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
  return transfer(context, { verb: 'RETR', path, totalBytes }, opening, sending(contentChunks(content, offset)));
};

const stor: VerbHandler = (context, argument) => {
  const offset = takeRestartOffset(context);
  const path = resolvePath(context.state.directory, argument);
  const existing = offset === 0 ? undefined : context.service.files.read(path);
  if (existing !== undefined && !Buffer.isBuffer(existing)) return reply(550, `${argument}: cannot be restarted.`);
  const before = existing ?? Buffer.alloc(0);
  if (offset > before.length) return reply(554, `REST ${offset} is past the end of the file (${before.length} bytes).`);
  return upload(context, { verb: 'STOR', path, existing: before, offset });
};

const appe: VerbHandler = (context, argument) => {
  takeRestartOffset(context);
  const path = resolvePath(context.state.directory, argument);
  const existing: FileContent = context.service.files.read(path) ?? Buffer.alloc(0);
  if (!Buffer.isBuffer(existing)) return reply(550, `${argument}: cannot be appended to.`);
  return upload(context, { verb: 'APPE', path, existing, offset: existing.length });
};

/** The 150 names the file in the form RFC 1123 section 4.1.2.9 fixes, so that a client can learn it. */
const stou: VerbHandler = (context, argument) => {
  takeRestartOffset(context);
  const { service, state } = context;
  const wanted = resolvePath(state.directory, argument === '' ? 'upload' : argument);
  let path = wanted;
  for (let count = 1; service.files.find(path) !== undefined; count++) path = `${wanted}.${count}`;
  return upload(context, { verb: 'STOU', path, existing: Buffer.alloc(0), offset: 0 }, `FILE: ${path}`);
};

interface UploadTarget {
  readonly verb: string;
  readonly path: string;
  readonly existing: Buffer;
  readonly offset: number;
}

async function upload(
  context: VerbContext,
  { verb, path, existing, offset }: UploadTarget,
  opening = `Opening data connection for ${path}.`,
): Promise<Reply> {
  const { service, dataPort } = context;
  if (!dataPort.isSet) return noConnectionAnnounced;
  // Written at once, as open(2) would: a name that cannot be written is refused before 150.
  const refusal = service.files.write(path, existing);
  if (refusal !== null) return reply(553, `${path}: ${refusal}.`);
  const file = new Upload({ existing, offset, maxKeptBytes: service.maxKeptUploadBytes });
  const sink = receiving((chunk) => file.write(chunk));
  const answer = await transfer(context, { verb, path, totalBytes: null }, opening, sink);
  // A broken upload leaves what came, so that it can be resumed.
  const late = service.files.write(path, file.finish());
  return late === null || answer.code !== 226 ? answer : reply(451, `${path}: ${late}.`);
}

/** LIST, NLST and MLSD: lines about a directory; LIST and NLST also about one file. */
function listing(verb: string, lines: (context: VerbContext, named: string) => readonly string[]): VerbHandler {
  return (context, argument) => {
    takeRestartOffset(context);
    const named = verb === 'MLSD' ? argument : withoutListOptions(verb, argument);
    const path = resolvePath(context.state.directory, named);
    const node = context.service.files.find(path);
    if (node === undefined) return reply(550, `${named}: no such file or directory.`);
    // RFC 3659 section 7.2: MLSD of a file is a client's mistake.
    if (verb === 'MLSD' && node.kind === 'file') return reply(501, `${named}: not a directory.`);
    const bytes = listingBytes(lines(context, named));
    const description = { verb, path, totalBytes: bytes.length };
    return transfer(context, description, `Opening data connection for ${verb}.`, sending(contentChunks(bytes)));
  };
}

function longLines({ service, state }: VerbContext, named: string): readonly string[] {
  return longListing(service, resolvePath(state.directory, named));
}

/** What LIST sends and STAT says about a path: a directory's entries, or the one file. */
export function longListing(service: VerbContext['service'], path: string): readonly string[] {
  const node = service.files.find(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const entries: readonly Entry[] = node?.kind === 'file' ? [[name, node]] : service.files.entries(path);
  return entries.map((entry) => longLine(entry, service.nowMs()));
}

/** Names that can be sent back in RETR (RFC 1123 section 4.1.2.7), so with the directory as the client wrote it. */
function names({ service, state }: VerbContext, named: string): readonly string[] {
  const path = resolvePath(state.directory, named);
  if (service.files.find(path)?.kind === 'file') return [named];
  const prefix = named === '' || named.endsWith('/') ? named : `${named}/`;
  return service.files.entries(path).map(([name]) => `${prefix}${name}`);
}

function facts({ service, state }: VerbContext, named: string): readonly string[] {
  const path = resolvePath(state.directory, named);
  const self = service.files.find(path);
  const own = self === undefined ? [] : [factsLine([path, self], state.facts, 'cdir')];
  return [...own, ...service.files.entries(path).map((entry) => factsLine(entry, state.facts))];
}

/** RFC 959 section 4.1.3: 426 for the transfer, then 226 for ABOR; with none running the data port is closed. */
async function abor(context: VerbContext): Promise<Reply> {
  context.state.transfer?.abort();
  await context.transferAnswered();
  context.dataPort.close();
  return reply(226, 'ABOR done.');
}

/** REST counts for the next transfer command only, whether that works or not. */
function takeRestartOffset({ state }: VerbContext): number {
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
