// Binary files that go as text, sizes that are not those of the file.
import { describe, expect, test } from 'vitest';
import { nameSum } from '../../src/dialogue/content-facts.js';
import { trace } from './trace.js';
import { content, listing, loggedIn, refused, transfer } from './transfers.js';

const translated = content({ signature: 'elf', nulBytes: 900, crLf: 30, loneLf: 0 });
const untouched = content({ signature: 'elf', nulBytes: 900, crLf: 1, loneLf: 20 });
const asText = () => loggedIn().client('TYPE A').server('200 ok');
const asBinary = () => loggedIn().client('TYPE I').server('200 ok');

describe('ascii-corruption', () => {
  test('a program whose LFs all became CR LF, after TYPE A', () => {
    const [finding] = transfer(asText(), 'RETR a.out', { content: translated }).findings;
    expect(finding).toMatchObject({
      diagnosis: 'ascii-corruption',
      severity: 'error',
      leg: 'server',
      fault: 'client',
      link: 1,
    });
    expect(finding?.title).toBe('a.out (elf) goes as text (TYPE A): the server changed its line ends');
  });

  test('without any TYPE, that is the default', () => {
    expect(transfer(loggedIn(), 'STOR a.out', { content: translated }).found).toEqual([
      'error client ascii-corruption',
    ]);
  });

  test('a PNG tells at once', () => {
    const damaged = content({ signature: 'png-without-cr', examinedBytes: 100 });
    expect(transfer(asText(), 'RETR a.png', { content: damaged }).found).toEqual(['error server ascii-corruption']);
    expect(transfer(asBinary(), 'RETR a.png', { content: damaged }).found).toEqual(['warning server ascii-corruption']);
  });

  test('silent: TYPE I; text as text; in a listing; a transfer that failed; MODE Z', () => {
    expect(transfer(asBinary(), 'RETR a.out', { content: translated }).found).toEqual([]);
    expect(
      transfer(asText(), 'RETR a.txt', { content: content({ crLf: 90, loneLf: 0, highBytes: 2000 }) }).found,
    ).toEqual([]);
    expect(transfer(asText(), 'LIST', { content: listing() }).found).toEqual([]);
    const failed = { content: translated, outcome: 'failed', cause: 'client-broke' } as const;
    expect(transfer(asText(), 'RETR a.out', failed, '426 broken').found).toEqual([]);
    expect(
      transfer(asText().client('MODE Z').server('200 ok'), 'RETR a', { content: content({ signature: 'zlib' }) }).found,
    ).toEqual([]);
  });

  test('a session that is seen from its middle on may have sent TYPE before', () => {
    const middle = trace().opened('192.0.2.10', '198.51.100.7', 'capture').client('CWD x').server('250 ok');
    expect(transfer(middle, 'RETR a.out', { content: translated }).found).toEqual([]);
  });
});

describe('type-never-set', () => {
  test('a binary file that came through all the same, and a text', () => {
    expect(transfer(loggedIn(), 'RETR a.out', { content: untouched }).found).toEqual(['warning client type-never-set']);
    expect(transfer(asText(), 'RETR a.out', { content: untouched }).found).toEqual(['warning client type-never-set']);
    expect(transfer(loggedIn(), 'RETR a.txt', { content: content() }).found).toEqual(['note client type-never-set']);
  });

  test('silent: a TYPE was sent; nothing but listings', () => {
    expect(transfer(asBinary(), 'RETR a.out', { content: untouched }).found).toEqual([]);
    expect(transfer(asText(), 'RETR a.txt', { content: content() }).found).toEqual([]);
    expect(transfer(loggedIn(), 'NLST', { content: listing({ grammar: 'names' }) }).found).toEqual([]);
  });
});

