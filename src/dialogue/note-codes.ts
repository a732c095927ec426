// What notes are about: one stable word for each, for programs.

/**
 * - foreign-address: that side announced a data port on another host than its own, as behind NAT; the proxy goes to the right one;
 * - other-mode: the server refused or failed the data connection that was asked for first, and the proxy made another;
 * - left-during-transfer: that side closed its control connection, or lost it, and a transfer goes on;
 * - unknown: one of another version, in an anonymised recording.
 */
export type NoteCode = 'foreign-address' | 'other-mode' | 'left-during-transfer' | 'unknown';
