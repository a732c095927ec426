// Styles as what a terminal can do: sixteen colours, or none. Knows the encoding of a cell's attributes, and nothing of what
// is drawn.
import type { Style } from '../rows/row.js';

interface Look {
  /** One of the terminal's sixteen colours; absent: its own. */
  readonly foreground?: number;
  readonly bold?: true;
  readonly inverse?: true;
}

const RED = 1;
const GREEN = 2;
const YELLOW = 3;
const MAGENTA = 5;
const CYAN = 6;
const GREY = 8;

const LOOKS: Readonly<Record<Style, Look>> = {
  default: {},
  dim: { foreground: GREY },
  preliminary: { foreground: GREY },
  completion: { foreground: GREEN },
  intermediate: { foreground: CYAN },
  'transient-negative': { foreground: YELLOW },
  'permanent-negative': { foreground: RED },
  'link-complete': { foreground: GREEN, bold: true },
  'link-ended-early': { foreground: YELLOW, bold: true },
  violation: { foreground: MAGENTA, bold: true },
  title: { bold: true },
  'title-focused': { foreground: CYAN, bold: true, inverse: true },
  bar: { inverse: true },
  key: { bold: true },
  valid: { foreground: GREEN },
  invalid: { foreground: RED, bold: true },
};

/** The terminal's own colour, as blessed encodes it. */
const OWN = 0x1ff;
const BOLD = 1;
const INVERSE = 8;

/** Attributes of a cell: flags, foreground and background in 9 bits each. `colours` is how many the terminal has. */
export function attributesOf(style: Style, selected: boolean, colours: number): number {
  const { foreground, bold, inverse } = LOOKS[style];
  const turned = selected !== (inverse ?? false);
  const flags = (bold ? BOLD : 0) | (turned ? INVERSE : 0);
  // Grey letters turned around are hard to read.
  const has = foreground !== undefined && foreground < colours && !(turned && foreground === GREY);
  const colour = has ? foreground : OWN;
  return (flags << 18) | (colour << 9) | OWN;
}
