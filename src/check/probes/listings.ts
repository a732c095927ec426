// Listings: their grammar, their names, and what LIST makes of options and spaces.
import { isNegative } from '../../protocol/reply.js';
import { readableText, utf8Reading } from '../../protocol/wire-text.js';
import { formatCount } from '../../words/quantities.js';
import { Bench } from '../bench.js';
import type { Conclusion } from '../findings.js';
import { type ListedEntry, type Listing, readListing } from '../listing.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';
import { isDataRefusal } from './data-modes.js';

/** There is none of that name, anywhere. */
const MISSING_FOLDER = 'ftpscope no such folder';

export const LISTING_PROBES: readonly Probe[] = [
  { id: 'list', group: 'files', needs: 'login', run: list },
  { id: 'mlsd', group: 'files', needs: 'login', run: mlsd },
  { id: 'names', group: 'files', needs: 'login', run: names },
  { id: 'hidden-files', group: 'files', needs: 'login', run: hidden },
  { id: 'path-with-space', group: 'files', needs: 'login', run: spaces },
];

const FORMS = { unix: 'as Unix has it', dos: 'as DOS and IIS have it', eplf: 'EPLF', mlsd: 'MLSD' } as const;

async function list(bench: Bench): Promise<Outcome> {
  const listing = await bench.listing();
  if (listing === null) return { text: 'LIST: not judged, as no listing came', isOpen: true };
  return grammar('LIST', listing);
}

function grammar(verb: string, { form, entries, strange }: Listing): Outcome {
  const facts = { entries: entries.length, form, strangeLines: strange.length };
  const [first = ''] = strange;
  if (strange.length === 0)
    return {
      text:
        entries.length === 0
          ? `${verb}: the folder of the login is empty`
          : `${verb}: ${count(entries)}, ${form === null ? '' : FORMS[form]}`,
      facts,
    };
  return {
    text: `${verb}: ${count(entries)}, and ${formatCount(strange.length, 'line')} of no usual form`,
    facts,
    conclusions: [
      {
        diagnosis: 'listing-format-unknown',
        severity: 'warning',
        title: `lines of ${verb} are in no form that clients know, such as: ${readableText(first.slice(0, 100))}`,
      },
    ],
  };
}

const count = (entries: readonly ListedEntry[]) => formatCount(entries.length, 'entry', 'entries');

async function mlsd(bench: Bench): Promise<Outcome | null> {
  const carried = await bench.fetch('MLSD');
  if (carried === null || carried.final === null) return null;
  const reply = answerText(carried.final);
  if (isDataRefusal(carried.final.code)) return { text: `MLSD: not judged: ${reply}`, isOpen: true };
  if (isNegative(carried.final.code)) {
    const title = `the server has no MLSD: clients have to guess at what LIST prints`;
    return {
      text: `MLSD is refused: ${reply}`,
      facts: { works: false, reply },
      conclusions: [{ diagnosis: 'mlsd-unsupported', severity: 'note', title, values: { reply } }],
    };
  }
  return grammar('MLSD', readListing(carried.text, true, bench.nowMs()));
}

/** RFC 2640: UTF-8, once it is agreed on. */
async function names(bench: Bench): Promise<Outcome> {
  const answer = await (await bench.session()).ask('OPTS UTF8 ON');
  const taken = !isNegative(answer.code);
  const entries = (await bench.listing())?.entries ?? [];
  const foreign = entries.filter(({ name }) => /[\x80-\xff]/.test(name) && utf8Reading(name) === null);
  const announced = taken || bench.has('UTF8');
  const conclusions: Conclusion[] = [];
  const [first] = foreign;
  if (first !== undefined)
    conclusions.push({
      diagnosis: 'encoding-mismatch',
      severity: announced ? 'warning' : 'note',
      title: `${formatCount(foreign.length, 'name')} in the listing ${foreign.length === 1 ? 'is' : 'are'} not UTF-8${announced ? ', which the server says it speaks' : ''}: ${readableText(first.name)}`,
    });
  else if (!announced)
    conclusions.push({
      diagnosis: 'utf8-opts-refused',
      severity: 'note',
      title: `the server says nowhere that names are UTF-8: ${answerText(answer)}`,
      values: { reply: answerText(answer) },
    });
  return {
    text: `OPTS UTF8 ON: ${answerText(answer)}${bench.has('UTF8') ? ', FEAT has UTF8' : ''}; names that are not UTF-8: ${foreign.length} of ${entries.length}`,
    facts: { optsTaken: taken, listed: bench.has('UTF8'), notUtf8: foreign.length },
    conclusions,
  };
}

async function hidden(bench: Bench): Promise<Outcome | null> {
  const plain = await bench.listing();
  if (plain === null) return null;
  const carried = await bench.fetch('LIST -a');
  if (carried === null || carried.final === null) return null;
  const reply = answerText(carried.final);
  const all = readListing(carried.text, false, bench.nowMs());
  const [shown, more] = [dotNames(plain), dotNames(all)];
  const isRefused =
    isNegative(carried.final.code) || (all.entries.length < plain.entries.length && all.entries.length === 0);
  if (isRefused)
    return {
      text: `LIST -a is refused, or taken for a name: ${reply}`,
      facts: { optionTaken: false, hidden: null },
      conclusions: [
        {
          diagnosis: 'list-options-refused',
          severity: 'note',
          title: `LIST takes no option -a: ${reply}`,
          values: { reply },
        },
      ],
    };
  const hiddenCount = more.filter((name) => !shown.includes(name)).length;
  return {
    text:
      hiddenCount === 0
        ? 'LIST -a shows no more than LIST'
        : `LIST leaves out ${formatCount(hiddenCount, 'name')} that LIST -a shows`,
    facts: { optionTaken: true, hidden: hiddenCount },
    conclusions:
      hiddenCount === 0
        ? []
        : [
            {
              diagnosis: 'hidden-files-missing',
              severity: 'note',
              title: `LIST leaves out names that begin with a dot (${hiddenCount} here)`,
            },
          ],
  };
}

const dotNames = ({ entries }: Listing) => entries.map(({ name }) => name).filter((name) => name.startsWith('.'));

/** Of a folder that is there, where one has a space; otherwise of one that is not: the answer must speak of a missing folder. */
async function spaces(bench: Bench): Promise<Outcome | null> {
  const listing = await bench.listing();
  if (listing === null) return null;
  const folder = listing.entries.find(({ kind, name }) => kind === 'folder' && /\S \S/.test(name))?.name;
  const carried = await bench.fetch(`LIST ${folder ?? MISSING_FOLDER}`);
  if (carried === null || carried.final === null) return null;
  const { final } = carried;
  const isSplit = !Bench.isKnown(final) || final.code === 501 || (folder !== undefined && isNegative(final.code));
  return {
    text: `LIST of a path with a space: ${answerText(final)}`,
    facts: { works: !isSplit, tried: folder === undefined ? 'a folder that is missing' : 'a folder that is there' },
    conclusions: isSplit
      ? [
          {
            diagnosis: 'path-with-spaces',
            severity: 'warning',
            title: `LIST does not take a path with a space: ${answerText(final)}`,
            values: { reply: answerText(final) },
          },
        ]
      : [],
  };
}
