// What time it is in the capture. Packets may be out of order and one may claim any time: the clock never goes back, and believes no time that
// only one packet claims.

export class CaptureClock {
  now = Number.NEGATIVE_INFINITY;
  private previous = Number.NEGATIVE_INFINITY;

  tick(at: number): void {
    this.now = Math.max(this.now, Math.min(this.previous, at));
    this.previous = at;
  }
}
