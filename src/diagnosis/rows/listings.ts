// Listings that clients cannot read, that are empty, or that do not show what is there.
import { isListing } from '../../dialogue/content-probe.js';
import type { CommandSeen, LinkClosed, Observation, ReplySeen } from '../../dialogue/observation.js';
import { isOfFolderItself } from '../folder-picture.js';
import { type DiagnosisRow, on, type Rule, type Sighting } from '../row.js';
import { refusal } from '../said.js';
import type { SessionPicture } from '../session-picture.js';
import { shiftBetween, shiftInWords } from '../time-shift.js';

const OPTIONS = /^-[A-Za-z0-9]+(?: |$)/;

interface Asked {
  readonly verb: string;
  readonly argument: string;
  /** The server refused it; otherwise it answered with nothing. */
  readonly refused: boolean;
  readonly answer: string;
  readonly command: CommandSeen | null;
}

/** A listing that was refused or came empty. */
function onFailedListing(
  see: (asked: Asked, session: SessionPicture, seen: ReplySeen | LinkClosed) => Sighting | null,
): Rule {
  return on(['reply', 'link-closed'], (seen, session) => {
    if (seen.kind === 'reply') {
      const command = session.commandOf(seen);
      if (command === null || !isListing(command.verb)) return null;
      const refused = refusal(seen, session, null, /^(?!425|426|530)/);
      if (refused === null) return null;
      const answer = String(refused.values?.['reply']);
      return see({ verb: command.verb, argument: command.argument, refused: true, answer, command }, session, seen);
    }
    const { verb, path, outcome, cause, bytes } = seen;
    if (verb === null || path === null || !isListing(verb)) return null;
    if (outcome !== 'complete' || cause !== null || bytes > 0) return null;
    const command = session.link(seen.link)?.transfer ?? null;
    return see({ verb, argument: path, refused: false, answer: 'an empty listing', command }, session, seen);
  });
}

function listedBy(asked: Asked, confidence: Sighting['confidence']): Sighting {
  const command = asked.argument === '' ? asked.verb : `${asked.verb} ${asked.argument}`;
  return {
    confidence,
    leg: 'server',
    values: { command, argument: asked.argument, answer: asked.answer },
    evidence: [asked.refused ? asked.command : null],
  };
}

/** A file that is known to be in the folder although its listing is empty. */
function knownFile({ folder }: SessionPicture): { readonly name: string; readonly by: Observation } | null {
  for (const [name, { by }] of folder.files) if (!name.startsWith('.')) return { name, by };
  return null;
}

/** The times of files in a listing, compared with what else is known of them. */
function shiftOf(name: string, session: SessionPicture): { readonly shift: number; readonly than: string } | null {
  const listed = session.folder.listedFile(name)?.modified ?? null;
  const known = session.folder.files.get(name);
  if (listed === null || known === undefined) return null;
  if (known.modified !== null) {
    const shift = shiftBetween(listed, known.modified);
    return shift === null ? null : { shift, than: 'MDTM says' };
  }
  // Clients set other times than the present behind an upload.
  const setsTimes = session.said.has('MFMT') || session.said.has('SITE') || session.said.has('MDTM');
  if (known.storedAt === null || setsTimes) return null;
  const stored = new Date(known.storedAt).toISOString().replace(/\D/g, '').slice(0, 14);
  const shift = shiftBetween(listed, stored);
  return shift === null ? null : { shift, than: 'it was uploaded' };
}

function shifted(names: Iterable<string>, session: SessionPicture): Sighting | null {
  for (const name of names) {
    const found = shiftOf(name, session);
    if (found === null) continue;
    const values = { shift: shiftInWords(found.shift), than: found.than, path: name };
    const evidence = [session.folder.listed?.by ?? null, session.folder.files.get(name)?.by ?? null];
    return { confidence: 'likely', leg: 'server', values, evidence };
  }
  return null;
}

