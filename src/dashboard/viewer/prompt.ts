// A line that the user types: a command, a filter, or what to search for. Editing, history and completion; knows neither
// keys nor screen.

export type PromptPurpose = 'command' | 'filter' | 'search';

const MAX_HISTORY = 100;
const MAX_CHARACTERS = 500;

export class Prompt {
  private cursorAt: number;
  private past: number;
  private draft: string;

  constructor(
    readonly purpose: PromptPurpose,
    private value: string,
    private readonly history: readonly string[],
  ) {
    this.cursorAt = value.length;
    this.past = history.length;
    this.draft = value;
  }

  get text(): string {
    return this.value;
  }

  get cursor(): number {
    return this.cursorAt;
  }

  insert(text: string): void {
    if (this.value.length + text.length > MAX_CHARACTERS) return;
    this.value = this.value.slice(0, this.cursorAt) + text + this.value.slice(this.cursorAt);
    this.cursorAt += text.length;
  }

  backspace(): void {
    if (this.cursorAt === 0) return;
    this.value = this.value.slice(0, this.cursorAt - 1) + this.value.slice(this.cursorAt);
    this.cursorAt -= 1;
  }

  /** Takes the character under the cursor. */
  delete(): void {
    this.value = this.value.slice(0, this.cursorAt) + this.value.slice(this.cursorAt + 1);
  }

  /** Empties the line up to the cursor. */
  clear(): void {
    this.eraseFrom(0);
  }

  /** Takes the word before the cursor, and the blanks behind it. */
  eraseWord(): void {
    this.eraseFrom(this.value.slice(0, this.cursorAt).trimEnd().lastIndexOf(' ') + 1);
  }

  eraseRest(): void {
    this.value = this.value.slice(0, this.cursorAt);
  }

  left(): void {
    this.cursorAt = Math.max(0, this.cursorAt - 1);
  }

  right(): void {
    this.cursorAt = Math.min(this.value.length, this.cursorAt + 1);
  }

  home(): void {
    this.cursorAt = 0;
  }

  end(): void {
    this.cursorAt = this.value.length;
  }

  older(): void {
    this.recall(this.past - 1);
  }

  newer(): void {
    this.recall(this.past + 1);
  }

  /** Completes the text to what all candidates that begin with it share; gives the candidates when there are several. */
  complete(candidates: readonly string[]): readonly string[] {
    const fitting = candidates.filter((candidate) => candidate.startsWith(this.value));
    const [first] = fitting;
    if (first === undefined) return [];
    this.value = fitting.reduce(sharedStart, first) + (fitting.length === 1 ? ' ' : '');
    this.cursorAt = this.value.length;
    return fitting.length === 1 ? [] : fitting;
  }

  private eraseFrom(start: number): void {
    this.value = this.value.slice(0, start) + this.value.slice(this.cursorAt);
    this.cursorAt = start;
  }

  private recall(index: number): void {
    if (index < 0 || index > this.history.length) return;
    if (this.past === this.history.length) this.draft = this.value;
    this.past = index;
    this.value = this.history[index] ?? this.draft;
    this.cursorAt = this.value.length;
  }
}

/** The history with `text` as its newest line, once. */
export function remembered(history: readonly string[], text: string): readonly string[] {
  if (text === '') return history;
  return [...history.filter((line) => line !== text), text].slice(-MAX_HISTORY);
}

function sharedStart(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return left.slice(0, length);
}
