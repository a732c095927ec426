import { expect, test } from 'vitest';
import { latin1Name } from '../../src/demo/file-tree.js';
import { dialogue, openSession } from './sample-session.js';

const nowMs = (): number => Date.UTC(2026, 0, 31, 12, 34, 56);

test('directories are made, walked, and removed', async () => {
  const { client } = await openSession();
  await dialogue(
    client,
    `C: PWD
     S: 257 "/" is the current directory.
     C: MKD my "own" place
     S: 257 "/my ""own"" place" created.
     C: CWD my "own" place
     S: 250 Directory is now /my "own" place
     C: XMKD deeper
     S: 257 "/my ""own"" place/deeper" created.
     C: XCWD deeper
     S: 250 Directory is now /my "own" place/deeper
     C: CDUP
     S: 250 Directory is now /my "own" place
     C: XRMD deeper
     S: 250 Removed.
     C: XCUP
     S: 250 Directory is now /
     C: XPWD
     S: 257 "/" is the current directory.
     C: CDUP
     S: 250 Directory is now /
     C: RMD my "own" place
     S: 250 Removed.
     C: RMD music
     S: 550 music: directory not empty.
     C: RMD README.txt
     S: 550 README.txt: not a directory.
     C: MKD music
     S: 550 music: already exists.
     C: MKD no/such
     S: 550 no/such: no such directory.
     C: CWD nowhere
     S: 550 nowhere: no such directory.
     C: CWD README.txt
     S: 550 README.txt: not a directory.`,
  );
});

test('files are renamed and deleted', async () => {
  const { server, client } = await openSession();
  await dialogue(
    client,
    `C: RNFR README.txt
     S: 350 Now send RNTO.
     C: RNTO music/read me
     S: 250 Renamed.
     C: DELE README.txt
     S: 550 README.txt: no such file.
     C: DELE music/read me
     S: 250 Deleted.
     C: DELE music
     S: 550 music: is a directory.
     C: RNFR nowhere
     S: 550 nowhere: no such file or directory.
     C: RNTO x
     S: 503 Send RNFR first.
     C: RNFR empty.txt
     S: 350 Now send RNTO.
     C: RNTO music
     S: 553 music: already exists.
     C: RNFR empty.txt
     S: 350 Now send RNTO.
     C: NOOP
     S: 200 NOOP ok.
     C: RNTO x
     S: 503 Send RNFR first.`,
  );
  expect(server.files.read('/music/read me')).toBeUndefined();
  expect(server.files.read('/empty.txt')).toBeDefined();
});

test('sizes, times and facts', async () => {
  const { client } = await openSession({ nowMs });
  await dialogue(
    client,
    `C: SIZE report.pdf
     S: 213 196608
     C: MDTM report.pdf
     S: 213 20260131123456
     C: SIZE music
     S: 550 music: not a plain file.
     C: MDTM nowhere
     S: 550 nowhere: no such file.
     C: MLST report.pdf
     S: 250-Listing /report.pdf
     S:  type=file;size=196608;modify=20260131123456;perm=adfrw; /report.pdf
     S: 250 End
     C: OPTS MLST size;type;colour;
     S: 200 MLST OPTS type;size;
     C: MLST
     S: 250-Listing /
     S:  type=dir; /
     S: 250 End
     C: MLST nowhere
     S: 550 nowhere: no such file or directory.
     C: OPTS MLST
     S: 200 MLST OPTS`,
  );
});

test('FEAT lists features in the form of RFC 2389, with the facts that are on', async () => {
  const { client } = await openSession();
  await dialogue(
    client,
    `C: OPTS MLST type;modify;
     S: 200 MLST OPTS type;modify;
     C: FEAT
     S: 211-Features:
     S:  EPRT
     S:  EPSV
     S:  MDTM
     S:  MLST type*;size;modify*;perm;
     S:  REST STREAM
     S:  SIZE
     S:  TVFS
     S:  UTF8
     S: 211 End`,
  );
});

