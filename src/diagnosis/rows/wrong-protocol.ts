// Somebody speaks another protocol than FTP, or FTP where TLS is expected.
import { type DiagnosisRow, on } from '../row.js';

export const WRONG_PROTOCOL: readonly DiagnosisRow[] = [
  {
    id: 'ssh-on-ftp-port',
    severity: 'error',
    fault: 'client',
    title: 'the {who|client} speaks SSH (SFTP), not FTP',
    cause:
      'SFTP is a part of SSH, and has nothing in common with FTP but the name: one of the two is set up for the other.',
    fix: {
      client: 'Choose FTP in the client, or SFTP with the port of the SSH server (22).',
      server: 'If users want SFTP, send them to the SSH server.',
    },
    signs: 'A first line that begins with SSH-2.0-, from either side.',
    rules: [
      on('violation', ({ code, side, detail }) =>
        code === 'not-ftp' && detail.includes('SSH')
          ? { confidence: 'certain', leg: side, fault: side === 'client' ? 'client' : 'proxy', values: { who: side } }
          : null,
      ),
    ],
  },
];
