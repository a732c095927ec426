// Files that go in a representation that is not theirs: binary files as ASCII text, and sizes that are not those of the file.
import type { ContentFacts, LinkClosed } from '../../dialogue/observation.js';
import { type DiagnosisRow, on, type Sighting, symptomOn } from '../row.js';
import { refusal, wordsOf } from '../said.js';
import type { SessionPicture } from '../session-picture.js';

/** Fewer bytes may hold no line end by chance. */
const TELLING_BYTES = 2048;

/** It begins like a file of another kind than text. */
function isBinary({ signature, nulBytes, highBytes }: ContentFacts): boolean {
  if (signature === 'pdf') return highBytes > 0;
  const isFile = signature !== null && signature !== 'tls' && signature !== 'http' && signature !== 'zlib';
  return isFile || nulBytes > 0;
}

/** Its sender has made CR LF of every LF: by chance, a binary file has many an LF alone. */
function wasTranslated({ signature, crLf, loneLf, examinedBytes }: ContentFacts): boolean {
  if (signature === 'png-without-cr' || signature === 'png-with-crs') return true;
  return loneLf === 0 && crLf > 0 && examinedBytes >= TELLING_BYTES;
}

/** The type in force, where the session was seen from its login on. */
function goesAsText({ type, isLoggedIn, greeting }: SessionPicture): boolean {
  return type === null ? isLoggedIn && greeting !== null : /^A\b/.test(type);
}

function file(closed: LinkClosed, session: SessionPicture): ContentFacts | null {
  const { content, verb, outcome, direction } = closed;
  const isFile = verb === 'RETR' || verb === 'STOR' || verb === 'APPE' || verb === 'STOU';
  if (!isFile || outcome !== 'complete' || direction === null || content === undefined) return null;
  return session.mode === 'S' && goesAsText(session) ? content : null;
}

function sentAsText({ path, direction, link }: LinkClosed, content: ContentFacts, session: SessionPicture): Sighting {
  const signature = content.signature ?? 'bytes of NUL';
  const how = session.type === null ? 'as text, as no TYPE was ever sent' : 'as text (TYPE A)';
  const sender = direction === 'upload' ? 'client' : 'server';
  return {
    confidence: 'likely',
    leg: sender,
    link,
    values: { path: path ?? 'a file', signature, how, sender, count: content.crLf },
    evidence: [session.link(link)?.transfer ?? null],
  };
}

const BINARY_IN_CLIENTS = {
  curl: 'leave --use-ascii (-B) and ;type=a out',
  lftp: 'get without -a',
  filezilla: 'Transfer type: Binary',
  winscp: 'Transfer mode: Binary',
  python: 'retrbinary and storbinary, not retrlines and storlines',
  windows: 'binary, before get and put',
} as const;

