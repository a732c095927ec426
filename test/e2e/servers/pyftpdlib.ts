// pyftpdlib, in the Python that Debian's package belongs to.
import { fileURLToPath } from 'node:url';
import { PASSWORD, type Server } from './server.js';

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('pyftpdlib-server.py', import.meta.url));

export const pyftpdlib: Server = {
  name: 'pyftpdlib',
  needs: [
    { file: python, from: 'python3' },
    { file: '/usr/lib/python3/dist-packages/pyftpdlib/servers.py', from: 'python3-pyftpdlib' },
  ],
  user: 'scope',
  password: PASSWORD,
  files: () => ({}),
  commands: ({ root, host, port }) => [[python, script, host, String(port), root, 'scope', PASSWORD]],
};