test('STAT tells about the session, a directory, a file', async () => {
  const { client } = await openSession({ nowMs });
  await dialogue(
    client,
    `C: STAT
     S: 211-Sample FTP server
     S:  Connected to 127.0.0.1, logged in as demo.
     S:  TYPE A, MODE S, STRU F.
     S:  No data connection.
     S: 211 End
     C: STAT music
     S: 212-Status of music:
     S:  -rw-r--r--   1 ftp      ftp             12345 Jan 31 12:34 01-overture.ogg
     S:  -rw-r--r--   1 ftp      ftp             23456 Jan 31 12:34 02-allegro.ogg
     S:  -rw-r--r--   1 ftp      ftp             34567 Jan 31 12:34 03-finale.ogg
     S:  -rw-r--r--   1 ftp      ftp                48 Jan 31 12:34 playlist.m3u
     S: 212 End
     C: STAT empty.txt
     S: 213-Status of empty.txt:
     S:  -rw-r--r--   1 ftp      ftp                 0 Jan 31 12:34 empty.txt
     S: 213 End
     C: STAT nowhere
     S: 550 nowhere: no such file or directory.`,
  );
});

test('transfer parameters: what is served, what is right but not served, what is wrong', async () => {
  const { client } = await openSession();
  const codes: Readonly<Record<string, number>> = {
    'TYPE A': 200,
    'TYPE a n': 200,
    'TYPE I': 200,
    'TYPE L 8': 200,
    'TYPE L 7': 504,
    'TYPE E': 504,
    'TYPE A T': 504,
    'TYPE X': 501,
    TYPE: 501,
    'MODE S': 200,
    'MODE b': 504,
    'MODE Z': 501,
    'STRU F': 200,
    'STRU R': 504,
    'STRU X': 501,
    'ALLO 1000': 202,
    'ALLO 1000 R 80': 202,
    'ALLO lots': 501,
    'REST 10': 350,
    'REST ten': 501,
    'REST -1': 501,
    'OPTS UTF8': 200,
    'OPTS UTF8 OFF': 200,
    'OPTS UTF8 MAYBE': 501,
    'OPTS COLOUR': 501,
    'PWD now': 501,
    'NOOP ': 200,
    CWD: 501,
    'RETR a\0b': 501,
    'HELP XYZZY': 501,
    '': 500,
  };
  for (const [line, code] of Object.entries(codes)) expect((await client.command(line)).code, line).toBe(code);
});

test('HELP names every verb', async () => {
  const { client } = await openSession();
  const { lines } = await client.command('HELP');
  expect(lines.at(0)).toBe('214-Verbs:');
  expect(lines.at(-1)).toBe('214 End');
  const verbs = lines.slice(1, -1).flatMap((line) => line.trim().split(/ +/));
  expect(verbs).toContain('EPSV');
  for (const verb of verbs) expect((await client.command(`HELP ${verb}`)).lines[0]).toMatch(`214 Syntax: ${verb}`);
});

test('names keep every byte: spaces at both ends, UTF-8, and bytes that are no text', async () => {
  const names = [' spaces ', latin1Name('Grüße'), '\xe9\xa0\xfe', '\xff'];
  const files = Object.fromEntries(names.map((name) => [`/${name}`, Buffer.from('x')]));
  const { server, client } = await openSession({ files });
  const listed = await client.list('', { mode: 'passive', verb: 'NLST' });
  expect(listed.lines).toEqual([...names].sort());
  for (const name of names) {
    expect((await client.command(`SIZE ${name}`)).lines).toEqual(['213 1']);
  }
  expect((await client.command('MKD a\xff\xffb')).lines, '0xFF is doubled in a Telnet stream').toEqual([
    '257 "/a\xff\xffb" created.',
  ]);
  expect(server.files.find('/a\xffb')?.kind).toBe('directory');
});
