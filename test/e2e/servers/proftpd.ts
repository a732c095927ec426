// ProFTPD with a password file of its own.
import { join } from 'node:path';
import { unpacked } from '../peers.js';
import { NOBODY_ID, PASSWORD, PASSWORD_HASH, type Server } from './server.js';

const program = unpacked('proftpd-core', 'usr/sbin/proftpd');

export const proftpd: Server = {
  name: 'ProFTPD',
  needs: [{ file: program, from: 'proftpd-core' }],
  user: 'scope',
  password: PASSWORD,
  // TimeoutLinger 0: after ABOR it would otherwise wait 10 s for a client that waits for its reply.
  files: ({ folder, root, family, host, port }) => ({
    passwd: `scope:${PASSWORD_HASH}:${NOBODY_ID}:${NOBODY_ID}::${root}:/bin/false\n`,
    group: `nogroup:x:${NOBODY_ID}:\n`,
    'proftpd.conf': `ModulePath ${unpacked('proftpd-core', 'usr/lib/proftpd')}
ServerType standalone
ServerName ftpscope
UseIPv6 ${family === 6 ? 'on' : 'off'}
DefaultAddress ${host}
SocketBindTight on
Port ${port}
AuthOrder mod_auth_file.c
AuthUserFile ${folder}/passwd
AuthGroupFile ${folder}/group
RequireValidShell off
User nobody
Group nogroup
DefaultRoot ~
AllowOverwrite on
AllowRetrieveRestart on
AllowStoreRestart on
DelayEngine off
TimeoutLinger 0
UseReverseDNS off
WtmpLog off
TransferLog none
PidFile ${folder}/pid
ScoreboardFile ${folder}/scoreboard
`,
  }),
  commands: ({ folder }) => [[program, '-n', '-c', join(folder, 'proftpd.conf')]],
};
