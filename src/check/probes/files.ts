// One file that is there: its size in both types, its time in both clocks, and a download that goes on in the middle.
import { isCompletion, isNegative } from '../../protocol/reply.js';
import { formatBytes, formatDuration } from '../../words/quantities.js';
import type { Bench } from '../bench.js';
import type { Conclusion } from '../findings.js';
import { parseTimeValue, readListing } from '../listing.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';
import { isDataRefusal } from './data-modes.js';

export const FILE_PROBES: readonly Probe[] = [
  { id: 'size', group: 'files', needs: 'login', run: size },
  { id: 'restart', group: 'files', needs: 'login', run: restart },
  { id: 'restart-beyond-end', group: 'files', needs: 'login', run: beyondEnd },
  { id: 'times', group: 'files', needs: 'login', run: times },
];

/** At most so much of a file is fetched. */
const MAX_TAIL_BYTES = 1000;

const numberIn = (text: string) => {
  const digits = /^213[ -](\d{1,15})\s*$/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
};

async function size(bench: Bench): Promise<Outcome | null> {
  const file = await bench.sample();
  if (file === null) return null;
  const talk = await bench.session();
  await talk.ask('TYPE A');
  const inAscii = await talk.ask(`SIZE ${file.path}`);
  await talk.ask('TYPE I');
  const inImage = await talk.ask(`SIZE ${file.path}`);
  const bytes = numberIn(inImage.lines.at(-1) ?? '');
  const listed = file.entry.bytes;
  const conclusions: Conclusion[] = [];
  if (isNegative(inAscii.code) && isCompletion(inImage.code))
    conclusions.push({
      diagnosis: 'size-in-ascii-refused',
      severity: 'note',
      title: `SIZE is refused in ASCII type: ${answerText(inAscii)}`,
      values: { reply: answerText(inAscii) },
    });
  if (bytes !== null && listed !== null && bytes !== listed)
    conclusions.push({
      diagnosis: 'size-mismatch',
      severity: 'warning',
      title: `SIZE says ${bytes} bytes of a file that LIST shows with ${listed}`,
    });
  return {
    text: `SIZE of a file: ${answerText(inImage)}; in ASCII type: ${answerText(inAscii)}`,
    facts: { bytes, listedBytes: listed, inAscii: inAscii.code },
    conclusions,
  };
}

/** Reads the end of the file alone. */
async function restart(bench: Bench): Promise<Outcome | null> {
  const file = await bench.sample();
  const bytes = file?.entry.bytes ?? 0;
  if (file === null || bytes < 2) return null;
  const offset = Math.max(1, bytes - MAX_TAIL_BYTES);
  const fetched = await fetchFrom(bench, file.path, offset);
  if (fetched.kind === 'refused')
    return {
      text: `REST is refused: ${fetched.reply}`,
      facts: { works: false, reply: fetched.reply },
      conclusions: [
        {
          diagnosis: 'resume-not-permitted',
          severity: 'note',
          title: `the server does not let downloads go on in the middle: ${fetched.reply}`,
          values: { reply: fetched.reply },
        },
      ],
    };
  if (fetched.kind === 'unread') return { text: `REST: not judged: ${fetched.reply}`, isOpen: true };
  const works = fetched.bytes === bytes - offset;
  return {
    text: `a download from byte ${offset} of ${bytes}: ${formatBytes(fetched.bytes)} came${works ? '' : `, not ${bytes - offset}`}`,
    facts: { works, offset, bytes: fetched.bytes },
    conclusions: works
      ? []
      : [
          {
            diagnosis: 'rest-lost',
            severity: 'error',
            title: `a download from byte ${offset} of ${bytes} brings ${fetched.bytes} bytes: resumed files are damaged`,
            values: { offset },
          },
        ],
  };
}

