// Names and listings of real servers that clients do not get right: what is found, and that the fix that is named mends it.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proftpd } from '../servers/proftpd.js';
import { pureFtpd } from '../servers/pure-ftpd.js';
import { vsftpd } from '../servers/vsftpd.js';
import {
  configured,
  expectMended,
  findingsOf,
  inShort,
  isMissing,
  oddServer,
  type Stage,
  startedWith,
} from './misconfigured.js';

const STAGED = { timeout: 60_000 };

const wire = (text: string) => Buffer.from(text).toString('latin1');

async function lies(stage: Stage, name: string): Promise<void> {
  const path = Buffer.concat([Buffer.from(join(stage.place.root, 'pub/')), Buffer.from(name, 'latin1')]);
  await writeFile(path, 'content\n');
  await chmod(path, 0o644);
}

/** Logged in, in the folder `pub`, for binary files. */
async function inPub(stage: Stage) {
  const client = await stage.client();
  await client.sayAll('TYPE I', 'CWD pub');
  return client;
}

test('names in Latin-1 at a server that announces UTF-8', STAGED, async (context) => {
  const server = oddServer('none');
  if (isMissing(context, server)) return;
  const asks =
    (name: string, ...commands: readonly string[]) =>
    async (stage: Stage) => {
      await lies(stage, name);
      const client = await inPub(stage);
      await client.sayAll('FEAT');
      await client.get('LIST');
      for (const command of commands) await client.get(command);
    };
  expect(inShort(await findingsOf(server, asks('caf\xe9.txt')))).toEqual(['warning server server encoding-mismatch']);
  const inUtf8 = asks('caf\xe9.txt', `RETR ${wire('café.txt')}`);
  expect(inShort(await findingsOf(server, inUtf8))).toContain('error server client encoding-mismatch');
  const inLatin1 = asks(wire('café.txt'), 'RETR caf\xe9.txt');
  expect(inShort(await findingsOf(server, inLatin1))).toEqual(['error server client encoding-mismatch']);
  expect(await findingsOf(server, asks(wire('café.txt'), `RETR ${wire('café.txt')}`))).toEqual([]);
});

test('a name with accents as characters of their own', STAGED, async (context) => {
  if (isMissing(context, proftpd)) return;
  const asks = (form: 'NFC' | 'NFD') => async (stage: Stage) => {
    await lies(stage, wire('café.txt'.normalize('NFD')));
    const client = await inPub(stage);
    await client.get('MLSD');
    await client.get(`RETR ${wire('café.txt'.normalize(form))}`);
  };
  const findings = await findingsOf(proftpd, asks('NFC'));
  expect(inShort(findings)).toEqual(['error server client unicode-normalisation']);
  expect(findings[0]?.fix.client).toMatch(/as it was listed/);
  expect(await findingsOf(proftpd, asks('NFD'))).toEqual([]);
});

test('listings in local time', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  const inTokyo = (server: typeof vsftpd) => startedWith(server, (line) => ['/usr/bin/env', 'TZ=Asia/Tokyo', ...line]);
  const listsAndAsks = async (stage: Stage) => {
    await lies(stage, 'file.txt');
    const client = await inPub(stage);
    await client.get('LIST');
    await client.say('MDTM file.txt');
  };
  const uploadsAndLists = async (stage: Stage) => {
    const client = await inPub(stage);
    await client.put('STOR up.txt', Buffer.from('text'));
    await client.get('LIST');
  };
  const local = inTokyo(configured(proftpd, 'proftpd.conf', 'TimesGMT off'));
  const found = 'note server server time-zone-shift';
  await expectMended({ server: local }, { server: inTokyo(proftpd) }, listsAndAsks, found, /ProFTPD: TimesGMT on/);
  const [finding] = await findingsOf(local, listsAndAsks);
  expect(finding?.title).toMatch(/file\.txt 9 h later than MDTM says/);
  const localVsftpd = inTokyo(configured(vsftpd, 'vsftpd.conf', 'use_localtime=YES'));
  await expectMended(
    { server: localVsftpd },
    { server: inTokyo(vsftpd) },
    uploadsAndLists,
    found,
    /vsftpd: use_localtime=NO/,
  );
});

test('hidden files', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const fixed = configured(vsftpd, 'vsftpd.conf', 'force_dot_files=YES');
  const uploadsHidden = async (stage: Stage) => {
    const client = await inPub(stage);
    await client.put('STOR .htaccess', Buffer.from('deny'));
    await client.get('LIST');
  };
  await expectMended(
    { server: vsftpd },
    { server: fixed },
    uploadsHidden,
    'note server server hidden-files-missing',
    /force_dot_files=YES/,
  );
});

test('options of LIST, taken for a name', STAGED, async (context) => {
  const server = oddServer('none');
  if (isMissing(context, server, vsftpd)) return;
  const lists = (options: string) => async (stage: Stage) => {
    const client = await inPub(stage);
    await client.get(`LIST ${options}`);
  };
  expect(inShort(await findingsOf(server, lists('-ltr')))).toEqual(['warning server client list-options-refused']);
  expect(await findingsOf(vsftpd, lists('-ltr'))).toEqual([]);
  expect(await findingsOf(server, lists(''))).toEqual([]);
});

test('a path with spaces that cannot be listed', STAGED, async (context) => {
  const wrong = oddServer('spaces');
  if (isMissing(context, wrong)) return;
  const lists = async (stage: Stage) => {
    const client = await inPub(stage);
    await client.sayAll('MKD a b');
    await client.put('STOR a b/file', Buffer.from('text'));
    await client.get('LIST a b');
  };
  await expectMended(
    { server: wrong },
    { server: oddServer('none') },
    lists,
    'warning server server path-with-spaces',
    /CWD with the path/,
  );
});

test('listings of DOS, and of nobody', STAGED, async (context) => {
  if (isMissing(context, oddServer('dos'))) return;
  const lists = async (stage: Stage) => {
    await lies(stage, 'file.txt');
    const client = await inPub(stage);
    await client.get('LIST');
  };
  await expectMended(
    { server: oddServer('dos') },
    { server: oddServer('none') },
    lists,
    'note server server listing-format-unknown',
    /MLSD/,
  );
  expect(inShort(await findingsOf(oddServer('odd'), lists))).toEqual(['warning server server listing-format-unknown']);
});

test('a reply that comes twice, and a PWD without quotes', STAGED, async (context) => {
  if (isMissing(context, oddServer('twice'))) return;
  const asks = async (stage: Stage) => {
    const client = await stage.client();
    await client.sayAll('OPTS UTF8 ON', 'PWD', 'NOOP', 'NOOP');
  };
  expect(inShort(await findingsOf(oddServer('twice'), asks))).toContain('warning server server reply-desync');
  expect(inShort(await findingsOf(oddServer('pwd'), asks))).toContain('warning server server pwd-257-malformed');
  expect(inShort(await findingsOf(oddServer('none'), asks)).filter((one) => !one.startsWith('note'))).toEqual([]);
});
