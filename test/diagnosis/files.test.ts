// Files that cannot be read, written or resumed, by the words of servers.
import { describe, expect, test } from 'vitest';
import { nameSum } from '../../src/dialogue/content-facts.js';
import { content, loggedIn, refused, transfer } from './transfers.js';

const binary = (greeting?: string) => loggedIn(greeting).client('TYPE I').server('200 ok');

describe('refused transfers', () => {
  test.each([
    ['STOR a', '550 Permission denied.', 'error server writing-disabled'],
    ['STOR a', '550 Not enough privileges.', 'error server writing-disabled'],
    ['STOR a', '553 Could not create file.', 'error server permission-denied'],
    ['RETR a', '550 a: Permission denied', 'error server permission-denied'],
    ['STOR a', '550 Access is denied. ', 'error server permission-denied'],
    ['STOR a', '550 a: Overwrite permission denied', 'error server overwrite-refused'],
    ['RETR a', '550 a: No such file or directory', 'warning server no-such-path'],
    ['RETR a', '550 Failed to open file.', 'warning server no-such-path'],
    ['STOR a', '552 Disk full - please upload later', 'error server disk-or-quota'],
    ['STOR a', '452 Insufficient storage', 'error server disk-or-quota'],
    ['STOR a', '552 Quota exceeded', 'error server disk-or-quota'],
    ['STOR a', '451 a: Append/Restart not permitted, try again', 'error server resume-not-permitted'],
    ['RETR a', '425 Use PORT or PASV first.', null],
    ['RETR a', '530 Please login', null],
    ['RETR a', '450 a: busy', null],
  ])('%s, %s', (line, reply, found) => {
    expect(refused(binary(), line, reply).found).toEqual(found === null ? [] : [found]);
  });

  test('a failure that comes behind the data', () => {
    const failed = { outcome: 'failed', cause: 'failed-by-server' } as const;
    expect(transfer(binary(), 'STOR a', failed, '451 Failure writing to local file.').found).toEqual([
      'error server disk-or-quota',
    ]);
    expect(transfer(binary(), 'RETR a', failed, '451 Local read error').found).toEqual([]);
  });

  test('the words of the transfer, not of its path', () => {
    expect(refused(binary(), 'RETR quota', '550 quota: No such file').found).toEqual(['warning server no-such-path']);
    expect(transfer(binary(), 'STOR disk full').found).toEqual([]);
  });

  test('folders that clients make to be sure of them are no errors', () => {
    expect(binary().client('MKD a').server('550 Permission denied.').found).toEqual([
      'warning server writing-disabled',
    ]);
    expect(binary().client('MKD a').server('550 a: File exists').found).toEqual([]);
    expect(binary().client('CWD a').server('550 Failed to change directory.').found).toEqual([]);
    expect(binary().client('SIZE a').server('550 Could not get file size.').found).toEqual([]);
  });

  test('a path from outside of the folder that the user is locked in', () => {
    expect(binary().client('CWD /home/anna/www').server('550 no such folder').found).toEqual([
      'warning server no-such-path',
    ]);
    expect(binary().client('CWD /pub').server('550 no such folder').found).toEqual([]);
  });
});

test('rename-target-exists: says so', () => {
  const renames = () => binary().client('RNFR a').server('350 ok').client('RNTO b');
  expect(renames().server('553 RENAME Failed - destination file already exists').found).toEqual([
    'error server rename-target-exists',
  ]);
  expect(renames().server('250 ok').found).toEqual([]);
  expect(renames().server('550 Rename failed.').found).toEqual([]);
});

test('delete-partial: the file of a failed upload is gone', () => {
  const failed = () =>
    transfer(binary(), 'STOR a', { outcome: 'failed', cause: 'client-broke', bytes: 10 }, '426 broken');
  expect(failed().client('SIZE a').server('550 no').found).toEqual(['note server delete-partial']);
  expect(failed().client('SIZE b').server('550 no').found).toEqual([]);
  expect(failed().client('SIZE a').server('213 10').found).toEqual([]);
  expect(transfer(binary(), 'STOR a').client('SIZE a').server('550 no').found).toEqual([]);
});

describe('REST', () => {
  const resumes = (from: number) => binary().client(`REST ${from}`).server(`350 Restarting at ${from}.`);

  test('rest-lost: the whole file comes', () => {
    const whole = { bytes: 100, content: content(), stated: { by: 213, bytes: 100, from: 40 } } as const;
    const [finding] = transfer(resumes(40), 'RETR a', whole).findings;
    expect(finding).toMatchObject({ diagnosis: 'rest-lost', severity: 'error', fault: 'server', link: 1 });
    expect(finding?.cause).toMatch(/, and PASV came between them/);
    expect(transfer(resumes(40), 'RETR a', { ...whole, bytes: 60 }).found).toEqual([]);
    expect(transfer(resumes(40), 'RETR a', { bytes: 100 }).found).toEqual([]);
  });

  test('rest-out-of-range: refused, wrapped, or beyond the end', () => {
    const refusal = refused(resumes(500), 'RETR a', '554 Restart offset 500 is too large for file size 100.');
    expect(refusal.found).toEqual(['error server rest-out-of-range']);
    expect(refused(resumes(500), 'RETR a', '554 REST: invalid a argument').found).toEqual([
      'error server rest-out-of-range',
    ]);
    expect(binary().client('REST 4294967297').server('350 Restarting at 1.').found).toEqual([
      'error server rest-out-of-range',
    ]);
    const beyond = { bytes: 0, stated: { by: 213, bytes: 100, from: 500 } } as const;
    expect(transfer(resumes(500), 'RETR a', beyond).found).toEqual(['error server rest-out-of-range']);
    expect(transfer(resumes(100), 'RETR a', { bytes: 0, stated: { by: 213, bytes: 100, from: 100 } }).found).toEqual(
      [],
    );
    expect(refused(binary(), 'RETR a', '551 beyond my means').found).toEqual([]);
  });

  test('resume-not-permitted: REST is refused, but for a probe of nothing', () => {
    expect(binary().client('REST 10').server('502 REST not implemented').found).toEqual([
      'warning server resume-not-permitted',
    ]);
    expect(binary().client('REST 0').server('502 REST not implemented').found).toEqual([]);
  });

  test('resume-append-mismatch: REST in front of APPE', () => {
    expect(resumes(10).client('APPE a').found).toEqual(['warning client resume-append-mismatch']);
    expect(resumes(0).client('APPE a').found).toEqual([]);
    expect(resumes(10).client('STOR a').found).toEqual([]);
    expect(binary().client('APPE a').found).toEqual([]);
  });
});

test('names are known by their sums', () => {
  expect(nameSum('a')).not.toBe(nameSum('b'));
});
