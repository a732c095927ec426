// A random dialogue: what a client says, in which spelling and in which pieces, and which transfers it makes. The same seed makes
// the same dialogue.
import type { Chance } from '../support/chance.js';

/** How a client asks for a data connection. `foreign` names another host than the client's. */
export type DataMode = 'PASV' | 'EPSV' | 'PORT' | 'EPRT' | 'foreign PORT' | 'foreign EPRT';

export type Step =
  /** Sent piece by piece, each in a segment of its own. */
  | { readonly kind: 'lines'; readonly pieces: readonly string[] }
  | {
      readonly kind: 'transfer';
      readonly mode: DataMode;
      /** Makes the command that asks for the connection out of its usual spelling. */
      readonly spelling: Spelling;
      readonly command: string;
      /** Null for a download. */
      readonly upload: Buffer | null;
    };

/** What is put before, into and behind a line, and how it ends. */
export interface Spelling {
  readonly before: string;
  readonly inside: string;
  readonly insideAt: number;
  readonly behind: string;
  readonly lower: boolean;
  readonly end: string;
}

const USUAL: Spelling = { before: '', inside: '', insideAt: 0, behind: '', lower: false, end: '\r\n' };

/** What servers skip, strip, obey or stumble over. */
const JUNK = [
  '\r',
  '\0',
  ' ',
  '\t',
  '\xff\xf1',
  '\xff\xf2',
  '\xff\xf4\xff\xf2',
  '\xff\xfb\x01',
  '\xff',
  '\x08',
  '\x1b',
  '\xef\xbb\xbf',
  '\x7f',
  '"',
];

const PLAIN_COMMANDS = [
  ...[
    'NOOP',
    'PWD',
    'SYST',
    'FEAT',
    'HELP',
    'TYPE I',
    'TYPE A',
    'TYPE E',
    'TYPE',
    'MODE S',
    'MODE B',
    'STRU F',
    'STRU P',
  ],
  ...[
    'CWD b',
    'CWD /pub',
    'CWD ..',
    'CDUP',
    'CWD gone',
    'MKD new',
    'RMD new',
    'RMD b',
    'DELE a',
    'DELE gone',
    'SIZE a',
    'SIZE gone',
  ],
  ...[
    'MDTM a',
    'RNFR a',
    'RNTO renamed',
    'REST 10',
    'REST -1',
    'REST x',
    'ALLO 100',
    'OPTS UTF8 ON',
    'STAT a',
    'XPWD',
    'XMKD x',
    'XCUP',
  ],
  ...[
    'MLST a',
    'SITE HELP',
    'ACCT x',
    'SMNT /',
    'EPSV ALL',
    'EPSV 9',
    'PASV x',
    'XYZZY',
    'xyzzy plugh',
    '',
    'CWD \xe4\xf6',
    'MKD \xc3\xa4',
  ],
  ...[
    'PORT 1,2,3',
    'PORT 127,0,0,1,999,1',
    'EPRT |1|x|1|',
    'EPRT |3|127.0.0.1|5000|',
    'PORT',
    'EPRT',
    'LPRT 4,127,0,0,1,2,9,9',
  ],
  // For the server to refuse, and in doubt for the proxy.
  ...[
    'PORT x',
    'PORT 127,0,0,2',
    'PORT 127,0,0,2,200',
    'PORT 127,0,0,2,0,0',
    'PORT 127,0,0,2,256,1',
    'PORT 127,0,0,2,200,1,1',
    'PORT 127.0.0.2:5000',
    'EPRT ||',
    'EPRT ,1,2,3',
    'EPRT |1|127.0.0.2|0|',
    'EPRT |1|127.0.0.2|70000|',
    'EPRT |1|127.2|5000',
    'EPRT |1|localhost|5000|',
    'EPRT |3|127.0.0.2|5000|',
    'EPRT |9|127.1|5000|',
    'EPSV 2',
    'EPSV x',
    'LPSV',
    'SPSV',
    'SPAS',
  ],
  ...[
    'RETR a',
    'STOR z',
    'LIST',
    'NLST',
    'USER scope',
    'PASS',
    'REIN x',
    'SIZE  a',
    'CWD\tb',
    `CWD ${'d'.repeat(300)}`,
  ],
];

