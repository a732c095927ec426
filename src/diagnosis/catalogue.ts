// All that ftpscope knows of what goes wrong with FTP, in the order in which its rules are asked: causes before symptoms, what is special
// before what is general.
import type { DiagnosisRow } from './row.js';
import { ANNOUNCED_ADDRESSES } from './rows/announced-addresses.js';
import { LOGIN } from './rows/login.js';
import { SERVER_SETUP } from './rows/server-setup.js';
import { TLS_RESUMPTION } from './rows/tls-resumption.js';
import { WRONG_PROTOCOL } from './rows/wrong-protocol.js';

export const CATALOGUE: readonly DiagnosisRow[] = [
  ...WRONG_PROTOCOL,
  ...ANNOUNCED_ADDRESSES,
  ...TLS_RESUMPTION,
  ...LOGIN,
  ...SERVER_SETUP,
];
