// Names and directories: PWD, CWD, CDUP, MKD, RMD, DELE, RNFR, RNTO, SIZE, MDTM, MLST and the X-variants (RFC 775).
import { resolvePath } from '../protocol/remote-path.js';
import { contentSize } from './file-content.js';
import type { FileNode, FileRefusal } from './file-tree.js';
import { factsLine, timeValue } from './listing.js';
import {
  afterLogin,
  quotedPath,
  type Reply,
  reply,
  type VerbContext,
  type VerbHandler,
  type VerbTable,
} from './verb-context.js';

const pwd: VerbHandler = ({ state }) => reply(257, `${quotedPath(state.directory)} is the current directory.`);

const cwd: VerbHandler = ({ service, state }, argument) => {
  const path = resolvePath(state.directory, argument);
  const node = service.files.find(path);
  if (node?.kind !== 'directory')
    return refused(argument, node === undefined ? 'no such directory' : 'not a directory');
  state.directory = path;
  return reply(250, `Directory is now ${path}`);
};

const cdup: VerbHandler = (context) => cwd(context, '..');

const mkd: VerbHandler = ({ service, state }, argument) => {
  const path = resolvePath(state.directory, argument);
  return outcome(argument, service.files.makeDirectory(path), reply(257, `${quotedPath(path)} created.`));
};

const rmd: VerbHandler = ({ service, state }, argument) =>
  outcome(argument, service.files.removeDirectory(resolvePath(state.directory, argument)), reply(250, 'Removed.'));

const dele: VerbHandler = ({ service, state }, argument) =>
  outcome(argument, service.files.removeFile(resolvePath(state.directory, argument)), reply(250, 'Deleted.'));

const rnfr: VerbHandler = ({ service, state }, argument) => {
  const path = resolvePath(state.directory, argument);
  if (path === '/' || service.files.find(path) === undefined) return refused(argument, 'no such file or directory');
  state.renameFrom = path;
  return reply(350, 'Now send RNTO.');
};

/** RNFR must come right before (RFC 959 section 4.1.3): the session forgets it at any other command. */
const rnto: VerbHandler = ({ service, state }, argument) => {
  const from = state.renameFrom;
  state.renameFrom = null;
  if (from === null) return reply(503, 'Send RNFR first.');
  const refusal = service.files.rename(from, resolvePath(state.directory, argument));
  return refusal === null ? reply(250, 'Renamed.') : reply(553, `${argument}: ${refusal}.`);
};

const size = forFile((node) => reply(213, String(contentSize(node.content))));
const mdtm = forFile((node) => reply(213, timeValue(node.modifiedMs)));

const mlst: VerbHandler = ({ service, state }, argument) => {
  const path = resolvePath(state.directory, argument);
  const node = service.files.find(path);
  if (node === undefined) return refused(argument, 'no such file or directory');
  return reply(250, `Listing ${path}`, factsLine([path, node], state.facts), 'End');
};

function forFile(answer: (node: FileNode) => Reply): VerbHandler {
  return ({ service, state }: VerbContext, argument: string) => {
    const node = service.files.find(resolvePath(state.directory, argument));
    if (node?.kind === 'file') return answer(node);
    return refused(argument, node === undefined ? 'no such file' : 'not a plain file');
  };
}

function outcome(name: string, refusal: FileRefusal, done: Reply): Reply {
  return refusal === null ? done : refused(name, refusal);
}

function refused(name: string, why: string): Reply {
  return reply(550, `${name}: ${why}.`);
}

export const fileVerbs: VerbTable = {
  PWD: afterLogin('none', 'PWD', pwd),
  XPWD: afterLogin('none', 'XPWD', pwd),
  CWD: afterLogin('required', 'CWD <directory>', cwd),
  XCWD: afterLogin('required', 'XCWD <directory>', cwd),
  CDUP: afterLogin('none', 'CDUP', cdup),
  XCUP: afterLogin('none', 'XCUP', cdup),
  MKD: afterLogin('required', 'MKD <directory>', mkd),
  XMKD: afterLogin('required', 'XMKD <directory>', mkd),
  RMD: afterLogin('required', 'RMD <directory>', rmd),
  XRMD: afterLogin('required', 'XRMD <directory>', rmd),
  DELE: afterLogin('required', 'DELE <file>', dele),
  RNFR: afterLogin('required', 'RNFR <path>', rnfr),
  RNTO: afterLogin('required', 'RNTO <path>', rnto),
  SIZE: afterLogin('required', 'SIZE <file>', size),
  MDTM: afterLogin('required', 'MDTM <file>', mdtm),
  MLST: afterLogin('optional', 'MLST [<path>]', mlst),
};
