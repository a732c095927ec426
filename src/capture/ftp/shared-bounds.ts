// What all sessions of a capture may hold together. A file can hold more sessions than there is memory for what each might wait
// for, so each may wait for much only as long as few others do. A bound that was reached is told once.

/** Bytes of unfinished lines and of unfinished replies. */
const MAX_UNFINISHED_BYTES = 32 * 1024 * 1024;
const MAX_OUTSTANDING_COMMANDS = 100_000;
const MAX_OPEN_LINKS = 20_000;
/** Payload that may turn out to be a transfer's. */
const MAX_HELD_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** Where replies were not captured, commands and links wait for them in vain: so many in one session, and so many when there are many. */
const OUTSTANDING_COMMANDS = { ofOneSession: 1000, ofOneOfMany: 8 };
const OPEN_LINKS = { ofOneSession: 256, ofOneOfMany: 4 };

export class SharedBounds {
  unfinishedBytes = 0;
  outstandingCommands = 0;
  openLinks = 0;
  heldPayloadBytes = 0;
  private readonly told = new Set<string>();

  constructor(private readonly notice: (line: string) => void) {}

  /** Whether nothing unfinished may grow any more. */
  get unfinishedFull(): boolean {
    const full = this.unfinishedBytes > MAX_UNFINISHED_BYTES;
    if (full) this.tell('too many unfinished lines and replies at once: some are shown in pieces');
    return full;
  }

  /** How many commands of one session may wait for their replies. */
  get commandsOfOneSession(): number {
    if (this.outstandingCommands < MAX_OUTSTANDING_COMMANDS) return OUTSTANDING_COMMANDS.ofOneSession;
    this.tell('too many commands without replies at once: late replies are shown without their commands');
    return OUTSTANDING_COMMANDS.ofOneOfMany;
  }

  /** How many links of one session may be open. */
  get linksOfOneSession(): number {
    if (this.openLinks < MAX_OPEN_LINKS) return OPEN_LINKS.ofOneSession;
    this.tell('too many data connections without an end at once: the oldest of a session are given up');
    return OPEN_LINKS.ofOneOfMany;
  }

  get heldPayloadFull(): boolean {
    return this.heldPayloadBytes > MAX_HELD_PAYLOAD_BYTES;
  }

  tell(line: string): void {
    if (this.told.has(line)) return;
    this.told.add(line);
    this.notice(line);
  }
}
