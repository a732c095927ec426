// Commands that ask for something to be done: to sessions, transfers and files. What cannot be taken back is asked first.
import { formatBytes, formatCount } from '../../words/quantities.js';
import { eventText, linkEnds, linkUse } from '../rows/board-words.js';
import { COLUMNS } from '../rows/columns.js';
import { oneColumnEach, textOf } from '../rows/row.js';
import { adviceText } from '../rows/trouble-words.js';
import type { DashboardAction } from './action.js';
import { cannot, type DashboardCommand } from './command.js';
import { Prompt } from './prompt.js';
import type { Viewer } from './viewer.js';

export const ACTING_COMMANDS: readonly DashboardCommand[] = [
  {
    name: 'kill',
    keys: ['X'],
    purpose: 'end the session; in the links pane the transfer',
    offeredIn: ['sessions', 'links'],
    needs: 'kill',
    label: 'kill',
    run: (viewer) => (viewer.focus === 'links' ? askToKillTransfer(viewer) : askToKillSession(viewer)),
  },
  {
    name: 'save',
    keys: ['w'],
    purpose: 'write the marked sessions, or the one under the cursor, as a transcript',
    argument: 'FILE',
    run: (viewer, argument) => saveTranscripts(viewer, 'save-transcript', 'save', argument),
  },
  {
    name: 'export',
    keys: ['x'],
    purpose: 'write the marked sessions, or the one under the cursor, as a capture (pcapng)',
    argument: 'FILE',
    run: (viewer, argument) => saveTranscripts(viewer, 'export', 'export', argument),
  },
  {
    name: 'save-payload',
    keys: ['b'],
    purpose: 'write the bytes of the transfer under the cursor to a file',
    argument: 'FILE',
    offeredIn: ['conversation'],
    needs: 'payloads',
    label: 'bytes',
    run: savePayload,
  },
  {
    name: 'replay',
    keys: ['r'],
    purpose: 'replay the session to its server, and show what differs; with the password where that is masked',
    argument: '[PASSWORD]',
    takesSecret: true,
    run: (viewer, password) => {
      const { session } = viewer;
      if (session === null || !viewer.options.abilities().replay)
        return cannot(viewer, 'replaying is not possible here');
      const missing = missingWords(viewer, [session.card.number]);
      if (missing !== null) return cannot(viewer, `it cannot be replayed: ${missing}`);
      viewer.question = {
        text: `Replay session ${session.card.number} to its server? Nothing that changes the server is sent`,
        ifYes: { kind: 'replay', session: session.card.number, password: password === '' ? null : password },
      };
      return [];
    },
  },
  {
    name: 'copy',
    keys: ['y'],
    purpose: 'copy the row under the cursor, or a whole report (OSC 52, works over ssh)',
    worksOnPages: 'copy',
    run: (viewer) => {
      const text = copiedText(viewer);
      if (text === '') return cannot(viewer, 'there is nothing to copy');
      viewer.message = 'copied';
      return [{ kind: 'copy', text }];
    },
  },
];

function askToKillSession(viewer: Viewer): readonly DashboardAction[] {
  const card = viewer.session?.card;
  if (!viewer.options.abilities().kill) return cannot(viewer, whyNotToKill(viewer));
  if (card === undefined || card.closed !== null) return cannot(viewer, 'there is no live session under the cursor');
  viewer.question = {
    text: `End session ${card.number}${card.user === null ? '' : ` of ${card.user}`}?`,
    ifYes: { kind: 'kill-session', session: card.number },
  };
  return [];
}

function whyNotToKill({ playback }: Viewer): string {
  return playback === null ? 'nothing can be ended here' : 'what is recorded cannot be ended';
}

function askToKillTransfer(viewer: Viewer): readonly DashboardAction[] {
  const link = viewer.openLinks[viewer.links.cursor];
  if (!viewer.options.abilities().kill) return cannot(viewer, whyNotToKill(viewer));
  if (link === undefined) return cannot(viewer, 'there is no data link under the cursor');
  const { session, facts } = link;
  viewer.question = {
    text: `End the transfer of session ${session}?`,
    ifYes: { kind: 'kill-transfer', session, link: facts.link },
  };
  return [];
}

