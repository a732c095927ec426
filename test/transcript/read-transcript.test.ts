// What was written is read back as it was, however the bytes come; and what is no transcript is told, with its line.
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines, type TranscriptHeader } from '../../src/transcript/ndjson.js';
import { type ReadTranscriptOptions, readTranscript, TranscriptError } from '../../src/transcript/read-transcript.js';
import { SessionNumbers } from '../../src/transcript/session-numbers.js';
import { wire } from '../support/every-cut.js';
import { command, NOON, ONE_OF_EACH, observed } from './observations.js';

const HEADER: TranscriptHeader = { version: '0.1.0', at: NOON };

/** A transcript as the writer makes it, a header wherever one is given. */
function written(...parts: readonly (TranscriptHeader | Observation)[]): string {
  let text = '';
  const lines = observationLines({ write: (line: string) => (text += line) });
  for (const part of parts) 'kind' in part ? lines.observation(part) : lines.header(part);
  return text;
}

interface Read {
  readonly observations: readonly Observation[];
  readonly notices: readonly string[];
  readonly headers: readonly TranscriptHeader[];
  readonly error: unknown;
}

async function read(text: string | readonly Buffer[], options: ReadTranscriptOptions = {}): Promise<Read> {
  const chunks = typeof text === 'string' ? [Buffer.from(text)] : text;
  const observations: Observation[] = [];
  const notices: string[] = [];
  const headers: TranscriptHeader[] = [];
  const told = { notice: (line: string) => notices.push(line), onHeader: (one: TranscriptHeader) => headers.push(one) };
  let error: unknown = null;
  try {
    for await (const batch of readTranscript(iterable(chunks), { ...told, ...options })) observations.push(...batch);
  } catch (caught) {
    error = caught;
  }
  return { observations, notices, headers, error };
}

async function* iterable(chunks: readonly Buffer[]) {
  yield* chunks;
}

const NASTY = observed('command', {
  line: 'RETR b\xc3\xbc\xff\0\x1b[2J',
  lineUtf8: 'b\u00fccher \u{1f600}\ufffd\u2028',
});
const BOTH = [command('NOOP'), observed('session-closed', {})];

describe('what was written is read back', () => {
  test('every kind, and whatever bytes', async () => {
    const failed = observed('tls', {
      ...{ fault: 'alert', alert: { from: 'client', number: 48 }, asksForCertificate: true, offersSession: true },
      ...{ verifyError: 'CERT_HAS_EXPIRED', chain: [{ subject: 'CN=a', issuer: 'CN=b' }], said: '220 x' },
    });
    const all = [...ONE_OF_EACH, observed('tls'), failed, NASTY];
    const { observations, notices, headers, error } = await read(written(HEADER, ...all));
    expect(observations).toStrictEqual(all);
    expect({ notices, headers, error }).toEqual({ notices: [], headers: [HEADER], error: null });
  });

  test('however the bytes are cut', async () => {
    const text = Buffer.from(written(HEADER, ...BOTH, HEADER, NASTY));
    const whole = await read([text]);
    expect(whole.error).toBeNull();
    for (let cut = 1; cut < text.length; cut += 1) {
      const halves = await read([text.subarray(0, cut), text.subarray(cut)]);
      expect(halves, `cut at byte ${cut}`).toStrictEqual(whole);
    }
    expect(await read(Array.from(text, (_byte, at) => text.subarray(at, at + 1)))).toStrictEqual(whole);
  });

  test('from a file that was cut anywhere: whole lines, then one notice or one error', async () => {
    const text = Buffer.from(written(HEADER, ...BOTH));
    const headerLength = text.indexOf('\n');
    for (let end = headerLength; end < text.length; end += 1) {
      const { observations, notices, error } = await read([text.subarray(0, end)]);
      expect(error, `ends at byte ${end}`).toBeNull();
      const wholeLines = [headerLength, text.indexOf('\n', headerLength + 1), text.length - 1];
      const isWhole = wholeLines.some((at) => end === at || end === at + 1);
      expect(notices, `ends at byte ${end}`).toHaveLength(isWhole ? 0 : 1);
      expect(observations).toStrictEqual(BOTH.slice(0, observations.length));
    }
    for (let end = 0; end < headerLength; end += 1) {
      expect((await read([text.subarray(0, end)])).error).toBeInstanceOf(TranscriptError);
    }
  });

  test('only the kinds that are wanted, with the same session numbers', async () => {
    const text = written(HEADER, ...ONE_OF_EACH, HEADER, ...ONE_OF_EACH);
    const all = await read(text);
    for (const { kind } of ONE_OF_EACH) {
      const some = await read(text, { kinds: new Set([kind]) });
      expect(some.observations).toStrictEqual(all.observations.filter((one) => one.kind === kind));
    }
  });

  test('lines whose fields stand in another order, and CR LF as line ends', async () => {
    const text = written(HEADER).replace('\n', '\r\n');
    const { kind, ...rest } = command('NOOP');
    const line = `${JSON.stringify({ ...rest, kind })}\r\n`;
    expect((await read(text + line)).observations).toEqual([command('NOOP')]);
    expect((await read(text + line, { kinds: new Set(['reply']) })).observations).toEqual([]);
  });
});

