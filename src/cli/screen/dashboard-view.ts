// The dashboard as a view: opened when stdout is a terminal that can show it, closed whichever way the program ends. What is
// said on stderr meanwhile is shown in it, and said again when the terminal is free.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ReadStream } from 'node:tty';
import { Dashboard } from '../../dashboard/dashboard.js';
import { type BoardLimits, DEFAULT_BOARD_LIMITS } from '../../dashboard/model/board.js';
import { type Abilities, type DashboardAction, NO_ABILITIES } from '../../dashboard/viewer/action.js';
import { Diagnosed } from '../../diagnosis/diagnosed.js';
import type { Observation } from '../../dialogue/observation.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { IMPLICIT_FTPS_PORT } from '../../protocol/server-name.js';
import type { View } from '../program/view.js';
import { KeptRecording, replayed, writeCapture, writeTranscript } from '../recordings/kept-sessions.js';
import { type RereadRecording, sessionsBefore, wholeSessions } from '../recordings/look-back.js';
import {
  type CapturedTransfer,
  type Payloads,
  type RereadCapture,
  saveCapturedPayload,
  savePayload,
} from '../recordings/payload-saving.js';

/** What the command that runs can do for the one who looks; the dashboard is open before the command knows. */
export interface Operator {
  readonly abilities: Abilities;
  readonly act: (action: DashboardAction) => void;
  /** What is looked at, where more is known of it than when the dashboard was opened. */
  readonly title?: string;
  /** Where sessions are that are no longer kept; absent when `abilities.readBack` is false. */
  readonly recorded?: RereadRecording;
  /** Where the bytes of transfers are; absent when `abilities.payloads` is false. */
  readonly payloads?: Payloads;
  /** The folder that they are in, where they are files. */
  readonly payloadFolder?: string;
  /** Reads the capture again; absent when `abilities.capture` is false. */
  readonly recaptured?: RereadCapture;
}

export interface DashboardViewOptions {
  readonly title: string;
  /** How many sessions are kept, the newest. */
  readonly keepSessions?: number;
  /** Where keys come from, when that is not stdin. */
  readonly keys?: ReadStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly colors: boolean;
  readonly quit: () => void;
}

/** Notices beyond these are not said again. */
const MAX_HELD_NOTICES = 200;

export class DashboardView implements View {
  private readonly dashboard: Dashboard;
  private readonly held: string[] = [];
  private readonly limits: BoardLimits;
  private operator: Operator = { abilities: NO_ABILITIES, act: () => {} };
  /** Counts what was asked to be read back: whoever asks again does not wait for what was asked before. */
  private askedBack = 0;
  private isClosed = false;
  private hasClosed: () => void = () => {};
  private readonly closing = new Promise<void>((resolve) => {
    this.hasClosed = resolve;
  });

  constructor({ title, environment, colors, quit, keepSessions, keys }: DashboardViewOptions) {
    this.limits = { ...DEFAULT_BOARD_LIMITS, ...(keepSessions === undefined ? {} : { maxSessions: keepSessions }) };
    this.dashboard = new Dashboard({
      title,
      limits: this.limits,
      ...(keys === undefined ? {} : { keys }),
      abilities: () => this.operator.abilities,
      colours: colors,
      unicode: speaksUtf8(environment),
      act: (action) => {
        if (action.kind === 'quit') quit();
        else if (action.kind === 'read-whole') void this.restore(action.session);
        else if (action.kind === 'save-transcript') void this.save(action.sessions, action.file);
        else if (action.kind === 'export') void this.export(action.sessions, action.file);
        else if (action.kind === 'replay') void this.replay(action.session, action.password);
        else if (action.kind === 'read-back') void this.lookBack(action.before);
        else if (action.kind === 'save-payload') void this.savePayload(action.payload, action, inHome(action.file));
        else this.operator.act(action);
      },
    });
  }

  readonly stays = true;
  readonly show: View['show'] = (observation) => this.dashboard.show(observation);

  /** From now on `operator` does what the one who looks asks for. */
  operatedBy(operator: Operator): void {
    this.operator = operator;
    if (operator.title !== undefined) this.dashboard.retitle(operator.title);
  }

  /** Forgets what was shown: a recording is played from its beginning again. */
  startAnew(): void {
    this.askedBack += 1;
    this.dashboard.startAnew();
  }

  /** How a recording is being played. */
  playing(state: string): void {
    this.dashboard.playing(state);
  }

  /** Says something until the next key. */
  say(message: string): void {
    this.dashboard.say(message);
  }

