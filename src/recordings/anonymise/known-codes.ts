// The codes of violations and notes that pass `--anonymise`: our own. A transcript that was written by hand, or by another version, may
// have others, and anything in them.
import type { NoteCode, ViolationCode } from '../../dialogue/observation.js';

/** The compiler sees to it that none is forgotten. */
type AllOf<Word extends string> = Readonly<Record<Word, true>>;

const VIOLATION_CODES: AllOf<ViolationCode> = {
  ...{ 'bad-proxy-header': true, 'proxy-loop': true, 'too-many-sessions': true, 'server-not-allowed': true },
  ...{ 'not-ftp': true, 'line-too-long': true, 'reply-too-long': true, 'no-line-end': true, 'unfinished-reply': true },
  ...{ 'bare-line-feed': true, 'nul-byte': true, 'disguised-command': true, 'unexpected-reply': true },
  ...{ 'bad-address': true, 'foreign-address': true, 'privileged-port': true, 'after-epsv-all': true },
  ...{ 'unsupported-address-form': true, 'unseen-address': true, 'unseen-transfer': true, 'foreign-data-peer': true },
  ...{ 'encryption-refused': true, 'pipelined-behind-auth': true, 'encrypted-passthrough': true },
  ...{ 'protection-refused': true, 'unencrypted-server': true, 'unencrypted-data': true, 'data-not-resumed': true },
  ...{ 'possibly-truncated': true, 'data-connection-overdue': true, 'data-end-overdue': true },
  ...{ 'conflicting-segments': true, unknown: true },
};
const NOTE_CODES: AllOf<NoteCode> = {
  ...{ 'foreign-address': true, 'other-mode': true, 'left-during-transfer': true, unknown: true },
};

export function knownViolation(code: ViolationCode): ViolationCode {
  return Object.hasOwn(VIOLATION_CODES, code) ? code : 'unknown';
}

export function knownNote(code: NoteCode): NoteCode {
  return Object.hasOwn(NOTE_CODES, code) ? code : 'unknown';
}
