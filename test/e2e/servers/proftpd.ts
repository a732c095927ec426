// ProFTPD with a password file of its own. With TLS, data connections must resume the session of the control connection,
// which is mod_tls's default.
import { join } from 'node:path';
import { unpacked } from '../peers.js';
import { BOTH_VERSIONS, NOBODY_ID, PASSWORD, PASSWORD_HASH, type Server, type ServerTls } from './server.js';

const program = unpacked('proftpd-core', 'usr/sbin/proftpd');

// The one folder where it looks for modules; none is needed without TLS.
const modules = unpacked('proftpd-mod-crypto', 'usr/lib/proftpd');

const encrypt = ({ how, dataMustBe, certificates }: ServerTls) => `LoadModule mod_tls.c
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSRequired ${dataMustBe ? 'on' : 'ctrl'}
TLSRSACertificateFile ${certificates.serverCertificate}
TLSRSACertificateKeyFile ${certificates.serverKey}
${how === 'implicit' ? 'TLSOptions UseImplicitSSL' : ''}
`;

export const proftpd: Server = {
  name: 'ProFTPD',
  needs: [{ file: program, from: 'proftpd-core' }],
  needsForTls: [{ file: join(modules, 'mod_tls.so'), from: 'proftpd-mod-crypto' }],
  hasImplicitTls: true,
  resumes: BOTH_VERSIONS,
  user: 'scope',
  password: PASSWORD,
  commandLog: { file: 'commands.log', commandIn: (line) => line },
  // TimeoutLinger 0: after ABOR it would otherwise wait 10 s for a client that waits for its reply.
  files: ({ folder, root, family, host, port, tls }) => ({
    passwd: `scope:${PASSWORD_HASH}:${NOBODY_ID}:${NOBODY_ID}::${root}:/bin/false\n`,
    group: `nogroup:x:${NOBODY_ID}:\n`,
    'proftpd.conf': `ModulePath ${modules}
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
LogFormat command "%r"
ExtendedLog ${folder}/commands.log ALL command
PidFile ${folder}/pid
ScoreboardFile ${folder}/scoreboard
${tls === undefined ? '' : encrypt(tls)}`,
  }),
  commands: ({ folder }) => [[program, '-n', '-c', join(folder, 'proftpd.conf')]],
};
