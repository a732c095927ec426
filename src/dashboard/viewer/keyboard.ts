// Keys into commands: the prompt takes them while it is open, then a question, then the table of commands.
import type { DashboardAction } from './action.js';
import { searchAgain } from './choosing-commands.js';
import { cannot, type DashboardCommand } from './command.js';
import { COMMANDS } from './commands.js';
import { type Prompt, remembered } from './prompt.js';
import type { Viewer } from './viewer.js';

/** A key as the terminal names it, and the character that it types, if any. */
export interface Key {
  readonly name: string;
  readonly character: string;
}

const BY_KEY: ReadonlyMap<string, DashboardCommand> = new Map(
  COMMANDS.flatMap((command) => command.keys.map((key) => [key, command] as const)),
);
const BY_NAME: ReadonlyMap<string, DashboardCommand> = new Map(COMMANDS.map((command) => [command.name, command]));

/** Does what a key asks for; gives what is not the dashboard's own to do. */
export function pressKey(viewer: Viewer, key: Key): readonly DashboardAction[] {
  viewer.message = null;
  viewer.isTouched = true;
  if (viewer.prompt !== null) return type(viewer, viewer.prompt, key);
  if (viewer.question !== null) return decide(viewer, viewer.question, key);
  const command = BY_KEY.get(key.name);
  if (command === undefined) return [];
  if (viewer.page !== null && command.worksOnPages === undefined) return cannot(viewer, 'q closes this page first');
  return command.run(viewer, '');
}

/** What is pasted is text for a prompt, and never keys: a pasted `:quit` ends nothing. */
export function paste(viewer: Viewer, text: string): void {
  const { prompt } = viewer;
  viewer.message = prompt === null ? 'pasted text is for a prompt, and ignored here' : null;
  viewer.candidates = [];
  for (const character of text.trim().replace(/\s+/g, ' ')) if (isTyped(character)) prompt?.insert(character);
}

const isTyped = (character: string) => /^[\x20-\x7e\u00a0-\uffff]$/.test(character);

function decide(
  viewer: Viewer,
  { ifYes }: { readonly ifYes: DashboardAction },
  { name }: Key,
): readonly DashboardAction[] {
  viewer.question = null;
  // Pressed twice, it is meant.
  if (name === 'y' || (name === 'C-c' && ifYes.kind === 'quit')) return [ifYes];
  viewer.message = 'left as it is';
  return [];
}

const EDITING: Readonly<Record<string, (prompt: Prompt) => void>> = {
  backspace: (prompt) => prompt.backspace(),
  delete: (prompt) => prompt.delete(),
  'C-d': (prompt) => prompt.delete(),
  'C-w': (prompt) => prompt.eraseWord(),
  'C-k': (prompt) => prompt.eraseRest(),
  left: (prompt) => prompt.left(),
  right: (prompt) => prompt.right(),
  home: (prompt) => prompt.home(),
  'C-a': (prompt) => prompt.home(),
  end: (prompt) => prompt.end(),
  'C-e': (prompt) => prompt.end(),
  'C-u': (prompt) => prompt.clear(),
  up: (prompt) => prompt.older(),
  down: (prompt) => prompt.newer(),
};

function type(viewer: Viewer, prompt: Prompt, { name, character }: Key): readonly DashboardAction[] {
  viewer.candidates = [];
  if (name === 'escape' || name === 'C-c') {
    viewer.prompt = null;
    return [];
  }
  if (name === 'enter') return enter(viewer, prompt);
  if (name === 'tab') viewer.candidates = complete(prompt);
  else if (Object.hasOwn(EDITING, name)) EDITING[name]?.(prompt);
  else if (isTyped(character)) prompt.insert(character);
  return [];
}

/** Completes the name of a command, or what the command that was typed takes; gives what it could still be, when there are several. */
function complete(prompt: Prompt): readonly string[] {
  if (prompt.purpose !== 'command') return [];
  const [name = '', ...rest] = prompt.text.split(' ');
  if (rest.length === 0) return prompt.complete([...BY_NAME.keys()]);
  const start = `${name} `;
  const candidates = (BY_NAME.get(name)?.candidates ?? []).map((candidate) => `${start}${candidate}`);
  return prompt.complete(candidates).map((candidate) => candidate.slice(start.length));
}

function enter(viewer: Viewer, prompt: Prompt): readonly DashboardAction[] {
  const { purpose, text } = prompt;
  if (purpose === 'filter') {
    const problem = viewer.filterBy(text);
    // What cannot be read stays to be mended.
    if (problem !== null) {
      viewer.message = problem;
      return [];
    }
  }
  viewer.prompt = null;
  if (!holdsSecret(prompt)) viewer.history[purpose] = remembered(viewer.history[purpose], text);
  if (purpose === 'search') {
    viewer.searchText = text;
    searchAgain(viewer, 1);
  }
  return purpose === 'command' ? runLine(viewer, text) : [];
}

function holdsSecret({ purpose, text }: Prompt): boolean {
  return purpose === 'command' && BY_NAME.get(text.trim().split(' ', 1)[0] ?? '')?.takesSecret === true;
}

/** A line of the `:` prompt: a command's name, and its argument. */
function runLine(viewer: Viewer, text: string): readonly DashboardAction[] {
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === '') return [];
  const command = BY_NAME.get(name);
  if (command !== undefined) {
    if (command.name === 'filter' && argument !== '') {
      viewer.message = viewer.filterBy(argument);
      return [];
    }
    return command.run(viewer, argument);
  }
  viewer.message = `no command ${name}: tab completes, ? lists them`;
  return [];
}
