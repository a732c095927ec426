// What a pane is drawn into, and what comes of it.
import type { Row } from '../rows/row.js';

export interface PaneSize {
  readonly columns: number;
  /** The title included. */
  readonly rows: number;
}

export interface Drawn {
  readonly title: string;
  readonly body: readonly Row[];
}
