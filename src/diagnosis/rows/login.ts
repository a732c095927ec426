// Logins that are refused, by the server's words.
import type { ReplySeen } from '../../dialogue/observation.js';
import { verbFacts } from '../../protocol/verbs.js';
import { type DiagnosisRow, on, type Rule, symptomOn } from '../row.js';
import { headline, wordsOf } from '../said.js';
import type { SessionPicture } from '../session-picture.js';

/** The server refused USER or PASS. */
function refusesLogin(reply: ReplySeen, session: SessionPicture): boolean {
  const verb = session.commandOf(reply)?.verb;
  const refuses = reply.code >= 500 || reply.code === 430 || reply.code === 421;
  return reply.by === 'server' && refuses && (verb === 'USER' || verb === 'PASS' || verb === 'ACCT');
}

/** A login that is refused in such words. */
function refusedWith(words: RegExp): Rule {
  return on('reply', (reply, session) =>
    refusesLogin(reply, session) && words.test(wordsOf(reply))
      ? {
          confidence: 'certain',
          leg: 'server',
          values: namesUser(reply, session),
          evidence: [session.commandOf(reply)],
        }
      : null,
  );
}

function namesUser(reply: ReplySeen, { user }: SessionPicture) {
  return { of: user === null ? '' : ` of ${user}`, user: user ?? 'this user', reply: headline(reply) };
}

/** What nobody may do before the login; FEAT, SYST and the like are asked in advance. */
function needsLogin(verb: string): boolean {
  const facts = verbFacts(verb);
  return (
    facts?.transfer !== undefined || facts?.announces !== undefined || facts?.writes === true || NEEDS_LOGIN.has(verb)
  );
}

