// All that ftpscope knows of what goes wrong with FTP, in the order in which its rules are asked: causes before symptoms, what is special
// before what is general.
import type { DiagnosisRow } from './row.js';
import { ACTIVE_MODE } from './rows/active-mode.js';
import { ANNOUNCED_ADDRESSES } from './rows/announced-addresses.js';
import { CONTROL_LINES } from './rows/control-lines.js';
import { CONVERSATION } from './rows/conversation.js';
import { DATA_CONNECTIONS, NO_DATA_CONNECTION } from './rows/data-connections.js';
import { FILES } from './rows/files.js';
import { LIMITS_OF_SERVERS } from './rows/limits.js';
import { LISTINGS } from './rows/listings.js';
import { LOGIN } from './rows/login.js';
import { NAMES } from './rows/names.js';
import { OPTIONAL_COMMANDS } from './rows/optional-commands.js';
import { PASSIVE_CONNECTIONS } from './rows/passive-connections.js';
import { PASSIVE_MODE } from './rows/passive-mode.js';
import { REPRESENTATION } from './rows/representation.js';
import { RESTART } from './rows/restart.js';
import { SERVER_SETUP } from './rows/server-setup.js';
import { SESSION_LOSS } from './rows/session-loss.js';
import { SLOW_SESSIONS } from './rows/slow-sessions.js';
import { TLS_CERTIFICATES } from './rows/tls-certificates.js';
import { TLS_HANDSHAKES } from './rows/tls-handshakes.js';
import { TLS_IDENTITIES } from './rows/tls-identities.js';
import { TLS_POLICY } from './rows/tls-policy.js';
import { TLS_PROTECTION } from './rows/tls-protection.js';
import { TLS_RESUMPTION } from './rows/tls-resumption.js';
import { WRONG_PROTOCOL } from './rows/wrong-protocol.js';

export const CATALOGUE: readonly DiagnosisRow[] = [
  ...WRONG_PROTOCOL,
  ...ANNOUNCED_ADDRESSES,
  ...TLS_POLICY,
  ...TLS_PROTECTION,
  ...TLS_RESUMPTION,
  ...TLS_IDENTITIES,
  ...TLS_CERTIFICATES,
  ...TLS_HANDSHAKES,
  ...PASSIVE_MODE,
  ...PASSIVE_CONNECTIONS,
  ...DATA_CONNECTIONS,
  ...ACTIVE_MODE,
  ...LIMITS_OF_SERVERS,
  ...LOGIN,
  ...RESTART,
  ...NAMES,
  ...LISTINGS,
  ...FILES,
  ...REPRESENTATION,
  ...OPTIONAL_COMMANDS,
  ...NO_DATA_CONNECTION,
  ...CONTROL_LINES,
  ...CONVERSATION,
  ...SESSION_LOSS,
  ...SLOW_SESSIONS,
  ...SERVER_SETUP,
];