export const REPRESENTATION: readonly DiagnosisRow[] = [
  {
    id: 'ascii-corruption',
    severity: 'error',
    fault: 'client',
    title:
      '{path|a binary file} ({signature|png, elf, ...}) goes {how|as text (TYPE A)}: the {sender|sender} changed its line ends',
    cause:
      'As text, every LF becomes CR LF on its way, and each side turns line ends into its own. In a binary file these bytes are no line ends: the file is damaged, and its size differs.',
    fix: {
      client: 'Send TYPE I (binary) before the transfer, and transfer the file again.',
      server: 'Or make the server ignore TYPE A.',
    },
    settings: {
      vsftpd: 'ascii_upload_enable=NO and ascii_download_enable=NO (the default)',
      proftpd: 'DefaultTransferMode binary; TransferOptions IgnoreASCII',
    },
    clientSettings: BINARY_IN_CLIENTS,
    signs:
      'TYPE A, or none at all, and a RETR or STOR whose data begins like a binary file or holds NUL, in which every LF has a CR in front; a PNG that begins 89 50 4E 47 0A or 0D 0D 0A.',
    rules: [
      on('link-closed', (closed, session) => {
        const content = file(closed, session);
        if (content === null || !isBinary(content) || !wasTranslated(content)) return null;
        const confidence = content.signature?.startsWith('png-') ? 'certain' : 'likely';
        return { ...sentAsText(closed, content, session), confidence };
      }),
      // Whatever the type is now: in a PNG the line ends are there to show it.
      on('link-closed', (closed, session) => {
        const { content, path, direction, outcome } = closed;
        const isDamaged = content?.signature?.startsWith('png-') && outcome === 'complete' && session.mode === 'S';
        if (!isDamaged || goesAsText(session)) return null;
        const sender = direction === 'upload' ? 'client' : 'server';
        const how = 'with changed line ends: it was damaged by an earlier transfer as text';
        const values = { path: path ?? 'a file', signature: 'png', how, sender };
        return { confidence: 'likely', severity: 'warning', leg: sender, values };
      }),
    ],
  },
  {
    id: 'type-never-set',
    severity: 'note',
    fault: 'client',
    title: '{path|a file} is transferred without a TYPE: by default that means ASCII text{binary|}',
    cause:
      'Before the first TYPE a session is in ASCII (RFC 959 section 3.1.1). Some servers translate line ends then, others do not: the client depends on which it has.',
    fix: { client: 'Send TYPE I before the first transfer of a file.' },
    settings: { proftpd: 'DefaultTransferMode binary' },
    clientSettings: BINARY_IN_CLIENTS,
    signs: 'RETR or STOR in a session without TYPE.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const content = file(closed, session);
        if (content === null) return null;
        if (session.type !== null) {
          if (!isBinary(content)) return null;
          const values = {
            path: closed.path ?? 'a file',
            binary: ` (TYPE A), and it is binary (${content.signature ?? 'NUL'})`,
          };
          return { confidence: 'certain', severity: 'warning', leg: 'client', values };
        }
        const isRisky = isBinary(content);
        const binary = isRisky ? `, and it is binary (${content.signature ?? 'it holds NUL'})` : '';
        const values = { path: closed.path ?? 'a file', binary };
        return { confidence: 'certain', severity: isRisky ? 'warning' : 'note', leg: 'client', values };
      }),
    ],
  },
  {
    id: 'ascii-refused',
    severity: 'warning',
    fault: 'server',
    title: 'the server refuses ASCII transfers: {reply|504}',
    cause: 'The server transfers files unchanged alone, which it may; listings are asked for as ASCII by many clients.',
    fix: { client: 'Use TYPE I for files, and go on when TYPE A is refused.', server: 'Accept TYPE A for listings.' },
    signs: '5yz in answer to TYPE A.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const refused = refusal(reply, session, ['TYPE'], null, 500);
        return refused !== null && reply.code !== 530 && /^A\b/i.test(String(refused.values?.['path']))
          ? refused
          : null;
      }),
    ],
  },
  {
    id: 'size-in-ascii-refused',
    severity: 'warning',
    fault: 'client',
    title: 'the client asks for the SIZE of {path|a file} as text, which the server does not tell: {reply|550}',
    cause:
      'As text a file has another size than on disk, and the server would have to read all of it. Clients that take this 550 for "no such file" fail.',
    fix: { client: 'Send TYPE I before SIZE.' },
    signs: '550 that speaks of ASCII, in answer to SIZE, after TYPE A or without a TYPE.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, ['SIZE'], null, 500);
        if (refused === null || !/\bASCII\b/i.test(wordsOf(reply))) return null;
        return session.type === null || /^A\b/.test(session.type) ? refused : null;
      }),
    ],
  },
  {
    id: 'size-mismatch',
    severity: 'error',
    fault: 'server',
    title:
      '{path|a file} arrived with {bytes|fewer} of the {stated|stated} bytes that the server named, and the server says that it is complete',
    cause:
      'The server ended the data before the end of the file: it was cut short on its way, or while it was read, and nothing in FTP says so.',
    fix: {
      client: 'Compare sizes after each transfer, and transfer the file again, with REST from where it ends.',
      server: 'Look into its log; on disks of the network, check that the whole file can be read.',
    },
    signs: 'TYPE I, data that ends regularly and a 226, with fewer bytes than the 150 or a SIZE before it named.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const { stated, bytes, outcome, cause, path, link } = closed;
        if (stated === undefined || outcome !== 'complete' || cause !== null) return null;
        const due = stated.bytes - (stated.from ?? 0);
        if (session.type !== 'I' || session.mode !== 'S' || bytes >= due) return null;
        const replies = session.link(link)?.replies ?? [];
        const confidence = stated.by === 150 ? 'certain' : 'likely';
        const values = { path: path ?? 'a file', bytes, stated: due };
        return {
          confidence,
          leg: 'server',
          link,
          values,
          evidence: [replies.find(({ preliminary }) => preliminary) ?? null],
        };
      }),
      // Listed some time ago: the file may be another by now.
      symptomOn('link-closed', ({ path, verb, bytes, outcome, cause, stated, link }, session) => {
        if (verb !== 'RETR' || outcome !== 'complete' || cause !== null || path === null || stated !== undefined)
          return null;
        const { listed } = session.folder;
        const size = session.folder.listedFile(path)?.bytes ?? null;
        if (listed === null || size === null || session.type !== 'I' || session.mode !== 'S' || bytes >= size)
          return null;
        if (session.link(link)?.startsAt !== 0) return null;
        return {
          confidence: 'possible',
          severity: 'warning',
          leg: 'server',
          values: { path, bytes, stated: size },
          evidence: [listed.by],
        };
      }),
    ],
  },
  {
    id: 'mode-z-problem',
    severity: 'error',
    fault: 'server',
    title: '{path|the data} was agreed to be compressed (MODE Z), and is not',
    cause: 'The {sender|sender} agreed to MODE Z and does not do it: the receiver cannot unpack what it gets.',
    fix: { client: 'Do without MODE Z.', server: 'Switch MODE Z off, or update the server.' },
    settings: { proftpd: 'DeflateEngine off' },
    clientSettings: { lftp: 'set ftp:use-mode-z no', filezilla: 'it has no MODE Z' },
    signs: 'MODE Z with 200, and data that does not begin like zlib (78 01, 78 5E, 78 9C, 78 DA).',
    rules: [
      on('link-closed', ({ content, outcome, path, direction, bytes }, session) => {
        if (session.mode !== 'Z' || content === undefined || bytes < 2) return null;
        if (content.signature === 'zlib' || content.signature === 'tls') return null;
        const sender = direction === 'upload' ? 'client' : 'server';
        const severity = outcome === 'complete' ? 'warning' : 'error';
        return {
          confidence: 'likely',
          severity,
          leg: sender,
          fault: sender,
          values: { path: path ?? 'the data', sender },
        };
      }),
    ],
  },
  {
    id: 'stru-or-type-unusual',
    severity: 'note',
    fault: 'client',
    title: 'the client asks for {command|a representation} that the server does not have: {reply|504}',
    cause: 'Record and page structure, EBCDIC and block mode are for mainframes; few other servers have them.',
    fix: { client: 'Use TYPE I, STRU F and MODE S, the defaults of all servers.' },
    signs: '5yz in answer to STRU R or P, TYPE E or L, MODE B or C.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, ['STRU', 'TYPE', 'MODE'], null, 500);
        const isUnusual = /^(STRU [RP]|TYPE [EL]|MODE [BC])\b/i.test(String(refused?.values?.['command']));
        return isUnusual && reply.code !== 530 ? refused : null;
      }),
    ],
  },
];
