// Listings and names.
import { describe, expect, test } from 'vitest';
import { shiftBetween, shiftInWords } from '../../src/diagnosis/time-shift.js';
import { nameSum } from '../../src/dialogue/content-facts.js';
import { listing, loggedIn, refused, transfer } from './transfers.js';

const wire = (text: string) => Buffer.from(text).toString('latin1');
const inFolder = () => loggedIn().client('TYPE I').server('200 ok').client('CWD pub').server('250 ok');
const entry = (name: string, modified: string | null = null) => ({ nameSum: nameSum(name), bytes: 10, modified });
const lists = (session: ReturnType<typeof inFolder>, facts: Parameters<typeof listing>[0] = {}, line = 'LIST') =>
  transfer(session, line, { content: listing(facts) });
const empty = { bytes: 0 } as const;

test('list-options-refused', () => {
  expect(refused(inFolder(), 'LIST -al', '550 -al: No such file').found).toEqual([
    'warning server list-options-refused',
  ]);
  expect(transfer(transfer(inFolder(), 'STOR a'), 'LIST -al', empty).found).toEqual([
    'warning server list-options-refused',
  ]);
  expect(transfer(inFolder(), 'LIST -al', empty).found).toEqual([]);
  expect(lists(inFolder(), {}, 'LIST -al').found).toEqual([]);
  expect(refused(inFolder(), 'LIST -al', '425 no connection').found).toEqual([]);
});

test('path-with-spaces', () => {
  expect(refused(inFolder(), 'LIST a b', '501 Invalid number of arguments.').found).toEqual([
    'warning server path-with-spaces',
  ]);
  expect(refused(inFolder(), 'LIST ab', '501 Invalid number of arguments.').found).toEqual([]);
  expect(lists(inFolder(), {}, 'LIST a b').found).toEqual([]);
  const entered = inFolder().client('CWD a b').server('250 ok').client('CWD ..').server('250 ok');
  expect(refused(entered, 'LIST a b', '550 no such folder').findings[0]?.confidence).toBe('certain');
});

test('glob-characters', () => {
  expect(transfer(inFolder(), 'LIST a[1]', empty).found).toEqual(['note server glob-characters']);
  expect(transfer(inFolder(), 'MLSD a[1]', empty).found).toEqual([]);
  expect(lists(inFolder(), {}, 'LIST a[1]').found).toEqual([]);
});

test('listing-empty: in a folder in which something is', () => {
  expect(transfer(transfer(inFolder(), 'STOR a'), 'LIST', empty).found).toEqual(['warning server listing-empty']);
  expect(transfer(inFolder(), 'LIST', empty).found).toEqual([]);
  expect(lists(transfer(inFolder(), 'STOR a')).found).toEqual([]);
  const elsewhere = transfer(inFolder(), 'STOR a').client('CWD b').server('250 ok');
  expect(transfer(elsewhere, 'LIST', empty).found).toEqual([]);
  const deleted = transfer(inFolder(), 'STOR a').client('DELE a').server('250 ok');
  expect(transfer(deleted, 'LIST', empty).found).toEqual([]);
});

test('hidden-files-missing: one is known to be there', () => {
  const stored = () => transfer(inFolder(), 'STOR .htaccess');
  const seen = (session: ReturnType<typeof inFolder>, line: string, dotNames: number) =>
    transfer(session, line, { content: listing({ dotNames }) });
  expect(seen(stored(), 'LIST', 0).found).toEqual(['note server hidden-files-missing']);
  expect(seen(stored(), 'LIST', 1).found).toEqual([]);
  expect(seen(stored(), 'LIST -a', 0).found).toEqual([]);
  expect(seen(inFolder(), 'LIST', 0).found).toEqual([]);
  expect(transfer(stored(), 'LIST', { content: listing(), bytes: 100_000 }).found).toEqual([]);
});

test('listing-format-unknown', () => {
  const strange = { grammar: 'unknown', entries: 0, strangeLines: 3 } as const;
  expect(lists(inFolder(), strange).found).toEqual(['warning server listing-format-unknown']);
  expect(lists(inFolder(), { grammar: 'dos' }).found).toEqual(['note server listing-format-unknown']);
  expect(lists(inFolder(), { grammar: 'vms' }).found).toEqual(['warning server listing-format-unknown']);
  expect(lists(inFolder(), { grammar: 'unknown', entries: 0 }).found).toEqual([]);
  expect(lists(inFolder()).found).toEqual([]);
  expect(lists(inFolder(), { grammar: 'mlsd' }, 'MLSD').found).toEqual([]);
});

test('mlsd-unsupported: and no LIST behind it', () => {
  const refusedOnce = () => refused(inFolder(), 'MLSD', '500 Unknown command.');
  expect(refusedOnce().closed({ by: 'client' }).found).toEqual(['warning client mlsd-unsupported']);
  expect(lists(refusedOnce()).closed({ by: 'client' }).found).toEqual([]);
  expect(refusedOnce().closed({ by: 'server', cause: 'closed' }).found).toEqual([]);
});