export const LISTINGS: readonly DiagnosisRow[] = [
  {
    id: 'list-options-refused',
    severity: 'warning',
    fault: 'client',
    title: 'the server takes the options of {command|LIST -a} for a name: {answer|550}',
    cause: 'Options of ls are no part of FTP: some servers know a few of them, others look for a file of that name.',
    fix: {
      client: 'Send LIST without options, or MLSD.',
      server: 'Show hidden files by a setting of the server instead.',
    },
    settings: { vsftpd: 'force_dot_files=YES', proftpd: 'ListOptions "-a"' },
    clientSettings: { lftp: 'set ftp:list-options ""', filezilla: 'Server > Force showing hidden files: off' },
    signs: 'LIST or NLST with an argument that begins with -, and a refusal or an empty listing.',
    rules: [
      onFailedListing((asked, session) => {
        if (!OPTIONS.test(asked.argument)) return null;
        if (asked.refused) return listedBy(asked, 'certain');
        return knownFile(session) === null ? null : listedBy(asked, 'likely');
      }),
    ],
  },
  {
    id: 'path-with-spaces',
    severity: 'warning',
    fault: 'server',
    title: 'the server cannot list a path with spaces: {command|LIST a b}, {answer|550}',
    cause: 'The server splits the argument at the space, or cuts spaces off; the path itself may be right.',
    fix: { client: 'Send CWD with the path, then LIST without an argument.', server: 'Update the server.' },
    clientSettings: { lftp: 'cd to the folder, then ls' },
    signs: 'LIST, NLST or MLSD with a space in its argument, and a refusal or an empty listing.',
    rules: [
      onFailedListing((asked, session) => {
        if (!asked.argument.includes(' ') || OPTIONS.test(asked.argument)) return null;
        const entered = session.allExchanges.find(
          ({ command, replies }) =>
            command.verb === 'CWD' && command.argument === asked.argument && replies.some(({ code }) => code === 250),
        );
        if (entered !== undefined && asked.refused)
          return { ...listedBy(asked, 'certain'), evidence: [entered.command] };
        const isSyntax = asked.refused && /argument|syntax|parameter|^50[01]/i.test(asked.answer);
        return isSyntax ? listedBy(asked, 'likely') : listedBy(asked, 'possible');
      }),
    ],
  },
  {
    id: 'glob-characters',
    severity: 'note',
    fault: 'client',
    title: 'the server may take {argument|[ and ]} for a pattern, not for a name: {answer|550}',
    cause: 'In LIST and NLST, many servers expand * ? [ and ] as a shell does. RETR and CWD take them as they are.',
    fix: { client: 'Send CWD with the path, then LIST without an argument; or MLSD, which knows no patterns.' },
    settings: { proftpd: 'UseGlobbing off' },
    signs: 'LIST or NLST with [ ] in its argument, and a refusal or an empty listing.',
    rules: [
      onFailedListing((asked) =>
        /\[[^\]]*\]/.test(asked.argument) && asked.verb !== 'MLSD' ? listedBy(asked, 'possible') : null,
      ),
    ],
  },
  {
    id: 'listing-empty',
    severity: 'warning',
    fault: 'server',
    title: 'the listing of the folder is empty, and {path|a file} is there',
    cause: 'The user may enter the folder and not read it, or the server hides what it has.',
    fix: { server: 'Give the user the right to read the folder (chmod +r).' },
    settings: {
      vsftpd: 'hide_file, deny_file, dirlist_enable=YES',
      proftpd: 'HideFiles, HideNoAccess, <Limit DIRS>',
      pureftpd: 'without -X',
    },
    signs: '226 behind no byte, in answer to LIST, NLST or MLSD, in a folder in which a file was uploaded or read.',
    rules: [
      onFailedListing((asked, session) => {
        const known = knownFile(session);
        if (asked.refused || known === null || !isOfFolderItself(asked.argument) || OPTIONS.test(asked.argument))
          return null;
        return { confidence: 'likely', leg: 'server', values: { path: known.name }, evidence: [known.by] };
      }),
    ],
  },
  {
    id: 'hidden-files-missing',
    severity: 'note',
    fault: 'server',
    title: 'the listing does not show {path|.htaccess}, which is there: the server hides names that begin with a dot',
    cause:
      'LIST shows no hidden files unless the server is set up so, or the client asks with an option (LIST -a) that not all servers know.',
    fix: { server: 'Show hidden files.', client: 'Use MLSD, or LIST -a where the server knows it.' },
    settings: {
      vsftpd: 'force_dot_files=YES',
      proftpd: 'ListOptions "-a"',
      pureftpd: '-D (DisplayDotFiles); without -x and -X',
    },
    clientSettings: { lftp: 'set ftp:list-options -a', filezilla: 'Server > Force showing hidden files' },
    signs: 'A file whose name begins with a dot was uploaded or read, and a listing of its folder lacks it.',
    rules: [
      on('link-closed', ({ verb, outcome, path, content, bytes, link }, session) => {
        if (verb === null || path === null || !isListing(verb) || verb === 'MLSD' || outcome !== 'complete')
          return null;
        if (!isOfFolderItself(path) || /^-\S*a/i.test(path)) return null;
        const { listing } = content ?? {};
        const isSeenWhole = bytes === 0 || (listing !== undefined && content?.examinedBytes === bytes);
        if (!isSeenWhole || (listing?.dotNames ?? 0) > 0) return null;
        for (const [name, { by }] of session.folder.files) {
          if (name.startsWith('.'))
            return { confidence: 'certain', leg: 'server', link, values: { path: name }, evidence: [by] };
        }
        return null;
      }),
    ],
  },
  {
    id: 'listing-format-unknown',
    severity: 'note',
    fault: 'server',
    title: 'the listing is {grammar|in no grammar that clients know}: clients that know only that of Unix show nothing',
    cause: 'The format of LIST is laid down nowhere. Most servers write that of ls -l; others write their own.',
    fix: {
      client: 'Use MLSD, whose format is laid down (RFC 3659), or a client that reads this one.',
      server: 'Choose the format of Unix.',
    },
    settings: { iis: 'FTP Directory Browsing, "Directory Listing Style": UNIX' },
    signs: 'Lines of LIST that do not begin like -rw-r--r--; of DOS: 07-20-26  09:52AM <DIR>.',
    rules: [
      on('link-closed', ({ verb, outcome, content, link }) => {
        const { listing } = content ?? {};
        if (verb !== 'LIST' || outcome !== 'complete' || listing === undefined) return null;
        const { grammar, entries, strangeLines } = listing;
        if (grammar === 'unix' || grammar === 'mlsd' || grammar === 'names') return null;
        if (grammar === 'unknown') {
          if (entries > 0 || strangeLines === 0) return null;
          return { confidence: 'likely', severity: 'warning', leg: 'server', link };
        }
        const values = { grammar: `in the format of ${grammar === 'dos' ? 'DOS' : grammar.toUpperCase()}` };
        return { confidence: 'certain', severity: grammar === 'dos' ? 'note' : 'warning', leg: 'server', link, values };
      }),
    ],
  },
  {
    id: 'mlsd-unsupported',
    severity: 'warning',
    fault: 'client',
    title: 'the server does not know MLSD, and the client does not ask with LIST in its place: {reply|500}',
    cause: 'MLSD is of 2007, and vsftpd and IIS do not have it.',
    fix: {
      client: 'Look into FEAT for MLST first, and use LIST where it is not there.',
      server: 'Use a server that has MLSD.',
    },
    signs: '500 or 502 in answer to MLSD, and no LIST or NLST behind it.',
    rules: [
      on('session-closed', ({ by }, session) => {
        if (by !== 'client' || session.said.has('LIST') || session.said.has('NLST')) return null;
        const refused = session.allExchanges.find(({ command }) => command.verb === 'MLSD')?.replies.at(-1);
        if (refused === undefined || refused.by !== 'server' || ![500, 501, 502, 504].includes(refused.code))
          return null;
        return { confidence: 'likely', leg: 'client', values: { reply: refused.lines[0] ?? '' }, evidence: [refused] };
      }),
    ],
  },
  {
    id: 'time-zone-shift',
    severity: 'note',
    fault: 'server',
    title:
      'the listing shows {path|files} {shift|hours later} than {than|MDTM says}: the server lists in another time zone',
    cause:
      'MDTM and MLSD speak UTC (RFC 3659 section 2.3); LIST has no time zone, and many servers show their local time. Clients that compare times transfer too much or too little.',
    fix: { server: 'List in UTC.', client: 'Compare with MDTM or MLSD, or set the offset of the server.' },
    settings: {
      vsftpd: 'use_localtime=NO',
      proftpd: 'TimesGMT on',
      pyftpdlib: 'handler.use_gmt_times = True',
      pureftpd: 'start it with TZ=UTC',
      iis: 'none: LIST is in local time',
    },
    clientSettings: {
      filezilla: 'Site Manager, "Adjust server time"',
      winscp: 'Time zone offset',
      lftp: 'set ftp:timezone',
    },
    signs: 'The time of a file in LIST minus that of MDTM is a multiple of 15 minutes, and not zero.',
    rules: [
      on('reply', (reply, session) => {
        const command = reply.code === 213 ? session.commandOf(reply) : null;
        return command?.verb === 'MDTM' ? shifted([command.argument], session) : null;
      }),
      on('link-closed', ({ verb, link }, session) => {
        if (verb === null || !isListing(verb) || session.folder.listed?.by.link !== link) return null;
        return shifted(session.folder.files.keys(), session);
      }),
    ],
  },
];
