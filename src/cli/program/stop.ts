// When to end: at a signal, or when the output's reader has gone. The first asks for an orderly end, a second signal
// ends at once. SIGUSR1 and SIGUSR2 ask for nothing; bin/ftpscope.js takes them from the start, as Node's own answer to SIGUSR1 is a
// debugger that is open to every user of the machine.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What other daemons take for "reopen your files" or "print statistics". */
const IGNORED_SIGNALS = ['SIGUSR1', 'SIGUSR2'] as const;

/** 128 + SIGINT, as shells report it. */
const INTERRUPTED_STATUS = 130;

export class Stop {
  /** Resolves when the end has been asked for. */
  readonly asked: Promise<void>;
  private resolve: () => void = () => {};
  /** It was a signal that asked. */
  isInterrupted = false;
  private isAsked = false;
  private readonly onSignal = () => {
    if (this.isAsked) process.exit(INTERRUPTED_STATUS);
    this.isInterrupted = true;
    this.ask();
  };

  private whenIgnored: ((signal: string) => void) | null = null;
  private readonly onIgnoredSignal = (signal: string) => {
    this.whenIgnored?.(signal);
    this.whenIgnored = null;
  };

  constructor() {
    this.asked = new Promise((resolve) => {
      this.resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
    for (const signal of IGNORED_SIGNALS) process.on(signal, this.onIgnoredSignal);
  }

  /** Reports the first signal that is ignored. */
  reportIgnored(report: (signal: string) => void): void {
    this.whenIgnored = report;
  }

  ask(): void {
    this.isAsked = true;
    this.resolve();
  }

  /** Leaves signals to the system again. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    for (const signal of IGNORED_SIGNALS) process.off(signal, this.onIgnoredSignal);
  }
}