const DOWNLOADS = ['RETR a', 'RETR b/c', 'RETR gone', 'NLST', 'NLST b', 'RETR'];
const UPLOADS = ['STOR up', 'STOR a', 'APPE a', 'STOR b/up', 'STOR gone/up'];
const MODES: readonly DataMode[] = ['PASV', 'PASV', 'EPSV', 'PORT', 'PORT', 'EPRT', 'foreign PORT', 'foreign EPRT'];

/** Half of them are spelled as usual: nothing in them is the proxy's business but addresses. */
export function randomDialogue(chance: Chance): Step[] {
  const spelling = chance.oneIn(2) ? usualSpelling : oddSpelling;
  return Array.from({ length: 3 + chance.below(8) }, () => {
    return chance.oneIn(3) ? transfer(chance, spelling) : lines(chance, spelling);
  });
}

type SpellingOf = (chance: Chance) => Spelling;

function usualSpelling(chance: Chance): Spelling {
  return chance.oneIn(6) ? { ...USUAL, lower: true } : USUAL;
}

function lines(chance: Chance, spelling: SpellingOf): Step {
  const count = chance.oneIn(4) ? 2 + chance.below(3) : 1;
  const text = Array.from({ length: count }, () => spelled(chance.from(PLAIN_COMMANDS), spelling(chance))).join('');
  return { kind: 'lines', pieces: chance.oneIn(4) ? inPieces(text, chance) : [text] };
}

function transfer(chance: Chance, spelling: SpellingOf): Step {
  const isUpload = chance.oneIn(2);
  return {
    kind: 'transfer',
    mode: chance.from(MODES),
    spelling: spelling(chance),
    command: spelled(chance.from(isUpload ? UPLOADS : DOWNLOADS), spelling(chance)),
    upload: isUpload ? chance.bytes(chance.below(3000)) : null,
  };
}

function oddSpelling(chance: Chance): Spelling {
  if (!chance.oneIn(3)) return usualSpelling(chance);
  const junk = () => (chance.oneIn(2) ? chance.from(JUNK) : '');
  return {
    before: junk(),
    inside: chance.oneIn(3) ? chance.from(JUNK) : '',
    insideAt: 1 + chance.below(4),
    behind: chance.oneIn(3) ? chance.from(JUNK) : '',
    lower: chance.oneIn(4),
    end: chance.from(['\r\n', '\r\n', '\r\n', '\n', '\r\r\n', '\0\r\n']),
  };
}

export function spelled(line: string, { before, inside, insideAt, behind, lower, end }: Spelling): string {
  const cased = lower ? line.toLowerCase() : line;
  return `${before}${cased.slice(0, insideAt)}${inside}${cased.slice(insideAt)}${behind}${end}`;
}

/** Never within a line's end: ProFTPD takes two lines for one then, and the proxy sends whole lines. */
function inPieces(text: string, chance: Chance): string[] {
  const at = 1 + chance.below(Math.max(1, text.length - 1));
  const cut = /[\r\0\n]/.test(text.slice(at - 1, at + 1)) ? text.length : at;
  return [text.slice(0, cut), text.slice(cut)].filter((piece) => piece !== '');
}

/** As a person would write it down. */
export function describeStep(step: Step): string {
  const quoted = (text: string) =>
    JSON.stringify(text).replace(/[\x7f-\xff]/g, (one) => `\\x${one.charCodeAt(0).toString(16)}`);
  if (step.kind === 'lines') return step.pieces.map(quoted).join(' + ');
  const what = step.upload === null ? 'download' : `upload of ${step.upload.length} bytes`;
  return `${quoted(spelled(step.mode, step.spelling))}, ${quoted(step.command)} (${what})`;
}
