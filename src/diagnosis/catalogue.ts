// All that ftpscope knows of what goes wrong with FTP, in the order in which its rules are asked: causes before symptoms, what is special
// before what is general.
import type { DiagnosisRow } from './row.js';
import { ANNOUNCED_ADDRESSES } from './rows/announced-addresses.js';
import { LOGIN } from './rows/login.js';
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
  ...LOGIN,
];
