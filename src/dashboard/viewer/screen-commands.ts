// Commands about the screen itself, about the recording that is played, and the ways out.
import { formatCount } from '../../words/quantities.js';
import type { DashboardAction, PlaybackChange } from './action.js';
import { type CommandRun, cannot, type DashboardCommand, looking, prompting } from './command.js';
import { back } from './moving-commands.js';
import { PANES, TROUBLE_PANES, type Viewer } from './viewer.js';

const SEEK_SECONDS = 10;

export const SCREEN_COMMANDS: readonly DashboardCommand[] = [
  {
    name: 'pause',
    keys: ['P'],
    purpose: 'recording: stand still, or go on',
    offeredIn: ['sessions', 'conversation'],
    needs: 'playback',
    label: 'pause',
    run: playing({ kind: 'pause' }),
  },
  { name: 'step', keys: ['.'], purpose: 'recording: one observation on', run: playing({ kind: 'step' }) },
  {
    name: 'faster',
    keys: ['+'],
    purpose: 'recording: twice as fast',
    run: playing({ kind: 'speed', factor: 2 }),
  },
  {
    name: 'slower',
    keys: ['-'],
    purpose: 'recording: half as fast',
    run: playing({ kind: 'speed', factor: 0.5 }),
  },
  {
    name: 'seek',
    keys: ['>'],
    purpose: 'recording: ten seconds on, or as many as said; below 0 they go back',
    argument: '[SECONDS]',
    run: seek,
  },
  {
    name: 'seek-back',
    keys: ['<'],
    purpose: 'recording: ten seconds back',
    run: playing({ kind: 'seek', byMs: -SEEK_SECONDS * 1000 }),
  },
  {
    name: 'troubles',
    keys: ['1'],
    purpose: 'what went wrong, by cause, and what to do about it',
    offeredIn: ['sessions'],
    label: 'troubles',
    run: looking((viewer) => viewer.turnTo('troubles')),
  },
  {
    name: 'sessions',
    keys: ['2'],
    purpose: 'all sessions, and their conversations',
    offeredIn: ['troubles', 'advice'],
    label: 'sessions',
    run: looking((viewer) => viewer.turnTo('sessions')),
  },
  {
    name: 'events',
    keys: ['E'],
    purpose: 'show or hide the events of all sessions',
    run: looking((viewer) => {
      viewer.showsEvents = !viewer.showsEvents;
      viewer.view = 'sessions';
      viewer.focus = viewer.showsEvents ? 'events' : 'sessions';
    }),
  },
  {
    name: 'reveal',
    keys: ['p'],
    purpose: 'show passwords that were recorded (--show-secrets), or mask them again',
    run: looking(({ conversation }) => {
      conversation.reveals = !conversation.reveals;
    }),
  },
  {
    name: 'maximise',
    keys: ['\\'],
    purpose: 'give the whole screen to the pane, or share it again',
    run: looking((viewer) => {
      viewer.maximised = !viewer.maximised;
    }),
  },
  {
    name: 'quick-help',
    keys: ['H'],
    purpose: 'show or hide the line of keys at the bottom',
    worksOnPages: '',
    run: looking((viewer) => {
      viewer.quickHelp = !viewer.quickHelp;
    }),
  },
  {
    name: 'help',
    keys: ['?'],
    purpose: 'show or hide this help',
    worksOnPages: 'help',
    offeredIn: [...PANES, ...TROUBLE_PANES],
    label: 'help',
    run: looking((viewer) => {
      viewer.turnToPage(viewer.page === null ? { kind: 'help' } : null);
    }),
  },
  {
    name: 'command',
    keys: [':'],
    purpose: 'type a command by its name',
    worksOnPages: 'command',
    run: prompting('command', () => ''),
  },
  {
    name: 'quit-or-back',
    keys: ['q'],
    purpose: 'close what is open; leave when nothing is',
    worksOnPages: 'close',
    offeredIn: [...PANES, ...TROUBLE_PANES],
    label: 'quit',
    run: (viewer) => {
      if (viewer.page === null && !viewer.maximised && viewer.focus === viewer.view) return leave(viewer);
      back(viewer);
      return [];
    },
  },
  { name: 'quit', keys: ['Q', 'C-c'], purpose: 'leave', worksOnPages: 'quit', run: leave },
];

/** Where that ends sessions of others, it is asked first. */
function leave(viewer: Viewer): readonly DashboardAction[] {
  const { live } = viewer.present.totals;
  if (live === 0 || !viewer.options.abilities().endsSessions) return [{ kind: 'quit' }];
  viewer.question = { text: `Leave, and end ${formatCount(live, 'live session')}?`, ifYes: { kind: 'quit' } };
  return [];
}

function playing(change: PlaybackChange): CommandRun {
  return (viewer) =>
    viewer.options.abilities().playback
      ? [{ kind: 'playback', change }]
      : cannot(viewer, 'this is live, and no recording that could be played otherwise');
}

function seek(viewer: Viewer, argument: string): ReturnType<CommandRun> {
  const seconds = argument === '' ? SEEK_SECONDS : Number(argument);
  if (!Number.isFinite(seconds)) return cannot(viewer, `${argument} is no number of seconds`);
  return playing({ kind: 'seek', byMs: seconds * 1000 })(viewer, '');
}
