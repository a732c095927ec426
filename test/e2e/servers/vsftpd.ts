// vsftpd, anonymous and writable. It wants a root that is not writable and a user whose home exists.
import { join } from 'node:path';
import { unpacked } from '../peers.js';
import type { Place, Server } from './server.js';

const program = unpacked('vsftpd', 'usr/sbin/vsftpd');

const listen = ({ family, host }: Place) =>
  family === 4 ? `listen=YES\nlisten_address=${host}` : `listen=NO\nlisten_ipv6=YES\nlisten_address6=${host}`;

export const vsftpd: Server = {
  name: 'vsftpd',
  needs: [{ file: program, from: 'vsftpd' }],
  user: 'anonymous',
  password: 'scope@example.com',
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
`,
  }),
  commands: ({ folder }) => [
    ['mkdir', join(folder, 'empty')],
    [program, join(folder, 'vsftpd.conf')],
  ],
};