test('without a header, as --json prints it', async () => {
  expect((await read(written(...BOTH))).observations).toStrictEqual(BOTH);
  const numbers = new SessionNumbers();
  for (const session of [1, 2]) {
    const { observations } = await read(written(...BOTH), { numbers });
    expect(observations.map((one) => one.session)).toEqual([session, session]);
  }
});

describe('several runs in one file', () => {
  const sessions = ({ observations }: Read) => observations.map(({ session }) => session);
  const ofSession = (session: number) => observed('command', { session });

  test('the sessions of an appended run go on behind those before', async () => {
    const appended = written(HEADER, ofSession(1), ofSession(3), { ...HEADER, run: 'b' }, ofSession(2), ofSession(1));
    expect(sessions(await read(appended))).toEqual([1, 3, 5, 4]);
  });

  test('a run that is continued keeps its numbers, in this file or the next', async () => {
    const numbers = new SessionNumbers();
    const run = { ...HEADER, run: 'a' };
    expect(sessions(await read(written(run, ofSession(1), ofSession(2), run, ofSession(2)), { numbers }))).toEqual([
      1, 2, 2,
    ]);
    expect(sessions(await read(written(run, ofSession(1), ofSession(3)), { numbers }))).toEqual([1, 3]);
    expect(sessions(await read(written({ ...run, run: 'b' }, ofSession(1)), { numbers }))).toEqual([4]);
    expect(sessions(await read(written(run, ofSession(2), ofSession(4)), { numbers }))).toEqual([2, 5]);
  });

  test('one that was cut off in the middle of a line is told of, and the next one read', async () => {
    const text = `${written(HEADER, ofSession(1))}{"kind":"comm\n${written(HEADER, ofSession(1))}`;
    const { observations, notices, error } = await read(text);
    expect(observations.map(({ session }) => session)).toEqual([1, 2]);
    expect(notices).toEqual(['line 3 ends in the middle: its writer was cut off there']);
    expect(error).toBeNull();
  });
});

