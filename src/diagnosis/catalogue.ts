// All that ftpscope knows of what goes wrong with FTP, in the order in which its rules are asked: causes before symptoms, what is special
// before what is general.
import type { DiagnosisRow } from './row.js';
import { ANNOUNCED_ADDRESSES } from './rows/announced-addresses.js';
import { CONTROL_LINES } from './rows/control-lines.js';
import { CONVERSATION } from './rows/conversation.js';
import { FILES } from './rows/files.js';
import { LIMITS_OF_SERVERS } from './rows/limits.js';
import { LISTINGS } from './rows/listings.js';
import { LOGIN } from './rows/login.js';
import { NAMES } from './rows/names.js';
import { OPTIONAL_COMMANDS } from './rows/optional-commands.js';
import { REPRESENTATION } from './rows/representation.js';
import { RESTART } from './rows/restart.js';
import { TLS_RESUMPTION } from './rows/tls-resumption.js';
import { WRONG_PROTOCOL } from './rows/wrong-protocol.js';

export const CATALOGUE: readonly DiagnosisRow[] = [
  ...WRONG_PROTOCOL,
  ...ANNOUNCED_ADDRESSES,
  ...TLS_RESUMPTION,
  ...LIMITS_OF_SERVERS,
  ...LOGIN,
  ...RESTART,
  ...NAMES,
  ...LISTINGS,
  ...FILES,
  ...REPRESENTATION,
  ...OPTIONAL_COMMANDS,
  ...CONTROL_LINES,
  ...CONVERSATION,
];
