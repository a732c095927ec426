// The cursor in a list that is longer than its pane: where it stands, and which part is shown. Knows no items.

export class ScrolledList {
  cursor = 0;
  /** Keeps the cursor at the end as the list grows. */
  follows: boolean;
  private top = 0;

  constructor(follows: boolean) {
    this.follows = follows;
  }

  /** Moves the cursor; at the end it follows again, elsewhere it stays where it was put. */
  move(by: number, count: number): void {
    this.moveTo(this.cursor + by, count);
  }

  moveTo(index: number, count: number): void {
    this.cursor = Math.max(0, Math.min(count - 1, index));
    this.follows = this.cursor >= count - 1;
  }

  /** The indices that a pane of `height` rows shows, the cursor among them. */
  window(count: number, height: number): { readonly from: number; readonly to: number } {
    if (this.follows) this.cursor = count - 1;
    this.cursor = Math.max(0, Math.min(count - 1, this.cursor));
    if (this.cursor < this.top) this.top = this.cursor;
    if (this.cursor >= this.top + height) this.top = this.cursor - height + 1;
    this.top = Math.max(0, Math.min(this.top, count - height));
    return { from: this.top, to: Math.min(count, this.top + height) };
  }
}
