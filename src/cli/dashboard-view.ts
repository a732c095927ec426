// The dashboard as a view: opened when stdout is a terminal that can show it, closed whichever way the program ends. What is
// said on stderr meanwhile is shown in it, and said again when the terminal is free.
import { Dashboard } from '../dashboard/dashboard.js';
import type { Abilities, DashboardAction } from '../dashboard/viewer/action.js';
import { RecordingError } from '../session/recording-error.js';
import { openTranscript } from '../transcript/transcript-file.js';
import { formatCount } from '../words/quantities.js';
import { transcriptHeader } from './recording.js';
import type { View } from './view.js';

/** What the command that runs can do for the one who looks; the dashboard is open before the command knows. */
export interface Operator {
  readonly abilities: Abilities;
  readonly act: (action: DashboardAction) => void;
}

export interface DashboardViewOptions {
  readonly title: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly quit: () => void;
}

const NOTHING: Abilities = { kill: false, payloads: false, replay: false, playback: false, readBack: false };

/** Notices beyond these are not said again. */
const MAX_HELD_NOTICES = 200;

export class DashboardView implements View {
  private readonly dashboard: Dashboard;
  private readonly held: string[] = [];
  private operator: Operator = { abilities: NOTHING, act: () => {} };

  constructor({ title, environment, quit }: DashboardViewOptions) {
    this.dashboard = new Dashboard({
      title,
      abilities: () => this.operator.abilities,
      colours: !environment['NO_COLOR'],
      unicode: speaksUtf8(environment),
      act: (action) => {
        if (action.kind === 'quit') quit();
        else if (action.kind === 'save-transcript') this.save(action.sessions, action.file);
        else this.operator.act(action);
      },
    });
  }

  readonly stays = true;
  readonly show: View['show'] = (observation) => this.dashboard.show(observation);

  /** From now on `operator` does what the one who looks asks for. */
  operatedBy(operator: Operator): void {
    this.operator = operator;
  }

  /** Takes what would have gone to stderr. */
  notice(text: string): void {
    this.dashboard.say(text.trim());
    if (this.held.length < MAX_HELD_NOTICES) this.held.push(text);
  }

  /** Gives the terminal back, and what was said meanwhile. */
  close(): readonly string[] {
    this.dashboard.close();
    return this.held.splice(0);
  }

  end(): void {}

  /** Writes what is kept of sessions as a transcript. */
  private save(sessions: readonly number[], file: string): void {
    const observations = sessions.flatMap((session) => this.dashboard.observationsOf(session) ?? []);
    try {
      const transcript = openTranscript(file, transcriptHeader());
      for (const observation of observations) transcript.write(observation);
      transcript.close();
      this.dashboard.say(`${formatCount(sessions.length, 'session')} written to ${file}`);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.dashboard.say(error.message);
    }
  }
}

/** As the C library decides it: the first of these that is set says which characters the terminal is written in. */
function speaksUtf8(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return /utf-?8/i.test(locale);
}
