// The pages that users read, taken apart: their commands, the code in their sentences, their headings and links.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Markdown, by its path from the root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

export interface Block {
  readonly page: string;
  /** Of its fence, from 1. */
  readonly line: number;
  /** One each, whole: lines that end in a backslash are joined. */
  readonly commands: readonly string[];
}

/** How to use the program: README, SECURITY and all of docs/. */
export const USER_PAGES: readonly Page[] = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(`${ROOT}docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
].map(pageAt);

/** Every page. */
export const PAGES: readonly Page[] = [
  ...USER_PAGES,
  ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'fixtures/README.md'].map(pageAt),
];

function pageAt(path: string): Page {
  return { path, text: readFileSync(`${ROOT}${path}`, 'utf8') };
}

const FENCED = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** What a page says to type: blocks of `sh`, which a test types, or of `shell`, which need what only the reader has. */
export function shellBlocks(page: Page, language: 'sh' | 'shell' = 'sh'): Block[] {
  return blocksIn(language, page).map(({ line, body }) => ({
    page: page.path,
    line,
    commands: body
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((command) => command !== ''),
  }));
}

/** The blocks of one language, and the lines at which they begin. */
export function blocksIn(language: string, { text }: Page): { readonly line: number; readonly body: string }[] {
  return [...text.matchAll(FENCED)]
    .filter(([, named]) => named === language)
    .map(({ index, 2: body = '' }) => ({ line: text.slice(0, index).split('\n').length, body }));
}

/** Code within sentences and tables. */
export function codeSpans({ text }: Page): string[] {
  const spans = text.replaceAll(FENCED, '').matchAll(/`([^`]+)`/g);
  return Array.from(spans, ([, code = '']) => code.replaceAll('\\|', '|'));
}

/** As GitHub names the headings of a page. */
export function anchors({ text }: Page): Set<string> {
  const headings = text.replaceAll(FENCED, '').matchAll(/^#+ (.+)$/gm);
  return new Set(Array.from(headings, ([, heading = '']) => slug(heading)));
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Targets of links and images, those of other hosts left out. */
export function links({ text }: Page): string[] {
  const targets = text.replaceAll(FENCED, '').matchAll(/\]\(([^)\s]+)\)/g);
  return Array.from(targets, ([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** The words of a command as a shell reads them, up to the first pipe, redirection or further command. */
export function shellWords(command: string): string[] {
  const end = /^(?:[^'"|>&;]|'[^']*'|"[^"]*")*/.exec(command)?.[0] ?? '';
  const words = end.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g);
  return Array.from(words, ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}