describe('what is no transcript', () => {
  const header = written(HEADER);
  const noop = written(command('NOOP'));
  const before = 'what stands before it was read; remove the line to read the rest';

  test.each([
    ['an empty file', '', 'it is empty: there is nothing to read'],
    ['another file', 'hello\n', 'line 1 is no header of a transcript: give a file that was written by ftpscope -w'],
    ['a header that is cut', '{"ftpscope":1,"ver', `line 1 is a header that is not whole: ${before}`],
    ['a damaged line', `${header}${noop}{"kind":"command","ses\n${noop}`, `line 3 is not whole: ${before}`],
    ['a damaged last line', `${header}rubbish\n`, `line 2 is not whole: ${before}`],
    ['a line that is no object', `${header}12\n${noop}`, `line 2 is not whole: ${before}`],
    ['a line of another kind of JSON', `${header}{"a":1}\n${noop}`, `line 2 is no observation: ${before}`],
    [
      'an observation without its fields',
      `${header}{"kind":"reply","session":1,"at":1}\n${noop}`,
      `line 2 is no whole observation of the kind reply: ${before}`,
    ],
    [
      'a newer version',
      '{"ftpscope":2,"version":"3.1.4","at":1}\n{"kind":"unheard-of"}\n',
      'line 1 begins a transcript of version 2 (written by ftpscope 3.1.4), and this ftpscope reads version 1: use a newer one',
    ],
  ])('%s', async (_what, text, message) => {
    const { error, observations } = await read(text);
    expect(error).toBeInstanceOf(TranscriptError);
    expect(error).toMatchObject({ message });
    expect(observations).toHaveLength(text.split(noop)[0]?.includes(header) && text.startsWith(header + noop) ? 1 : 0);
  });

  test('a line that is no UTF-8', async () => {
    const { error } = await read([Buffer.from(header), wire(noop.replace('NOOP', 'NO\xffP')), Buffer.from(noop)]);
    expect(error).toEqual(new TranscriptError('line 2 is not whole', before));
  });

  test('a line without end is not taken into memory', async () => {
    async function* endless() {
      yield Buffer.from(header + noop);
      for (;;) yield Buffer.alloc(8 * 1024 * 1024, 'x');
    }
    const given: Observation[] = [];
    const reading = async () => {
      for await (const batch of readTranscript(endless())) given.push(...batch);
    };
    await expect(reading()).rejects.toThrow(new TranscriptError('line 3 is longer than 64 MiB', before));
    expect(given).toEqual([command('NOOP')]);
  });

  test.each(ONE_OF_EACH.map((observation) => [observation.kind, observation] as const))(
    'a %s that lacks a field, or has one of another type',
    async (_kind, observation) => {
      for (const field of Object.keys(observation).filter((name) => name !== 'kind')) {
        // Written before there were causes.
        const mayLack = field === 'cause';
        for (const wrong of mayLack ? [{ odd: true }] : [undefined, { odd: true }]) {
          const line = `${JSON.stringify({ ...observation, [field]: wrong })}\n`;
          expect((await read(header + line + noop)).error, `${field}: ${JSON.stringify(wrong)}`).not.toBeNull();
        }
      }
    },
  );

  test.each([{ session: 0 }, { session: 1.5 }, { session: 1e300 }, { at: 1e300 }, { at: null }])(
    'a session or time that cannot be: %j',
    async (field) => {
      expect(
        (await read(`${header}${JSON.stringify({ ...command('NOOP'), ...field })}\n${noop}`)).error,
      ).not.toBeNull();
    },
  );
});

describe('transcripts of other versions', () => {
  const closed = (fields: object) => `${JSON.stringify({ ...observed('session-closed'), ...fields })}\n`;

  test.each([
    ['it was complete', { cause: undefined, outcome: 'complete', reason: null }, null],
    ['it was complete, with a remark', { cause: undefined, outcome: 'complete', reason: 'what' }, 'unknown'],
    ['it failed', { cause: undefined, outcome: 'failed', reason: 'what' }, 'unknown'],
    ['the word is not known here', { cause: 'volcano', outcome: 'failed', reason: 'what' }, 'unknown'],
    ['the line says', { cause: 'stalled', outcome: 'failed', reason: 'what' }, 'stalled'],
  ])('the cause of a link where %s', async (_what, fields, cause) => {
    const line = { ...observed('link-closed'), ...fields };
    const { observations, error } = await read(`${written(HEADER)}${JSON.stringify(line)}\n`);
    expect(error).toBeNull();
    expect(observations).toEqual([{ ...line, cause }]);
  });

  test.each([
    ['the line says', { cause: 'idle' }, 'idle'],
    ['an old line does not say', { cause: undefined }, 'unknown'],
    ['a newer one says in a word not known here', { cause: 'volcano' }, 'unknown'],
    ['its text says, which is not read', { cause: undefined, by: 'proxy', reason: 'idle for 900 s' }, 'unknown'],
  ])('a cause that %s', async (_what, fields, cause) => {
    const { observations, error } = await read(written(HEADER) + closed(fields));
    expect(error).toBeNull();
    expect(observations).toEqual([{ ...observed('session-closed'), ...fields, cause }]);
  });
});

test('kinds that are not known are skipped, and told of once', async () => {
  const strange = '{"kind":"weather","session":1,"at":1,"rain":true}\n';
  const { observations, notices } = await read(written(HEADER) + strange + strange + written(command('NOOP')));
  expect(observations).toEqual([command('NOOP')]);
  expect(notices).toEqual(['line 2 is an observation of a kind unknown here, weather: such lines are skipped']);
});

test.each(['\x1b]0;x', 'x\x7f', 'x\x9b1m'])(
  'a kind that would steer a terminal is quoted as text (%j)',
  async (kind) => {
    const strange = Buffer.from(`{"kind":${JSON.stringify(kind)},"session":1,"at":1}\n`);
    const { notices } = await read([Buffer.from(written(HEADER)), strange]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).not.toMatch(/\p{Cc}/u);
  },
);
