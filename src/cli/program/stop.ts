// When to end: at a signal, or when the output's reader has gone. The first asks for an orderly end, a second signal
// ends at once.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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

  constructor() {
    this.asked = new Promise((resolve) => {
      this.resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  ask(): void {
    this.isAsked = true;
    this.resolve();
  }

  /** Leaves signals to the system again. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }
}