/** Marked sessions, or the one under the cursor when none is marked. Marks of sessions that were let go count for nothing. */
function saveTranscripts(
  viewer: Viewer,
  kind: 'save-transcript' | 'export',
  command: string,
  file: string,
): readonly DashboardAction[] {
  const marked = [...viewer.selection.marked].filter((number) => viewer.board.sessions.has(number));
  const current = viewer.session?.card.number;
  const sessions = marked.length > 0 || current === undefined ? marked : [current];
  if (sessions.length === 0) return cannot(viewer, 'there is no session to save');
  if (file === '') return askForFile(viewer, command);
  return sureOfWhole(viewer, sessions, { kind, sessions, file });
}

/** What is missing is said before anything is written. */
function sureOfWhole(viewer: Viewer, sessions: readonly number[], action: DashboardAction): readonly DashboardAction[] {
  const missing = missingWords(viewer, sessions);
  if (missing === null) return [action];
  viewer.question = { text: `${missing}. Write what is left?`, ifYes: action };
  return [];
}

/** Long sessions are kept in part; null where the rest can be read from a file, or nothing is missing. */
function missingWords(viewer: Viewer, sessions: readonly number[]): string | null {
  if (viewer.options.abilities().readBack) return null;
  const cut = sessions.filter((number) => (viewer.board.sessions.get(number)?.conversation.dropped ?? 0) > 0);
  const [first] = cut;
  if (first === undefined) return null;
  const dropped = viewer.board.sessions.get(first)?.conversation.dropped ?? 0;
  const others = cut.length === 1 ? '' : `, and parts of ${formatCount(cut.length - 1, 'other')}`;
  return `the first ${formatCount(dropped, 'entry', 'entries')} of session ${first}${others} are not kept, as nothing is recorded (-w)`;
}

function savePayload(viewer: Viewer, file: string): readonly DashboardAction[] {
  const { session } = viewer;
  const row = session === null ? null : viewer.conversation.current(session, viewer.symbols);
  const entry = row === null ? undefined : session?.conversation.entries[row.entry - session.conversation.dropped];
  if (session === null || entry?.kind !== 'transfer' || entry.facts.kind !== 'link-closed') {
    return cannot(viewer, 'put the cursor on a transfer that is over');
  }
  const { payload, bytes, link } = entry.facts;
  const { payloads, capture } = viewer.options.abilities();
  if (payload === undefined && !capture) return cannot(viewer, 'its bytes were not kept: see --payloads');
  if (payload === undefined && bytes === 0) return cannot(viewer, 'it carried no bytes');
  if (payload !== undefined && !payloads) return cannot(viewer, `its bytes are with the proxy, in ${payload}`);
  if (file === '') return askForFile(viewer, 'save-payload');
  return [{ kind: 'save-payload', session: session.card.number, link, payload: payload ?? null, file }];
}

/** The file's name is typed behind the command, as on the `:` line. */
function askForFile(viewer: Viewer, command: string): readonly DashboardAction[] {
  viewer.prompt = new Prompt('command', `${command} `, viewer.history.command);
  return [];
}

/** The row under the cursor of the focused pane, uncut; of a report all of it. Empty when there is nothing under the cursor. */
function copiedText(viewer: Viewer): string {
  if (viewer.page !== null) return viewer.page.kind === 'report' ? viewer.page.lines.map(oneColumnEach).join('\n') : '';
  switch (viewer.focus) {
    case 'sessions':
      return sessionText(viewer);
    case 'conversation': {
      const row = viewer.session === null ? null : viewer.conversation.current(viewer.session, viewer.symbols);
      return row === null ? '' : textOf(row.row);
    }
    case 'links':
      return linkText(viewer);
    case 'troubles':
    case 'advice':
      return viewer.trouble === null ? '' : adviceText(viewer.trouble).join('\n');
    case 'events': {
      const event = viewer.board.events.items[viewer.events.cursor];
      return event === undefined ? '' : oneColumnEach(eventText(event));
    }
  }
}

/** As in the list, columns that have nothing to say left out. */
function sessionText({ session, board, symbols }: Viewer): string {
  if (session === null) return '';
  return COLUMNS.filter(({ isSign }) => !isSign)
    .map((column) => column.text(session.card, { now: board.lastAt, symbols }))
    .filter(Boolean)
    .join('  ');
}

function linkText({ openLinks, links, symbols }: Viewer): string {
  const link = openLinks[links.cursor];
  if (link === undefined) return '';
  const { session, facts } = link;
  return `#${session}  ${linkUse(facts)}  ${formatBytes(facts.bytes)}  ${linkEnds(facts, symbols)}`;
}
