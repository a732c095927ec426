// All that ftpscope knows of what goes wrong with FTP, in the order in which its rules are asked: causes before symptoms, what is special
// before what is general.
import type { DiagnosisRow } from './row.js';
import { ACTIVE_MODE } from './rows/active-mode.js';
import { ANNOUNCED_ADDRESSES } from './rows/announced-addresses.js';
import { DATA_CONNECTIONS, NO_DATA_CONNECTION } from './rows/data-connections.js';
import { LOGIN } from './rows/login.js';
import { PASSIVE_CONNECTIONS } from './rows/passive-connections.js';
import { PASSIVE_MODE } from './rows/passive-mode.js';
import { SESSION_LOSS } from './rows/session-loss.js';
import { SLOW_SESSIONS } from './rows/slow-sessions.js';
import { TLS_RESUMPTION } from './rows/tls-resumption.js';
import { WRONG_PROTOCOL } from './rows/wrong-protocol.js';

export const CATALOGUE: readonly DiagnosisRow[] = [
  ...WRONG_PROTOCOL,
  ...ANNOUNCED_ADDRESSES,
  ...TLS_RESUMPTION,
  ...PASSIVE_MODE,
  ...PASSIVE_CONNECTIONS,
  ...DATA_CONNECTIONS,
  ...ACTIVE_MODE,
  ...NO_DATA_CONNECTION,
  ...SESSION_LOSS,
  ...SLOW_SESSIONS,
  ...LOGIN,
];
