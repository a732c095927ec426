// Throughput against concurrent transfers, as an SVG that is read on light and dark pages.
import { type AtOnce, COUNTS } from './at-once.js';

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 60;
const RIGHT = 170;
const TOP = 30;
const BOTTOM = 50;
const COLOURS = ['#888888', '#d55e00', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#0072b2'];
const STEPS = 5;
/** Names beside each other's lines are not set over each other. */
const LEAST_GAP = 16;

const x = (index: number) => LEFT + (index * (WIDTH - LEFT - RIGHT)) / (COUNTS.length - 1);

export function plot(measured: readonly AtOnce[]): string {
  const values = measured.flatMap(({ points }) => points.map(({ gigabytesPerSecond }) => gigabytesPerSecond));
  const top = Math.ceil(Math.max(...values) * 2) / 2;
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const grid = Array.from({ length: STEPS + 1 }, (_, step) => {
    const value = (top * step) / STEPS;
    const at = y(value).toFixed(1);
    return `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#8884"/><text x="${LEFT - 8}" y="${at}" text-anchor="end" dy="4">${value.toFixed(1)}</text>`;
  });
  const ticks = COUNTS.map(
    (count, index) => `<text x="${x(index)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${count}</text>`,
  );
  const lines = measured.map(({ name, points }, index) => {
    const path = points.map(({ gigabytesPerSecond }, at) => `${x(at)},${y(gigabytesPerSecond).toFixed(1)}`).join(' ');
    const width = name === 'ours' ? 4 : 2;
    return `<polyline points="${path}" fill="none" stroke="${COLOURS[index % COLOURS.length]}" stroke-width="${width}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#888">
<title>Throughput against concurrent transfers</title>
<text x="${LEFT - 40}" y="18">GB/s, all together</text>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">downloads at once</text>
${[...grid, ...ticks, ...lines, ...names(measured, y)].join('\n')}
</svg>
`;
}

/** At the right end of each line, from the top down. */
function names(measured: readonly AtOnce[], y: (value: number) => number): string[] {
  const ends = measured.map(({ name, points }, index) => ({
    name: name === 'ours' ? 'ftpscope' : name === 'portable' ? 'ftpscope, portable' : name,
    colour: COLOURS[index % COLOURS.length],
    at: y(points.at(-1)?.gigabytesPerSecond ?? 0),
  }));
  let before = Number.NEGATIVE_INFINITY;
  return ends
    .sort((one, other) => one.at - other.at)
    .map(({ name, colour, at }) => {
      before = Math.max(at, before + LEAST_GAP);
      return `<text x="${WIDTH - RIGHT + 10}" y="${before.toFixed(1)}" dy="4" fill="${colour}">${name}</text>`;
    });
}
