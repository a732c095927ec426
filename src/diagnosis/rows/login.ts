// Logins that are refused, by the server's words.
import type { ReplySeen } from '../../dialogue/observation.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

/** The server refused USER or PASS. */
function refusesLogin(reply: ReplySeen, session: SessionPicture): boolean {
  const verb = session.commandOf(reply)?.verb;
  return reply.by === 'server' && reply.code >= 500 && (verb === 'USER' || verb === 'PASS' || verb === 'ACCT');
}

export const LOGIN: readonly DiagnosisRow[] = [
  {
    id: 'login-chroot-refused',
    severity: 'error',
    fault: 'server',
    title: 'vsftpd refuses the login, as the user may write to the folder that it is locked in',
    cause: 'A user who is locked into a folder (chroot) must not be able to write to that folder itself.',
    fix: { server: 'Take the right to write from the folder (chmod a-w), and let users write below it.' },
    settings: { vsftpd: 'allow_writeable_chroot=YES, which is less safe' },
    signs: '500 OOPS: vsftpd: refusing to run with writable root inside chroot(), in answer to PASS.',
    rules: [
      on('reply', ({ by, lines }) =>
        by === 'server' && lines.some((line) => /writable root inside chroot/.test(line))
          ? { confidence: 'certain', leg: 'server' }
          : null,
      ),
    ],
  },
  {
    id: 'login-failed',
    severity: 'error',
    fault: 'client',
    title: 'the server refuses the login{of|}: {reply|530}',
    cause:
      'The name or the password is wrong, or the server does not let this user in: a deny list, a shell that it does not know, a missing home folder.',
    fix: {
      client: 'Check name and password; in URLs, write @ : / and % in them as %40 %3A %2F %25.',
      server: 'Look into its log: it names the reason that it does not tell clients.',
    },
    settings: {
      vsftpd: 'userlist_deny, check_shell (/etc/shells), pam_service_name',
      proftpd: 'RequireValidShell, UseFtpUsers, <Limit LOGIN>',
      pureftpd: '-u MIN_UID (MinUID), the home folder must exist (-j creates it)',
    },
    signs: '530, 430 or 5yz in answer to USER or PASS.',
    rules: [
      symptomOn('reply', (reply, session) =>
        refusesLogin(reply, session)
          ? {
              confidence: 'certain',
              leg: 'server',
              values: { of: session.user === null ? '' : ` of ${session.user}`, reply: reply.lines[0] ?? '' },
            }
          : null,
      ),
    ],
  },
];