async function beyondEnd(bench: Bench): Promise<Outcome | null> {
  const file = await bench.sample();
  const bytes = file?.entry.bytes ?? 0;
  if (file === null || bytes < 2) return null;
  const fetched = await fetchFrom(bench, file.path, bytes + MAX_TAIL_BYTES);
  if (fetched.kind !== 'came')
    return { text: `a download from beyond the end is refused: ${fetched.reply}`, facts: { refused: true, bytes: 0 } };
  return {
    text: `a download from beyond the end: ${formatBytes(fetched.bytes)} came: ${fetched.reply}`,
    facts: { refused: false, bytes: fetched.bytes },
    conclusions:
      fetched.bytes === 0
        ? []
        : [
            {
              diagnosis: 'rest-out-of-range',
              severity: 'warning',
              title: `a download from beyond the end of the file brings ${fetched.bytes} bytes instead of a refusal`,
              values: { reply: fetched.reply },
            },
          ],
  };
}

type Fetched =
  | { readonly kind: 'refused'; readonly reply: string }
  | { readonly kind: 'unread'; readonly reply: string }
  | { readonly kind: 'came'; readonly bytes: number; readonly reply: string };

async function fetchFrom(bench: Bench, path: string, offset: number): Promise<Fetched> {
  await (await bench.session()).ask('TYPE I');
  const carried = await bench.fetch(`RETR ${path}`, { restAt: offset });
  if (carried === null) return { kind: 'unread', reply: 'no data connection came about' };
  const { rest, final } = carried;
  if (final === null) return { kind: 'refused', reply: rest === null ? '' : answerText(rest) };
  const reply = answerText(final);
  // A missing right to read says nothing of REST.
  if (isDataRefusal(final.code) || final.code === 550) return { kind: 'unread', reply };
  if (isNegative(final.code)) return { kind: 'refused', reply };
  return { kind: 'came', bytes: carried.text.length, reply };
}

const QUARTER_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

/** LIST shows minutes, in whatever clock; MDTM and MLSD must be UTC (RFC 3659 sections 2.3 and 7.5.3). */
async function times(bench: Bench): Promise<Outcome | null> {
  const file = await bench.sample();
  const listed = file?.entry.modifiedMs ?? null;
  if (file === null || listed === null) return null;
  const answer = await (await bench.session()).ask(`MDTM ${file.path}`);
  const mdtm = parseTimeValue(/^213[ -](.*)$/.exec(answer.lines.at(-1) ?? '')?.[1] ?? '');
  if (mdtm === null) return { text: `MDTM: ${answerText(answer)}`, facts: { mdtm: null } };
  const inMlsd = await modifyOf(bench, file.path);
  const shift = listed - Math.floor(mdtm / MINUTE_MS) * MINUTE_MS;
  const facts = {
    mdtm: new Date(mdtm).toISOString(),
    listShiftMinutes: shift / MINUTE_MS,
    mlsdAgrees: inMlsd === null ? null : inMlsd === mdtm,
  };
  const conclusions: Conclusion[] = [];
  if (inMlsd !== null && inMlsd !== mdtm)
    conclusions.push({
      diagnosis: 'time-zone-shift',
      severity: 'warning',
      title: `MLSD and MDTM say different times of one file, ${formatDuration(Math.abs(inMlsd - mdtm))} apart`,
    });
  const isShifted =
    Math.abs(shift) > MINUTE_MS && Math.abs(shift % QUARTER_MS) <= MINUTE_MS && Math.abs(shift) <= 14 * 4 * QUARTER_MS;
  if (isShifted)
    conclusions.push({
      diagnosis: 'time-zone-shift',
      severity: 'note',
      title: `LIST shows times ${formatDuration(Math.abs(shift))} ${shift > 0 ? 'ahead of' : 'behind'} UTC, MDTM is UTC`,
    });
  return {
    text: isShifted
      ? `LIST is ${formatDuration(Math.abs(shift))} ${shift > 0 ? 'ahead of' : 'behind'} MDTM`
      : Math.abs(shift) <= MINUTE_MS
        ? 'LIST and MDTM agree on the time of a file'
        : 'LIST and MDTM say different times of a file, which no time zone explains',
    facts,
    conclusions,
  };
}

/** Of a file in the folder of the login. */
async function modifyOf(bench: Bench, path: string): Promise<number | null> {
  if (path.includes('/') || !bench.has('MLST')) return null;
  const carried = await bench.fetch('MLSD');
  if (carried === null || carried.final === null || isNegative(carried.final.code)) return null;
  const { entries } = readListing(carried.text, true, bench.nowMs());
  return entries.find(({ name }) => name === path)?.modifiedMs ?? null;
}
