// Every probe, in the order in which a server is asked: what later ones build on comes first, and what may cost the connection last.
import type { Probe } from '../probe.js';
import { CONNECTION } from './connection.js';
import { DATA_MODES, PORTS } from './data-modes.js';
import { DATA_TLS } from './data-tls.js';
import { FEATURE_PROBES } from './features.js';
import { FILE_PROBES } from './files.js';
import { LIMITS } from './limits.js';
import { LISTING_PROBES } from './listings.js';
import { LOGIN_PROBES } from './login.js';
import { TLS_PROBES } from './tls.js';
import { WRITING } from './writing.js';

export const PROBES: readonly Probe[] = [
  ...CONNECTION,
  ...LOGIN_PROBES,
  ...TLS_PROBES,
  ...DATA_TLS,
  ...DATA_MODES,
  ...FEATURE_PROBES,
  ...LISTING_PROBES,
  ...FILE_PROBES,
  ...PORTS,
  ...LIMITS,
  ...WRITING,
];