describe('time-zone-shift', () => {
  const listed = (modified: string) => lists(inFolder(), { files: [entry('a', modified)] });

  test('MDTM says another hour than the listing', () => {
    const [finding] = listed('11-22 21:00').client('MDTM a').server('213 20251122120031').findings;
    expect(finding).toMatchObject({ diagnosis: 'time-zone-shift', severity: 'note', leg: 'server', fault: 'server' });
    expect(finding?.title).toMatch(/^the listing shows a 9 h later than MDTM says/);
    expect(listed('11-22 12:00').client('MDTM a').server('213 20251122120031').found).toEqual([]);
    expect(listed('11-22 21:00').client('MDTM b').server('213 20251122120031').found).toEqual([]);
    expect(listed('11-22 12:07').client('MDTM a').server('213 20251122120031').found).toEqual([]);
  });

  test('or the listing shows an upload at another hour, unless the client sets times', () => {
    const uploaded = () => transfer(inFolder(), 'STOR a');
    const files = [entry('a', '11-22 07:00')];
    expect(lists(uploaded(), { files }).found).toEqual(['note server time-zone-shift']);
    expect(lists(uploaded(), { files: [entry('a', '11-22 12:00')] }).found).toEqual([]);
    expect(lists(uploaded().client('MFMT 20251122070000 a').server('213 ok'), { files }).found).toEqual([]);
  });

  test('shifts are multiples of a quarter of an hour, also across the turn of the year', () => {
    expect(shiftBetween('01-01 05:30', '20251231235959')).toBe(5 * 60 + 30);
    expect(shiftBetween('12-31 20:00', '20260101010000')).toBe(-5 * 60);
    expect(shiftBetween('11-22 12:01', '20251122120000')).toBeNull();
    expect(shiftBetween('11-24 21:00', '20251122120000')).toBeNull();
    expect([shiftInWords(540), shiftInWords(-330)]).toEqual(['9 h later', '5:30 h earlier']);
  });
});

describe('names', () => {
  const utf8 = () => inFolder().client('FEAT').server('211-Features:\n UTF8\n211 End');

  test('encoding-mismatch: a listing that is no UTF-8, where UTF8 is announced', () => {
    expect(lists(utf8(), { otherEncoding: 2 }).found).toEqual(['warning server encoding-mismatch']);
    expect(lists(inFolder(), { otherEncoding: 2 }).found).toEqual([]);
    expect(lists(utf8()).found).toEqual([]);
  });

  test('encoding-mismatch: a name that is listed in another encoding', () => {
    const latin1 = () => lists(inFolder(), { files: [entry('caf\xe9')], otherEncoding: 1 });
    expect(refused(latin1(), `RETR ${wire('café')}`, '550 no such file').found).toEqual([
      'error server encoding-mismatch',
    ]);
    expect(refused(latin1(), 'RETR caf\xe9', '450 busy').found).toEqual([]);
    expect(refused(utf8(), 'RETR caf\xe9', '550 no such file').found).toEqual(['error server encoding-mismatch']);
    expect(refused(inFolder(), 'RETR caf\xe9', '550 gone').found).toEqual([]);
    expect(refused(utf8(), `RETR ${wire('café')}`, '550 gone').found).toEqual([]);
  });

  test('unicode-normalisation: the other form is listed', () => {
    const decomposed = wire('café'.normalize('NFD'));
    const listed = () => lists(inFolder(), { files: [entry(decomposed)], decomposed: 1 });
    expect(refused(listed(), `RETR ${wire('café')}`, '550 gone').found).toEqual(['error server unicode-normalisation']);
    expect(refused(listed(), `RETR ${wire('thé')}`, '550 gone').found).toEqual([]);
    expect(refused(listed(), `RETR ${decomposed}`, '550 gone').found).toEqual([]);
  });

  test('iac-not-doubled: FF alone, and a refusal', () => {
    expect(refused(inFolder(), 'RETR a\xffb', '550 gone').found).toEqual(['error server iac-not-doubled']);
    expect(refused(inFolder(), 'RETR a\xff\xffb', '550 gone').found).toEqual([]);
    expect(transfer(inFolder(), 'RETR a\xffb').found).toEqual([]);
  });

  test.each([
    ['257 "/pub" is the current directory.', true],
    ['257 "/a ""b"""', true],
    ['257 "/"', true],
    ['257 /pub is the current directory.', false],
    ['257 "" is the current directory.', false],
    ['257 "/a "b""', false],
    ['257 "C:\\pub"', false],
  ])('pwd-257-malformed: %s', (reply, isFine) => {
    expect(inFolder().client('PWD').server(reply).found).toEqual(isFine ? [] : ['warning server pwd-257-malformed']);
  });
});
