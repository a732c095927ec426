// How observations are shown on stdout: as a plain transcript, as NDJSON, or not at all.
import type { Observation } from '../../dialogue/observation.js';
import { observationLines } from '../../transcript/ndjson.js';
import { PlainText } from '../../transcript/plain-text.js';
import { FindingsOverview, type FindingsRow, findingsText, findingsTsv } from '../../words/findings-overview.js';
import { Overview, type OverviewKind, overviewHead, overviewLine } from '../../words/overview.js';
import type { ColorChoice } from './colors.js';
import type { FailingSeverity } from './fail-on.js';

/** What the user asked to see. */
export interface ViewOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly quiet?: boolean;
  readonly dashboard?: boolean;
  /** Shows nothing, and says what there is to say. */
  readonly headless?: boolean;
  readonly verbose?: boolean;
  /** What diagnosis concludes is shown, too. Default: true. */
  readonly findings?: boolean;
  readonly failOn?: FailingSeverity;
  readonly color?: ColorChoice;
  /** Of the newest, by the dashboard. */
  readonly keepSessions?: number;
  /** What is shown may be of any day. */
  readonly dated?: boolean;
  /** One row for each of these, and nothing else. */
  readonly overview?: OverviewKind;
  /** The findings summed up by cause, and nothing else. */
  readonly sumsFindings?: boolean;
  /** Rows of an overview, tab-separated. */
  readonly tsv?: boolean;
}

export interface View {
  show(observation: Observation): void;
  /** Shows what was held back. */
  end(): void;
  /** Is looked at until the user leaves, although nothing more happens. */
  readonly stays?: true;
}

/** Chosen by the options; `quiet` leaves stdout empty unless a form is asked for by name. */
export function chooseView(options: ViewOptions, colour: boolean, write: (text: string) => void): View {
  if (options.sumsFindings) return findingsView(options, write);
  if (options.overview !== undefined) return overviewView(options.overview, options, write);
  if (options.json) return jsonView(write);
  if (options.headless || (options.quiet && !options.plain)) return { show: () => {}, end: () => {} };
  return plainView(new PlainText({ colour, verbose: options.verbose ?? false, dated: options.dated ?? false }), write);
}

function jsonView(write: (text: string) => void): View {
  const lines = observationLines({ write });
  return { show: (observation) => lines.observation(observation), end: () => {} };
}

function overviewView(kind: OverviewKind, { json, tsv }: ViewOptions, write: (text: string) => void): View {
  const overview = new Overview(kind);
  const form = json ? 'json' : tsv ? 'tsv' : 'text';
  let head = overviewHead(kind, form);
  const print = (lines: readonly string[]) => {
    if (head !== null) write(`${head}\n`);
    head = null;
    for (const line of lines) write(`${line}\n`);
  };
  return {
    show: (observation) => {
      const row = overview.take(observation);
      if (row !== null) print([overviewLine(kind, form, row)]);
    },
    end: () => print(overview.rest().map((row) => overviewLine(kind, form, row))),
  };
}

function findingsView({ json, tsv }: ViewOptions, write: (text: string) => void): View {
  const overview = new FindingsOverview();
  const linesOf = (rows: readonly FindingsRow[]) => {
    if (json) return rows.map((row) => JSON.stringify(row));
    return tsv ? findingsTsv(rows) : findingsText(rows, overview.sessionCount);
  };
  return {
    show: (observation) => overview.take(observation),
    end: () =>
      write(
        linesOf(overview.rows())
          .map((line) => `${line}\n`)
          .join(''),
      ),
  };
}

/** The lines of one observation are written together, so that none of them is left out alone. */
function plainView(plain: PlainText, write: (text: string) => void): View {
  const print = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''));
  return { show: (observation) => print(plain.lines(observation)), end: () => print(plain.rest()) };
}

/** As much of the process as decides it. */
interface TerminalFacts {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The dashboard is for terminals that can show it, unless another form is asked for. */
export function wantsDashboard(options: ViewOptions, { stdin, stdout, env }: TerminalFacts): boolean {
  if (options.dashboard) return true;
  const { json, plain, quiet, headless, overview, sumsFindings } = options;
  if (json || plain || quiet || headless || sumsFindings || overview !== undefined) return false;
  return stdin.isTTY === true && stdout.isTTY === true && !['', 'dumb'].includes(env['TERM'] ?? '');
}