  /** Takes what would have gone to stderr, and the same as it is said here. */
  notice(text: string, said: string): void {
    this.dashboard.say(said);
    if (this.held.length < MAX_HELD_NOTICES) this.held.push(text);
  }

  /** Gives the terminal back, and what was said meanwhile. */
  close(): readonly string[] {
    this.isClosed = true;
    this.hasClosed();
    this.askedBack += 1;
    this.dashboard.close();
    return this.held.splice(0);
  }

  end(): void {}

  private async savePayload(payload: string | null, transfer: CapturedTransfer, file: string): Promise<void> {
    const { payloads, recaptured } = this.operator;
    if (payload !== null && payloads !== undefined) this.dashboard.say(await savePayload(payloads, payload, file));
    if (payload !== null || recaptured === undefined) return;
    this.dashboard.say('reading the capture again for it');
    this.dashboard.say(await saveCapturedPayload(recaptured, transfer, file, () => this.isClosed));
  }

  private async lookBack(before: number): Promise<void> {
    const { recorded } = this.operator;
    if (recorded === undefined) return;
    this.askedBack += 1;
    const asked = this.askedBack;
    try {
      const archive = await sessionsBefore(before, recorded, this.limits, () => asked !== this.askedBack);
      if (archive === null) return;
      if (archive.sessions.size === 0) this.dashboard.say('there is no older session');
      else this.dashboard.lookBack(archive);
    } catch (error) {
      // Whatever is amiss with the file: what is shown is as good as before.
      this.dashboard.say(`cannot read back: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async save(sessions: readonly number[], file: string): Promise<void> {
    await this.withWhole(sessions, async (observations) =>
      writeTranscript(observations, inHome(file), this.operator.payloadFolder),
    );
  }

  private async export(sessions: readonly number[], file: string): Promise<void> {
    await this.withWhole(sessions, (observations) =>
      writeCapture(new KeptRecording(observations, this.operator.payloads), inHome(file)),
    );
  }

  private async replay(session: number, password: string | null): Promise<void> {
    const server = this.dashboard.serverOf(session);
    if (server === null) return this.dashboard.say('the session has no server to replay to');
    this.dashboard.say(`replaying session ${session} to ${formatEndpoint(server)}`);
    await this.withWhole([session], async (observations) => {
      const recording = new KeptRecording(observations, this.operator.payloads);
      const target = { ...server, implicitTls: server.port === IMPLICIT_FTPS_PORT };
      const lines = await replayed(recording, target, password, this.closing);
      this.dashboard.report(`Session ${session} replayed to ${formatEndpoint(server)}`, lines);
      return `session ${session} was replayed`;
    });
  }

  private async restore(session: number): Promise<void> {
    await this.withWhole([session], async (observations) => {
      const diagnosed = new Diagnosed();
      const whole = observations.flatMap((observation) => diagnosed.of(observation));
      this.dashboard.restore(session, whole);
      return null;
    });
  }

  /**
   * Does something with all that was said in these sessions, and says what came of it. It is read from where it is recorded, as of long
   * sessions the newest part is kept here; where nothing records them, what is kept is all there is.
   */
  private async withWhole(
    sessions: readonly number[],
    use: (observations: readonly Observation[]) => Promise<string | null>,
  ): Promise<void> {
    try {
      const whole = await this.wholeOf(sessions);
      if (whole === null || this.isClosed) return;
      const found = new Set(whole.map(({ session }) => session));
      const missing = sessions.filter((session) => !found.has(session));
      const said =
        missing.length > 0 ? `session ${missing.join(', ')} is not in the recording any more` : await use(whole);
      if (said !== null) this.dashboard.say(said);
    } catch (error) {
      // Whatever is amiss with the file: what is shown is as good as before.
      this.dashboard.say(`cannot read it back: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async wholeOf(sessions: readonly number[]): Promise<readonly Observation[] | null> {
    const { recorded, abilities } = this.operator;
    if (recorded === undefined || !abilities.readBack)
      return sessions.flatMap((session) => this.dashboard.observationsOf(session) ?? []);
    return wholeSessions(new Set(sessions), recorded, () => this.isClosed);
  }
}

/** There is no shell here that would read `~/` for those who type it. */
function inHome(file: string): string {
  return file.startsWith('~/') ? join(homedir(), file.slice(2)) : file;
}

/** As the C library decides it: the first of these that is set says which characters the terminal is written in. */
function speaksUtf8(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return /utf-?8/i.test(locale);
}
