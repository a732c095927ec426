// What the sample server tells about itself and its files: SYST, FEAT, NOOP, STAT (RFC 959 section 4.1.3, RFC 2389).
import { resolvePath } from '../protocol/remote-path.js';
import { factNames } from './listing.js';
import type { RunningTransfer } from './server-transfer.js';
import { afterLogin, beforeLogin, type Reply, reply, type VerbContext, type VerbTable } from './verb-context.js';
import { longListing } from './verbs-transfer.js';

/** RFC 3659 section 7.8: a star marks the facts that are sent unless OPTS MLST says otherwise. */
function feat({ state }: VerbContext): Reply {
  const facts = factNames.map((fact) => `${fact}${state.facts.includes(fact) ? '*' : ''};`).join('');
  const features = ['EPRT', 'EPSV', 'MDTM', `MLST ${facts}`, 'REST STREAM', 'SIZE', 'TVFS', 'UTF8'];
  return reply(211, 'Features:', ...features, 'End');
}

/** STAT with a path is LIST over the control connection (RFC 959 section 4.1.3). */
function stat({ service, state, remote }: VerbContext, argument: string): Reply {
  if (argument === '') {
    const user = state.login.stage === 'done' ? state.login.user : 'nobody';
    const about = [`Connected to ${remote.address}, logged in as ${user}.`, `TYPE ${state.type}, MODE S, STRU F.`];
    return reply(211, 'Sample FTP server', ...about, transferLine(state.transfer), 'End');
  }
  const path = resolvePath(state.directory, argument);
  const node = service.files.find(path);
  if (node === undefined) return reply(550, `${argument}: no such file or directory.`);
  return reply(node.kind === 'file' ? 213 : 212, `Status of ${argument}:`, ...longListing(service, path), 'End');
}

function transferLine(transfer: RunningTransfer | null): string {
  if (transfer === null) return 'No data connection.';
  const { verb, path, totalBytes } = transfer.description;
  return `${verb} ${path}: ${transfer.bytes} bytes${totalBytes === null ? '' : ` of ${totalBytes}`} so far.`;
}

export const informationVerbs: VerbTable = {
  NOOP: beforeLogin('none', 'NOOP', () => reply(200, 'NOOP ok.')),
  SYST: beforeLogin('none', 'SYST', () => reply(215, 'UNIX Type: L8')),
  FEAT: beforeLogin('none', 'FEAT', feat),
  STAT: afterLogin('optional', 'STAT [<path>]', stat),
};