describe('size-mismatch', () => {
  const stated = (by: 150 | 213, bytes: number, from?: number) =>
    from === undefined ? { by, bytes } : { by, bytes, from };

  test('fewer bytes than the 150 or SIZE named, and a 226', () => {
    const [finding] = transfer(asBinary(), 'RETR a', { bytes: 90, stated: stated(150, 100) }).findings;
    expect(finding).toMatchObject({
      diagnosis: 'size-mismatch',
      severity: 'error',
      confidence: 'certain',
      leg: 'server',
      link: 1,
    });
    expect(transfer(asBinary(), 'RETR a', { bytes: 40, stated: stated(213, 100, 50) }).found).toEqual([
      'error server size-mismatch',
    ]);
  });

  test('silent: as many; more, as the file grows; ASCII; a failure that was said; none stated; the rest of a file', () => {
    for (const bytes of [100, 120])
      expect(transfer(asBinary(), 'RETR a', { bytes, stated: stated(150, 100) }).found).toEqual([]);
    expect(transfer(asText(), 'RETR a', { bytes: 90, stated: stated(150, 100) }).found).toEqual([]);
    const said = { bytes: 90, stated: stated(150, 100), outcome: 'failed', cause: 'failed-by-server' } as const;
    expect(transfer(asBinary(), 'RETR a', said, '426 broken').found).toEqual([]);
    expect(transfer(asBinary(), 'RETR a', { bytes: 90 }).found).toEqual([]);
    expect(transfer(asBinary(), 'RETR a', { bytes: 50, stated: stated(213, 100, 50) }).found).toEqual([]);
  });

  test('the user breaks a download off: no failure', () => {
    const aborted = { bytes: 10, stated: stated(150, 100), outcome: 'aborted', cause: 'aborted-by-client' } as const;
    expect(transfer(asBinary(), 'RETR a', aborted, '426 aborted').client('ABOR').server('226 ok').found).toEqual([]);
  });

  test('fewer than the listing of the folder has, unless the folder was left', () => {
    const files = [{ nameSum: nameSum('a'), bytes: 100, modified: null }];
    const listed = () => transfer(asBinary(), 'LIST', { content: listing({ files }) });
    expect(transfer(listed(), 'RETR a', { bytes: 90 }).found).toEqual(['warning server size-mismatch']);
    expect(transfer(listed(), 'RETR a', { bytes: 100 }).found).toEqual([]);
    expect(transfer(listed().client('CWD b').server('250 ok'), 'RETR a', { bytes: 90 }).found).toEqual([]);
    expect(transfer(listed().client('REST 10').server('350 ok'), 'RETR a', { bytes: 90 }).found).toEqual([]);
  });
});

test('size-in-ascii-refused: the words and the type', () => {
  const words = '550 SIZE not allowed in ASCII mode';
  expect(asText().client('SIZE a').server(words).found).toEqual(['warning server size-in-ascii-refused']);
  expect(loggedIn().client('SIZE a').server(words).found).toEqual(['warning server size-in-ascii-refused']);
  expect(asBinary().client('SIZE ascii').server('550 ascii: No such file').found).toEqual([]);
  expect(asText().client('SIZE a').server('550 a: No such file').found).toEqual([]);
});

test('ascii-refused: TYPE A alone, and not for want of a login', () => {
  expect(loggedIn().client('TYPE A').server('504 no').found).toEqual(['warning server ascii-refused']);
  expect(loggedIn().client('TYPE A N').server('501 no').found).toEqual(['warning server ascii-refused']);
  expect(loggedIn().client('TYPE A').server('200 ok').found).toEqual([]);
});

test('stru-or-type-unusual: what only mainframes have', () => {
  for (const line of ['TYPE E', 'STRU R', 'MODE B']) {
    expect(loggedIn().client(line).server('504 no').found).toEqual(['note server stru-or-type-unusual']);
  }
  expect(loggedIn().client('MODE Z').server('504 no').found).toEqual([]);
  expect(loggedIn().client('STRU F').server('504 no').found).toEqual([]);
});

test('mode-z-problem: agreed to, and not done', () => {
  const packed = () => loggedIn().client('TYPE I').server('200 ok').client('MODE Z').server('200 ok');
  expect(transfer(packed(), 'RETR a', { content: content() }).found).toEqual(['warning server mode-z-problem']);
  const failed = { content: content(), outcome: 'failed', cause: 'client-broke' } as const;
  expect(transfer(packed(), 'RETR a', failed, '426 broken').found).toEqual(['error server mode-z-problem']);
  expect(transfer(packed(), 'RETR a', { content: content({ signature: 'zlib' }) }).found).toEqual([]);
  expect(transfer(asBinary(), 'RETR a', { content: content() }).found).toEqual([]);
});

test('a refused transfer says nothing of its content', () => {
  expect(refused(asText(), 'RETR a', '425 no').found).toEqual([]);
});
