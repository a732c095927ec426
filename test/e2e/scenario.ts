// What every client is asked to do at every server. A step says what lies on either side before, and what must lie there
// after; how a client is told to do it stands in clients/. To add a step, add it here and to the clients that can do it.
import { createCipheriv } from 'node:crypto';

/** Names are held one character per byte (Latin-1), so that any byte can stand in one. */
const bytesOf = (text: string) => Buffer.from(text).toString('latin1');

export const NAMES = {
  utf8Down: bytesOf('grüße aus köln.bin'),
  utf8Up: bytesOf('für später.bin'),
  latin1Down: 'caf\xe9 cr\xe8me.bin',
  latin1Up: 'd\xe9j\xe0 vu.bin',
} as const;

/** A file of that many zero bytes that takes no room: too long to be downloaded before somebody aborts. */
interface Sparse {
  readonly sparse: number;
}
export type Before = Readonly<Record<string, Buffer | Sparse>>;

/** A file with exactly these bytes, a file that has this text in it, a folder, or nothing. */
export type Wanted = Buffer | { readonly contains: string } | 'folder' | 'absent';
type After = Readonly<Record<string, Wanted>>;

export interface Step {
  readonly onServer?: Before;
  readonly atClient?: Before;
  readonly thenOnServer?: After;
  readonly thenAtClient?: After;
}

/** Always the same bytes for the same seed: every value of a byte, CR LF and 0xFF among them. */
function noise(seed: number, size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size));
}

const EMPTY = Buffer.alloc(0);
const WHOLE = noise(20, 300_000);
// Two halves that do not match: only a transfer that began in the middle gives one and then the other.
const OTHER_HALF = noise(21, 150_000);
const RESUMED = Buffer.concat([OTHER_HALF, WHOLE.subarray(OTHER_HALF.length)]);

const MIB = 1024 * 1024;
const MEDIUM = noise(31, 8 * MIB);
const BIG = noise(30, 64 * MIB);
// Who does not abort it but reads it to its end does not come to it before the client's time is over.
const ENDLESS: Sparse = { sparse: 64 * 1024 * MIB };

const download = (name: string, content: Buffer): Step => ({
  onServer: { [name]: content },
  thenAtClient: { [name]: content },
});
const upload = (name: string, content: Buffer): Step => ({
  atClient: { [name]: content },
  thenOnServer: { [name]: content },
});

const STEPS = {
  list: { onServer: { 'listed.bin': noise(1, 10) }, thenAtClient: { 'listing.txt': { contains: 'listed.bin' } } },
  download: download('down.bin', noise(2, 70_001)),
  upload: upload('up.bin', noise(3, 70_001)),
  downloadEmpty: download('empty-down.bin', EMPTY),
  uploadEmpty: upload('empty-up.bin', EMPTY),
  downloadUtf8: download(NAMES.utf8Down, noise(4, 5000)),
  uploadUtf8: upload(NAMES.utf8Up, noise(5, 5000)),
  downloadLatin1: download(NAMES.latin1Down, noise(6, 5000)),
  uploadLatin1: upload(NAMES.latin1Up, noise(7, 5000)),
  rename: { onServer: { 'old.bin': WHOLE }, thenOnServer: { 'old.bin': 'absent', 'new.bin': WHOLE } },
  delete: { onServer: { 'doomed.bin': WHOLE }, thenOnServer: { 'doomed.bin': 'absent' } },
  mkdir: { thenOnServer: { made: 'folder' } },
  resumeDownload: {
    onServer: { 'resumed-down.bin': WHOLE },
    atClient: { 'resumed-down.bin': OTHER_HALF },
    thenAtClient: { 'resumed-down.bin': RESUMED },
  },
  resumeUpload: {
    onServer: { 'resumed-up.bin': OTHER_HALF },
    atClient: { 'resumed-up.bin': WHOLE },
    thenOnServer: { 'resumed-up.bin': RESUMED },
  },
  downloadMedium: download('medium-down.bin', MEDIUM),
  uploadMedium: upload('medium-up.bin', MEDIUM),
  downloadBig: download('big-down.bin', BIG),
  uploadBig: upload('big-up.bin', BIG),
  /** An aborted download, and then another command. Last, so that its trouble cannot hide the other steps'. */
  abort: { onServer: { 'endless.bin': ENDLESS }, thenOnServer: { 'after-abort': 'folder' } },
} as const satisfies Record<string, Step>;

export type StepName = keyof typeof STEPS;

const isStepName = (name: string): name is StepName => Object.hasOwn(STEPS, name);
export const everyStepBut = (...left: readonly StepName[]): readonly StepName[] =>
  Object.keys(STEPS)
    .filter(isStepName)
    .filter((name) => !left.includes(name));

/** The steps that fetch or bring one file whole, by what a client does for either. */
export const wholeFiles = <T>(get: (name: string) => T, put: (name: string) => T) =>
  ({
    download: get('down.bin'),
    upload: put('up.bin'),
    downloadEmpty: get('empty-down.bin'),
    uploadEmpty: put('empty-up.bin'),
    downloadUtf8: get(NAMES.utf8Down),
    uploadUtf8: put(NAMES.utf8Up),
    downloadLatin1: get(NAMES.latin1Down),
    uploadLatin1: put(NAMES.latin1Up),
    downloadMedium: get('medium-down.bin'),
    uploadMedium: put('medium-up.bin'),
    downloadBig: get('big-down.bin'),
    uploadBig: put('big-up.bin'),
  }) satisfies Partial<Record<StepName, T>>;

/** Steps that take long enough to be done once for each client and server. */
export const BIG_STEPS: ReadonlySet<StepName> = new Set<StepName>([
  'downloadMedium',
  'uploadMedium',
  'downloadBig',
  'uploadBig',
]);

const ONLY_WITH_TLS: readonly StepName[] = ['downloadMedium', 'uploadMedium'];
const ONLY_PLAIN: readonly StepName[] = [
  ...(['downloadLatin1', 'uploadLatin1', 'mkdir', 'downloadBig', 'uploadBig', 'abort'] as const),
];
export const PLAIN_STEPS = everyStepBut(...ONLY_WITH_TLS);
export const TLS_STEPS = everyStepBut(...ONLY_PLAIN);
/** For columns that are not the first of their kind. */
export const FEW_TLS_STEPS: readonly StepName[] = [
  ...(['list', 'download', 'upload', 'uploadEmpty', 'rename', 'resumeDownload'] as const),
];

export const stepNamed = (name: StepName): Step => STEPS[name];
