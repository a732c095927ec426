// `npm run performance`: measures the proxy and what else relays FTP in one run, and writes the figures into docs/performance.md (behind
// its marker) and docs/performance.svg. Takes some ten minutes.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Cleanup } from '../bench/cleanup.js';
import { noVsftpd } from '../bench/stage.js';
import { type AtOnce, COUNTS, measureAtOnce } from './at-once.js';
import { plot } from './plot.js';
import { measureSessions } from './sessions.js';
import { measureVariants } from './variants.js';

const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const PLOT = fileURLToPath(new URL('../../docs/performance.svg', import.meta.url));
const MARKER = '<!-- npm run performance writes what follows -->\n';

type Cells = readonly string[];

function table(heading: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.join(' | ')} |\n`;
  return line(heading) + line(heading.map(() => '---')) + rows.map(line).join('');
}

function atOnceTable(measured: readonly AtOnce[]): string {
  const heading = [
    'through',
    ...COUNTS.map((count) => `${count} at once, GB/s (CPU s per GiB)`),
    `NOOP during ${COUNTS.at(-1)}: p50, p99 ms`,
  ];
  const rows = measured.map(({ name, points }) => [
    name,
    ...points.map(({ gigabytesPerSecond, secondsPerGibibyte }) => {
      const spent = name === 'direct' ? '' : ` (${secondsPerGibibyte.toFixed(2)})`;
      return `${gigabytesPerSecond.toFixed(2)}${spent}`;
    }),
    `${points.at(-1)?.noopP50Ms.toFixed(1)}, ${points.at(-1)?.noopP99Ms.toFixed(1)}`,
  ]);
  return table(heading, rows);
}

async function measureAll(): Promise<string> {
  const cleanup = new Cleanup();
  const part = async <T>(what: string, measure: (cleanup: Cleanup) => Promise<T>): Promise<T> => {
    process.stderr.write(`${what} ...\n`);
    return await measure(cleanup).finally(() => cleanup.run());
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanup.run().finally(() => process.exit(1)));
  }
  const [loadBefore = 0] = loadavg();
  const atOnce = await part('transfers at once', measureAtOnce);
  const variants = await part('transcript, payloads, dashboard, attach', measureVariants);
  const sessions = await part('sessions', measureSessions);
  await writeFile(PLOT, plot(atOnce));
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(new Date());
  const machine = `Node ${process.versions.node}, ${process.platform}, ${cpus().length} cores (${cpus()[0]?.model ?? '?'})`;
  return [
    `## Measured\n\n${date}, ${machine}; server, clients and relays share them.
Load average ${loadBefore.toFixed(0)} before. Figures of one column may be compared, and with another run's only where the load was alike.\n`,
    '![Throughput against concurrent transfers](performance.svg)\n',
    `Plain downloads of 1 GiB together, medians of interleaved rounds; "portable" is ours with \`--pump portable\`:\n\n${atOnceTable(atOnce)}`,
    `What watching and recording cost (memory of the main process):\n\n${table(
      ['', 'CPU s per GiB', 'CPU s per 1,000 transfers of 1 KiB', 'memory after that, MiB'],
      variants.map(({ name, secondsPerGibibyte, secondsPerThousand, mebibytes }) => [
        name,
        secondsPerGibibyte.toFixed(2),
        secondsPerThousand.toFixed(2),
        mebibytes.toFixed(0),
      ]),
    )}`,
    `Sessions that are logged in and silent, and the control line of one more:\n\n${table(
      ['sessions', 'memory, MiB', 'NOOP: p50, p99 ms'],
      sessions.map(({ count, mebibytes, p50Ms, p99Ms }) => [
        String(count),
        mebibytes.toFixed(0),
        `${p50Ms.toFixed(2)}, ${p99Ms.toFixed(2)}`,
      ]),
    )}`,
  ].join('\n');
}

const absent = noVsftpd();
if (absent !== undefined) {
  process.stderr.write(`${absent}\n`);
  process.exit(1);
}
const page = await readFile(PAGE, 'utf8');
const figures = await measureAll();
await writeFile(PAGE, `${page.split(MARKER, 1)[0] ?? ''}${MARKER}\n${figures}`);
process.stderr.write(`wrote ${PAGE} and ${PLOT}\n`);
