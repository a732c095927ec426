// vsftpd, anonymous and writable. With TLS, data connections must resume the session of the control connection.
// It wants a root that is not writable and a user whose home exists.
import { join } from 'node:path';
import { unpacked } from '../peers.js';
import { BOTH_VERSIONS, type Place, type Server, type ServerTls } from './server.js';

const program = unpacked('vsftpd', 'usr/sbin/vsftpd');

const listen = ({ family, host }: Place) =>
  family === 4 ? `listen=YES\nlisten_address=${host}` : `listen=NO\nlisten_ipv6=YES\nlisten_address6=${host}`;

const yesOrNo = (is: boolean) => (is ? 'YES' : 'NO');

const encrypt = ({ how, dataMustBe, certificates }: ServerTls) => `ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=${yesOrNo(dataMustBe)}
implicit_ssl=${yesOrNo(how === 'implicit')}
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file=${certificates.serverCertificate}
rsa_private_key_file=${certificates.serverKey}
`;

export const vsftpd: Server = {
  name: 'vsftpd',
  needs: [{ file: program, from: 'vsftpd' }],
  needsForTls: [],
  hasImplicitTls: true,
  resumes: BOTH_VERSIONS,
  user: 'anonymous',
  password: 'scope@example.com',
  commandLog: {
    file: 'commands.log',
    commandIn: (line) => /FTP command: Client "[^"]*", "(.*)"$/.exec(line)?.[1] ?? null,
  },
  files: (place) => ({
    'vsftpd.conf': `${listen(place)}
listen_port=${place.port}
background=NO
anonymous_enable=YES
local_enable=NO
ftp_username=daemon
anon_root=${place.root}
anon_umask=022
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
write_enable=YES
async_abor_enable=YES
connect_from_port_20=NO
seccomp_sandbox=NO
secure_chroot_dir=${join(place.folder, 'empty')}
xferlog_enable=NO
log_ftp_protocol=YES
vsftpd_log_file=${join(place.folder, 'commands.log')}
${place.tls === undefined ? '' : encrypt(place.tls)}`,
  }),
  commands: ({ folder }) => [
    ['mkdir', join(folder, 'empty')],
    [program, join(folder, 'vsftpd.conf')],
  ],
};
