// What time it is in the capture. Packets may be out of order, and one may claim any time: the clock never goes back, and believes no time that
// only one packet claims.

export class CaptureClock {
  now = 0;
  private previous: number | null = null;

  tick(at: number): void {
    this.now = this.previous === null ? at : Math.max(this.now, Math.min(this.previous, at));
    this.previous = at;
  }
}
