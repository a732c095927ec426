// Pure-FTPd with a virtual user from a password database, which pure-pw makes of the text file.
import { join } from 'node:path';
import { unpacked } from '../peers.js';
import { NOBODY_ID, PASSWORD, PASSWORD_HASH, type Server, type ServerTls } from './server.js';

const program = unpacked('pure-ftpd', 'usr/sbin/pure-ftpd');
const makeDatabase = unpacked('pure-ftpd', 'usr/bin/pure-pw');

// 2: the control connection must be encrypted; 3: data too.
const encrypt = ({ dataMustBe, certificates }: ServerTls) => [
  `--tls=${dataMustBe ? 3 : 2}`,
  `--certfile=${certificates.server}`,
];

export const pureFtpd: Server = {
  name: 'Pure-FTPd',
  needs: [program, makeDatabase].map((file) => ({ file, from: 'pure-ftpd' })),
  needsForTls: [],
  hasImplicitTls: false,
  // With TLS 1.3 it hands out no tickets.
  resumes: ['TLSv1.2'],
  user: 'scope',
  password: PASSWORD,
  files: ({ root }) => ({ passwd: `scope:${PASSWORD_HASH}:${NOBODY_ID}:${NOBODY_ID}::${root}/./::::::::::::\n` }),
  commands: ({ folder, host, port, tls }) => [
    [makeDatabase, 'mkdb', join(folder, 'users.pdb'), '-f', join(folder, 'passwd')],
    [
      program,
      ...[
        '--bind',
        `${host},${port}`,
        '--login',
        `puredb:${join(folder, 'users.pdb')}`,
        '--pidfile',
        join(folder, 'pid'),
      ],
      ...['--noanonymous', '--dontresolve', '--minuid', '1'],
      ...(tls === undefined ? [] : encrypt(tls)),
    ],
  ],
};
