// Files that cannot be read or written, by the server's words: rights, room, names that are taken or not there.
import { verbFacts } from '../../protocol/verbs.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import { refusal, wordsOf } from '../said.js';

const UPLOADS = ['STOR', 'STOU', 'APPE'] as const;
const WRITES = [...UPLOADS, 'DELE', 'RMD', 'XRMD', 'MKD', 'XMKD', 'RNFR', 'RNTO', 'MFMT', 'SITE'] as const;
const TRANSFERS = [...UPLOADS, 'RETR'] as const;

const NO_ROOM =
  /no space left|disk full|disc full|not enough (?:disk )?space|insufficient (?:disk |storage )?space|quota|failure writing to local file|file too large|storage allocation|error during write to file|^451 .*input\/output error/i;

export const FILES: readonly DiagnosisRow[] = [
  {
    id: 'disk-or-quota',
    severity: 'error',
    fault: 'server',
    title: 'the server has no room for {path|the file}: {reply|452}',
    cause: 'The disk of the server is full, or the quota of the user is used up.',
    fix: {
      server: 'Free room, or raise the quota.',
      client: 'Delete what is not needed; what was transferred of the file may be there in part.',
    },
    settings: {
      vsftpd: 'none: it is the file system',
      proftpd: 'QuotaEngine, QuotaLimitTable (mod_quotatab); MaxStoreFileSize',
      pureftpd: '-n FILES:MIB (Quota), -k PERCENT (MaxDiskUsage), pure-pw usermod USER -N MIB',
      iis: 'FTP folder quota (File Server Resource Manager)',
    },
    signs:
      '452 or 552, 451 Failure writing to local file, or any refusal that speaks of space or quota; often behind a data connection that was reset, so that the client shows no more than "broken pipe".',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        if (command === null || reply.code < 400) return null;
        const isWrite =
          verbFacts(command.verb)?.transfer === 'upload' || ['MKD', 'XMKD', 'ALLO'].includes(command.verb);
        const saysSo = NO_ROOM.test(wordsOf(reply));
        const byCode = reply.code === 452 || reply.code === 552;
        if (!isWrite || (!saysSo && !byCode)) return null;
        const refused = refusal(reply, session, null, null);
        const isCertain = byCode || /space|quota|full/i.test(wordsOf(reply));
        return refused === null ? null : { ...refused, confidence: isCertain ? 'certain' : 'likely' };
      }),
    ],
  },
  {
    id: 'writing-disabled',
    severity: 'error',
    fault: 'server',
    title: 'the server is set up not to let this user write: {verb|STOR} {path|a file}, {reply|550 Permission denied.}',
    cause:
      'The configuration of the server forbids it, whatever the file system allows: vsftpd says "550 Permission denied." and pyftpdlib "550 Not enough privileges." then.',
    fix: { server: 'Allow writing for this user.' },
    settings: {
      vsftpd:
        'write_enable=YES; for anonymous users also anon_upload_enable=YES, anon_mkdir_write_enable=YES, anon_other_write_enable=YES; cmds_denied, cmds_allowed',
      pyftpdlib: "authorizer.add_user(..., perm='elradfmwMT')",
      proftpd: '<Limit WRITE>',
      pureftpd: 'anonymous users: without -i (AnonymousCantUpload)',
    },
    signs:
      '550 Permission denied. of vsftpd, 550 Not enough privileges of pyftpdlib, in answer to STOR, DELE, MKD and the like.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, WRITES, /^550 (?:Permission denied\.|Not enough privileges\.)$/);
        if (refused === null) return null;
        // MKD of a folder that exists is answered alike, and clients make folders to be sure of them.
        const isTransfer = UPLOADS.some((verb) => verb === refused.values?.['verb']);
        return isTransfer ? refused : { ...refused, severity: 'warning', confidence: 'likely' };
      }),
    ],
  },
  {
    id: 'overwrite-refused',
    severity: 'error',
    fault: 'server',
    title: '{path|the file} exists, and the server does not let it be overwritten: {reply|550}',
    cause: 'Overwriting is switched off.',
    fix: { client: 'Delete the file first, or upload under another name.', server: 'Or allow overwriting.' },
    settings: {
      proftpd: 'AllowOverwrite on',
      pureftpd: 'without -r (AutoRename)',
      vsftpd: 'anon_other_write_enable=YES for anonymous users',
    },
    signs: '550 Overwrite permission denied, or a refusal of STOR that says that the file exists.',
    rules: [on('reply', (reply, session) => refusal(reply, session, UPLOADS, /overwrite|already exists|file exists/i))],
  },
  {
    id: 'rename-target-exists',
    severity: 'error',
    fault: 'client',
    title: 'the file cannot be renamed to {path|a name} that exists: {reply|553}',
    cause: 'The server does not replace files when it renames others. Uploads under a temporary name end with that.',
    fix: { client: 'Delete the old file before RNTO.', server: 'Or allow it.' },
    settings: { pureftpd: 'without -G (NoRename)', proftpd: 'AllowOverwrite on', iis: 'Allow replacement on rename' },
    clientSettings: { lftp: 'set xfer:use-temp-file no', winscp: 'Transfer to temporary filename: Disable' },
    signs: '5yz in answer to RNTO that says that the file exists.',
    rules: [on('reply', (reply, session) => refusal(reply, session, ['RNTO'], /exist|overwrite/i))],
  },
  {
    id: 'permission-denied',
    severity: 'error',
    fault: 'server',
    title: 'the server may not {doing|open} {path|the file}: {reply|550}',
    cause:
      'The file system of the server forbids it to the user that the server runs the session as: owner, mode, ACL, SELinux, or a folder that is not there.',
    fix: {
      server: 'Give the user the right to the folder (chown, chmod), and look for SELinux and AppArmor.',
      client: 'Check the path.',
    },
    settings: {
      vsftpd: 'SELinux: setsebool -P ftpd_full_access on; anonymous users: anon_root, chown_uploads',
      proftpd: '<Limit>, HideNoAccess, PathDenyFilter',
      pureftpd: 'anonymous users: -M, -e; names with dots: -x, -X',
      iis: 'authorization rules, and the rights of the folder',
    },
    signs:
      '550 x: Permission denied, 553 Could not create file., 550 Access is denied., 553 Prohibited file name, in answer to a transfer.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const words =
          /permission denied|could not create file|access (?:is )?denied|prohibited file ?name|forbidden|not permitted|read-only file system|not allowed to/i;
        const refused = refusal(reply, session, TRANSFERS, words, 450);
        if (refused === null || /append|restart|resum/i.test(wordsOf(reply))) return null;
        const isUpload = refused.values?.['verb'] !== 'RETR';
        return { ...refused, confidence: 'likely', values: { ...refused.values, doing: isUpload ? 'write' : 'read' } };
      }),
    ],
  },
  {
    id: 'no-such-path',
    severity: 'warning',
    fault: 'client',
    title: 'the server has no {path|such file}, or does not show it to this user: {reply|550}',
    cause:
      'The path does not exist as the server sees it: upper and lower case differ, \\ is no separator, and a user who is locked into a folder (chroot) sees that folder as /.',
    fix: { client: 'Take the name from a listing, and the path from PWD: it begins at what this user sees as /.' },
    signs: '550 in answer to RETR, STOR or APPE.',
    rules: [
      symptomOn('reply', (reply, session) => {
        if (reply.code !== 550 && reply.code !== 553 && reply.code !== 450) return null;
        const words =
          /no such|not found|cannot find|can't find|does ?n[o']t exist|not exist|failed to open|can't open|cannot open|not a (?:regular|plain) file|is a directory/i;
        const refused = refusal(reply, session, TRANSFERS, words);
        if (refused === null) return null;
        const isClear = /no such|not found|find|exist/i.test(wordsOf(reply));
        return { ...refused, confidence: isClear ? 'likely' : 'possible' };
      }),
      // The folder's own path is left of what such a user sees.
      symptomOn('reply', (reply, session) => {
        const refused = reply.code === 550 ? refusal(reply, session, ['CWD', 'XCWD'], null) : null;
        const path = String(refused?.values?.['path'] ?? '');
        const isTelling = /^\/(?:home|var|srv|usr)\/[^/]+/.test(path) || path.includes('\\');
        return refused !== null && isTelling ? { ...refused, severity: 'warning', confidence: 'possible' } : null;
      }),
    ],
  },
  {
    id: 'delete-partial',
    severity: 'note',
    fault: 'server',
    title:
      'the server has deleted the part of {path|a file} that was uploaded before it broke off, so that it cannot be resumed',
    cause: 'Uploads that are broken off are deleted, or go to a hidden name until they are complete.',
    fix: { server: 'Keep them, so that clients can resume.', client: 'Upload the file again from its beginning.' },
    settings: {
      proftpd: 'DeleteAbortedStores off; HiddenStores off',
      vsftpd: 'delete_failed_uploads=NO',
      pureftpd: 'without -0 (NoTruncate)',
    },
    signs: '550 in answer to SIZE, REST or APPE of a file whose upload failed in the same session.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, ['SIZE', 'MDTM', 'RETR'], null, 500);
        const failed = session.folder.halfStored.get(String(refused?.values?.['path'])) ?? null;
        return refused === null || failed === null ? null : { ...refused, confidence: 'likely', evidence: [failed] };
      }),
    ],
  },
];
