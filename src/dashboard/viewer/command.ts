// What a command of the dashboard is, and the two commonest ways to make one. The commands themselves stand in tables by
// what they are about.
import type { Abilities, DashboardAction } from './action.js';
import { Prompt, type PromptPurpose } from './prompt.js';
import type { PaneName, Viewer } from './viewer.js';

export interface DashboardCommand {
  readonly name: string;
  /** As the terminal names them: `j`, `down`, `C-f`, `S-tab`. */
  readonly keys: readonly string[];
  readonly purpose: string;
  /** Where the quick help offers it; nowhere when absent. */
  readonly offeredIn?: readonly PaneName[];
  /** Without that the quick help does not offer it. */
  readonly needs?: keyof Abilities;
  /** One word for the quick help. */
  readonly label?: string;
  /** Works on pages, too, offered there as this, or not offered; others would act on panes that are not seen. */
  readonly worksOnPages?: string;
  /** What an argument stands for, in the help. */
  readonly argument?: string;
  /** The argument is a secret: the line is not remembered. */
  readonly takesSecret?: true;
  /** What an argument can be, for completion. */
  readonly candidates?: readonly string[];
  readonly run: (viewer: Viewer, argument: string) => readonly DashboardAction[];
}

export type CommandRun = DashboardCommand['run'];

/** A command that changes the viewer alone. */
export function looking(change: (viewer: Viewer, argument: string) => void): CommandRun {
  return (viewer, argument) => {
    change(viewer, argument);
    return [];
  };
}

/** A command that asks for a line of text. */
export function prompting(purpose: PromptPurpose, start: (viewer: Viewer) => string): CommandRun {
  return looking((viewer) => {
    viewer.prompt = new Prompt(purpose, start(viewer), viewer.history[purpose]);
  });
}

/** Nothing is done, and the viewer is told why. */
export function cannot(viewer: Viewer, why: string): readonly DashboardAction[] {
  viewer.message = why;
  return [];
}
