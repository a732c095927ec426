// How fast a transfer runs: its byte count at moments in time, and what follows from them. Time comes in with the samples.

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** As many as a sparkline shows. */
const MAX_SAMPLES = 32;

export class TransferMeter {
  private samples: Sample[] = [];

  /** `bytes` is the total by now. */
  add(at: number, bytes: number): void {
    const last = this.samples.at(-1);
    if (last !== undefined && (at <= last.at || bytes < last.bytes)) return;
    this.samples.push({ at, bytes });
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }

  /** Bytes a second between the two newest samples; 0 while there are not two. */
  get bytesPerSecond(): number {
    return this.rates.at(-1) ?? 0;
  }

  /** Bytes a second between samples, the newest last. */
  get rates(): readonly number[] {
    return this.samples.slice(1).map(({ at, bytes }, index) => {
      const before = this.samples[index];
      return before === undefined ? 0 : ((bytes - before.bytes) * 1000) / (at - before.at);
    });
  }
}
