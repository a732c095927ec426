// A line about a session, as every view lays it out in its own way: a mark, a text, an ink, notes. Knows no screen.

/** What a line is coloured by. */
export type Ink =
  | 'default'
  | 'dim'
  | 'preliminary'
  | 'completion'
  | 'intermediate'
  | 'transient-negative'
  | 'permanent-negative'
  | 'link-complete'
  | 'link-ended-early'
  | 'violation';

/** One line, in parts. Every text is free of control characters already. */
export interface PlainLine {
  /** `->`, `<-`, `==` and so on; empty where the text begins in the mark's place. */
  readonly mark: string;
  readonly text: string;
  readonly ink: Ink;
  /** Stands right-aligned in a column behind the text. */
  readonly latency?: string;
  /** Said for people, behind everything else. */
  readonly note?: string;
}
