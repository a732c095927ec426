// Rows of the dashboard as an SVG image: every character in its cell, in the colours of a common terminal.
import type { Row, Style } from '../../src/dashboard/rows/row.js';

const CELL = { width: 8.4, height: 18 } as const;
const MARGIN = 12;
const BACKGROUND = '#1c1f26';
const FOREGROUND = '#d8dee9';

const COLOURS: Readonly<Partial<Record<Style, string>>> = {
  dim: '#7b8494',
  preliminary: '#7b8494',
  completion: '#a3be8c',
  intermediate: '#88c0d0',
  'transient-negative': '#ebcb8b',
  'permanent-negative': '#e06c75',
  'link-complete': '#a3be8c',
  'link-ended-early': '#ebcb8b',
  violation: '#c678dd',
  'title-focused': '#88c0d0',
  valid: '#a3be8c',
  invalid: '#e06c75',
};
const TURNED: ReadonlySet<Style> = new Set<Style>(['title-focused', 'bar']);
const BOLD: ReadonlySet<Style> = new Set<Style>(['title', 'title-focused', 'link-complete', 'link-ended-early', 'key']);

export function svgOf(rows: readonly Row[], size: { readonly columns: number; readonly rows: number }): string {
  const width = Math.ceil(size.columns * CELL.width + 2 * MARGIN);
  const height = size.rows * CELL.height + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    '<title>The dashboard of ftpscope</title>',
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    ...rows.map(rowOf),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function rowOf(row: Row, index: number): string {
  let column = 0;
  const parts = row.map(({ text, style, selected }) => {
    const x = MARGIN + column * CELL.width;
    const y = MARGIN + index * CELL.height;
    column += text.length;
    const colour = COLOURS[style] ?? FOREGROUND;
    const turned = (selected ?? false) !== TURNED.has(style);
    const width = text.length * CELL.width;
    const back = turned
      ? `<rect x="${at(x)}" y="${y}" width="${at(width)}" height="${CELL.height}" fill="${colour}"/>`
      : '';
    if (text.trim() === '') return back;
    const weight = BOLD.has(style) ? ' font-weight="bold"' : '';
    const fill = turned ? BACKGROUND : colour;
    return `${back}<text x="${at(x)}" y="${y + 13}" fill="${fill}"${weight} textLength="${at(width)}">${escaped(text)}</text>`;
  });
  return parts.join('');
}

function at(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
