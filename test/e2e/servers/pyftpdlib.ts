// pyftpdlib, in the Python that Debian's package belongs to.
import { fileURLToPath } from 'node:url';
import { BOTH_VERSIONS, PASSWORD, type Server } from './server.js';

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('pyftpdlib-server.py', import.meta.url));

export const pyftpdlib: Server = {
  name: 'pyftpdlib',
  needs: [
    { file: python, from: 'python3' },
    { file: '/usr/lib/python3/dist-packages/pyftpdlib/servers.py', from: 'python3-pyftpdlib' },
  ],
  needsForTls: [{ file: '/usr/lib/python3/dist-packages/OpenSSL/SSL.py', from: 'python3-openssl' }],
  hasImplicitTls: true,
  resumes: BOTH_VERSIONS,
  // It resets data connections on which TLS begins before the transfer command.
  cannotServe: ['curl', 'basic-ftp'],
  user: 'scope',
  password: PASSWORD,
  commandLog: { file: 'commands.log', commandIn: (line) => /^\S+-\[.*?\] <- (.*)$/.exec(line)?.[1] ?? null },
  files: () => ({}),
  commands: ({ root, host, port, tls }) => [
    [
      ...([python, script, host, String(port), root, 'scope', PASSWORD] as const),
      ...(tls === undefined ? [] : [tls.how, tls.certificates.server, tls.dataMustBe ? 'data' : 'control']),
    ],
  ],
};
