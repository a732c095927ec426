// What peers do that the protocol forbids or the policy refuses: one stable word for each, for programs.
import type { ClientRefusal } from './session-causes.js';

export type ViolationCode =
  | ClientRefusal
  | 'not-ftp'
  | 'line-too-long'
  | 'bare-line-feed'
  | 'nul-byte'
  | 'bad-address'
  | 'foreign-address'
  | 'privileged-port'
  | 'after-epsv-all'
  | 'unsupported-address-form'
  | 'unseen-address'
  | 'disguised-command'
  | 'unseen-transfer'
  | 'encryption-refused'
  | 'foreign-data-peer'
  | 'data-not-resumed'
  | 'reply-too-long'
  | 'unexpected-reply'
  | 'no-line-end'
  | 'unfinished-reply'
  | 'pipelined-behind-auth'
  | 'encrypted-passthrough'
  | 'protection-refused'
  | 'unencrypted-server'
  | 'unencrypted-data'
  | 'possibly-truncated'
  | 'data-connection-overdue'
  | 'data-end-overdue'
  | 'conflicting-segments'
  | 'server-not-allowed'
  /** Of another version, in an anonymised recording. */
  | 'unknown';