const NEEDS_LOGIN = new Set(['CWD', 'XCWD', 'CDUP', 'PWD', 'XPWD', 'SIZE', 'MDTM', 'TYPE', 'REST']);

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
    id: 'login-home-missing',
    severity: 'error',
    fault: 'server',
    title: 'the server cannot use the home folder{of|}: {reply|530}',
    cause: 'The folder in which the user would begin does not exist, or the user may not enter it.',
    fix: { server: 'Create the folder, and let the user enter it and all folders above it.' },
    settings: {
      vsftpd: 'local_root, user_sub_token; anon_root for anonymous users',
      proftpd: 'CreateHome on; DefaultRoot',
      pureftpd: '-j creates it (CreateHomeDir)',
      iis: 'an authorization rule for the user, and the folder of FTP User Isolation',
    },
    signs:
      '500 OOPS: cannot change directory, 530 Home directory not available, 530 User cannot log in, home directory inaccessible.',
    rules: [
      refusedWith(
        /OOPS: (?:cannot|could not) (?:change|chroot)|home directory (?:not available|inaccessible|doesn't exist)|directory (?:is )?inaccessible/i,
      ),
    ],
  },
  {
    id: 'server-configuration-broken',
    severity: 'error',
    fault: 'server',
    title: 'vsftpd cannot serve the session: {reply|500 OOPS}',
    cause: 'vsftpd stops at an error of its configuration or of its surroundings, and says which.',
    fix: { server: 'Correct what the reply names, in vsftpd.conf or on the machine.' },
    settings: { vsftpd: 'see "man vsftpd.conf" for the setting that the reply names' },
    signs: '500 OOPS: and a reason, in place of any reply.',
    rules: [
      symptomOn('reply', (reply, session) =>
        // Behind the first comes one that says that it died.
        (reply.answers !== null || session.greeting === reply) &&
        reply.by === 'server' &&
        /^500 OOPS: /.test(headline(reply))
          ? { confidence: 'certain', leg: 'server', values: { reply: headline(reply) } }
          : null,
      ),
    ],
  },
  {
    id: 'login-anonymous-only',
    severity: 'error',
    fault: 'client',
    title: 'the server lets anonymous users in alone, not {user|this user}',
    cause: 'Logins with accounts of the machine are switched off.',
    fix: { client: 'Log in as anonymous.', server: 'Or let local users in.' },
    settings: { vsftpd: 'local_enable=YES', pureftpd: 'without -e (AnonymousOnly)', iis: 'Basic Authentication' },
    signs: '530 This FTP server is anonymous only.',
    rules: [refusedWith(/anonymous (?:access |logins? |users? )?only|only anonymous/i)],
  },
  {
    id: 'login-anonymous-refused',
    severity: 'error',
    fault: 'client',
    title: 'the server lets no anonymous users in: {reply|530}',
    cause: 'Anonymous logins are switched off; many clients use them where no user is named.',
    fix: { client: 'Name a user.', server: 'Or let anonymous users in.' },
    settings: {
      vsftpd: 'anonymous_enable=YES',
      proftpd: 'an <Anonymous> section',
      pureftpd: 'without -E (NoAnonymous), with a user ftp',
      pyftpdlib: 'authorizer.add_anonymous',
      iis: 'Anonymous Authentication',
    },
    signs: '530 in answer to USER or PASS of the user anonymous or ftp.',
    rules: [
      on('reply', (reply, session) => {
        const isAnonymous = /^(anonymous|ftp)$/i.test(session.user ?? '');
        const names = /anonymous/i.test(wordsOf(reply)) && !/encryption|TLS|SSL/i.test(wordsOf(reply));
        if (!refusesLogin(reply, session) || !isAnonymous || reply.code === 421) return null;
        const isPlain = names || /login incorrect|login authentication failed|cannot log in/i.test(wordsOf(reply));
        if (!isPlain) return null;
        return { confidence: names ? 'certain' : 'likely', leg: 'server', values: namesUser(reply, session) };
      }),
    ],
  },
  {
    id: 'login-user-denied',
    severity: 'error',
    fault: 'server',
    title: 'a list of users keeps {user|this user} out: {reply|530 Permission denied.}',
    cause: 'vsftpd answers so, before it asks for a password, to users whom its list of users denies.',
    fix: { server: 'Take the user from the list, or put it there where the list names those who may log in.' },
    settings: { vsftpd: 'userlist_file (/etc/vsftpd.user_list) with userlist_deny=NO or YES, userlist_enable' },
    signs: '530 Permission denied. in answer to USER.',
    rules: [refusedWith(/^530 Permission denied\.$/)],
  },
  {
    id: 'login-user-too-low',
    severity: 'error',
    fault: 'server',
    title: "Pure-FTPd does not trust {user|this user}: its user number is below the server's limit",
    cause: 'Users of the system have low numbers, and are not to log in.',
    fix: { server: 'Give the user a higher number, or lower the limit.' },
    settings: { pureftpd: '-u 1 (file MinUID)' },
    signs: "530 Sorry, but I can't trust you",
    rules: [refusedWith(/can't trust you/i)],
  },
  {
    id: 'login-attempts-exhausted',
    severity: 'error',
    fault: 'client',
    title: 'the server refuses further logins after too many failures: {reply|421}',
    cause: 'The name or the password was wrong too often, in this session or from this address.',
    fix: {
      client: 'Correct the password, and wait before the next attempt.',
      server: 'Raise the limit, or lift the ban of the address (fail2ban and the like).',
      proxy:
        'To the server, all clients of the proxy have one address, so that one of them can lock all out: --send-proxy-protocol v1, if the server takes it.',
    },
    settings: { vsftpd: 'max_login_fails', proftpd: 'MaxLoginAttempts; mod_ban', filezilla: 'Autoban' },
    signs: '421 or 530 that speaks of too many failed logins.',
    rules: [
      refusedWith(
        /too many (?:failed |wrong |bad )?(?:login|logon|authentication|password)s?(?: attempts| failures)?/i,
      ),
    ],
  },
  {
    id: 'login-host-expected',
    severity: 'error',
    fault: 'client',
    title: 'the server wants the name of a virtual host with the user: {reply|530}',
    cause: 'Several FTP sites of IIS share the address, and the client has not said which it wants.',
    fix: {
      client: 'Log in as host|user, or send HOST before USER.',
      server: 'Or give the site an address of its own.',
    },
    settings: { iis: 'the "Host name" of the FTP site\'s binding' },
    signs: '530 Valid hostname is expected.',
    rules: [refusedWith(/valid host ?name is expected/i)],
  },
  {
    id: 'account-required',
    severity: 'error',
    fault: 'client',
    title: 'the server wants an account (ACCT), which the client never names: {reply|332}',
    cause: 'The server knows accounts beside users; gateways and mainframes do.',
    fix: { client: 'Give an account; at gateways log in as user@host.' },
    clientSettings: { curl: '--ftp-account NAME', lftp: 'set ftp:acct NAME', filezilla: 'Logon type: Account' },
    signs: '332 in answer to USER or PASS, or 532 to a transfer, and no ACCT.',
    rules: [
      on('reply', (reply, session) =>
        reply.by === 'server' && reply.code === 532 && !session.said.has('ACCT')
          ? { confidence: 'certain', leg: 'server', values: { reply: headline(reply) } }
          : null,
      ),
      on('session-closed', (_closed, session) => {
        const asked = session.newestReply;
        const wants = asked?.code === 332 && asked.by === 'server' && !session.isLoggedIn && !session.said.has('ACCT');
        return wants
          ? { confidence: 'certain', leg: 'server', values: { reply: headline(asked) }, evidence: [asked] }
          : null;
      }),
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
        refusesLogin(reply, session) && reply.code !== 421 && reply.code !== 503
          ? {
              confidence: 'certain',
              leg: 'server',
              values: namesUser(reply, session),
            }
          : null,
      ),
    ],
  },
  {
    id: 'not-logged-in',
    severity: 'error',
    fault: 'client',
    title: 'the client goes on without being logged in: {command|RETR}, {reply|530}',
    cause: 'The login failed, or never came, or was lost with an earlier connection, and the client does not notice.',
    fix: { client: 'Log in first; after a 530 to PASS, stop.' },
    signs: '530 in answer to a transfer, CWD, PWD and the like.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (reply.code !== 530 || reply.by !== 'server' || command === null || session.isLoggedIn) return null;
        if (command.by === 'proxy' || !needsLogin(command.verb)) return null;
        const isFirst = !session.allExchanges.some(
          (one) => one.command.number < command.number && needsLogin(one.command.verb) && one.replies[0]?.code === 530,
        );
        if (!isFirst) return null;
        return {
          confidence: 'certain',
          leg: 'server',
          values: { command: command.line, reply: headline(reply) },
          evidence: [command],
        };
      }),
    ],
  },
];
