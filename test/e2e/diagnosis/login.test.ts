// Logins and connections that real servers refuse: what is found, and that the fix that is named mends it.
import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { proftpd } from '../servers/proftpd.js';
import { pureFtpd } from '../servers/pure-ftpd.js';
import { pyftpdlib } from '../servers/pyftpdlib.js';
import { vsftpd } from '../servers/vsftpd.js';
import { configured, expectMended, findingsOf, inShort, isMissing, type Stage, startedWith } from './misconfigured.js';

const STAGED = { timeout: 60_000 };

const asUser = (user: string) => async (stage: Stage) => {
  const client = await stage.newcomer();
  await client.login(user, 'secret');
};

const logsIn = async (stage: Stage) => {
  await stage.client();
};

test('a wrong password', STAGED, async (context) => {
  if (isMissing(context, pyftpdlib)) return;
  const wrong = { ...pyftpdlib, password: 'wrong' };
  const started = { ...wrong, commands: pyftpdlib.commands };
  await expectMended({ server: started }, { server: pyftpdlib }, logsIn, 'error server client login-failed', /%40/);
});

test('vsftpd: a list of users denies one', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const withList = (deny: string) => {
    const server = configured(
      vsftpd,
      'vsftpd.conf',
      'local_enable=YES',
      'userlist_enable=YES',
      'userlist_file=FOLDER/users',
      deny,
    );
    return {
      ...server,
      files: (place: Parameters<typeof server.files>[0]) => ({ ...server.files(place), users: 'scope\n' }),
    };
  };
  const [wrong, fixed] = [withList('userlist_deny=YES'), withList('userlist_deny=NO')];
  await expectMended(
    { server: wrong },
    { server: fixed },
    asUser('scope'),
    'error server server login-user-denied',
    /userlist_deny=NO/,
  );
});

test('vsftpd: for anonymous users alone', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const fixed = configured(vsftpd, 'vsftpd.conf', 'local_enable=YES');
  await expectMended(
    { server: vsftpd },
    { server: fixed },
    asUser('scope'),
    'error server client login-anonymous-only',
    /local_enable=YES/,
  );
});

test('Pure-FTPd: no anonymous users', STAGED, async (context) => {
  if (isMissing(context, pureFtpd)) return;
  const findings = await findingsOf(pureFtpd, asUser('anonymous'));
  expect(inShort(findings)).toEqual(['error server client login-anonymous-refused']);
  expect(findings[0]?.fix.server).toMatch(/Pure-FTPd: without -E/);
});

test('ProFTPD: the shell of the user is not in /etc/shells', STAGED, async (context) => {
  if (isMissing(context, proftpd)) return;
  const wrong = configured(proftpd, 'proftpd.conf', 'RequireValidShell on');
  await expectMended(
    { server: wrong },
    { server: proftpd },
    logsIn,
    'error server client login-failed',
    /ProFTPD: RequireValidShell/,
  );
});

test('vsftpd: the user may write to the folder that it is locked in', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const withMode = (mode: number) => async (stage: Stage) => {
    await chmod(stage.place.root, mode);
    await stage.client();
  };
  const wrong = await findingsOf(vsftpd, withMode(0o777));
  expect(inShort(wrong)).toEqual(['error server server login-chroot-refused']);
  expect(wrong[0]?.fix.server).toMatch(/chmod a-w.* vsftpd: allow_writeable_chroot=YES/);
  expect(await findingsOf(vsftpd, withMode(0o755))).toEqual([]);
});

test('too many connections from one address: behind the proxy, that is all clients', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  const twice = async (stage: Stage) => {
    const first = await stage.client();
    const second = await stage.client();
    await second.quit();
    await first.quit();
  };
  const servers = [
    [configured(vsftpd, 'vsftpd.conf', 'max_per_ip=1'), vsftpd, /vsftpd: max_per_ip/],
    [configured(proftpd, 'proftpd.conf', 'MaxClientsPerHost 1'), proftpd, /ProFTPD: MaxClientsPerHost/],
    [startedWith(pureFtpd, (line) => [...line, '--maxclientsperip', '1']), pureFtpd, /Pure-FTPd: -C/],
  ] as const;
  for (const [wrong, fixed, setting] of servers) {
    await expectMended({ server: wrong }, { server: fixed }, twice, 'error server proxy too-many-connections', setting);
  }
  const [finding] = await findingsOf(servers[0][0], twice);
  expect(finding?.fix.proxy).toMatch(/--send-proxy-protocol v1/);
});

test('a client that goes on without a login', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const findings = await findingsOf(vsftpd, async (stage) => {
    const client = await stage.newcomer();
    await client.sayAll('SYST', 'FEAT', 'PWD', 'CWD pub');
  });
  expect(inShort(findings)).toEqual(['error server client not-logged-in']);
});
