// Names that the two sides spell differently: encodings, accents, quotes, bytes that Telnet takes for its own.
import { nameSum } from '../../dialogue/content-facts.js';
import { utf8Reading } from '../../protocol/wire-text.js';
import { type DiagnosisRow, on } from '../row.js';
import { headline, refusal } from '../said.js';
import type { SessionPicture } from '../session-picture.js';

const USES_NAME = [
  'RETR',
  'STOR',
  'APPE',
  'CWD',
  'XCWD',
  'DELE',
  'RNFR',
  'RMD',
  'MKD',
  'LIST',
  'NLST',
  'MLSD',
  'SIZE',
  'MDTM',
];

/** The server has said that names are UTF-8. */
function speaksUtf8({ features, allExchanges }: SessionPicture): boolean {
  if (features?.includes('UTF8')) return true;
  return allExchanges.some(
    ({ command, replies }) =>
      /^OPTS UTF-?8/i.test(command.line) && replies.some(({ code }) => code >= 200 && code < 300),
  );
}

const isBeyondAscii = (text: string) => /[\x80-\xff]/.test(text);

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether the newest listing of the folder has an entry whose name is these bytes. */
function isListed(bytes: string, { folder }: SessionPicture): boolean {
  const sum = nameSum(bytes);
  return folder.listed?.listing.files.some((one) => one.nameSum === sum) ?? false;
}

export const NAMES: readonly DiagnosisRow[] = [
  {
    id: 'iac-not-doubled',
    severity: 'error',
    fault: 'client',
    title:
      'the name {path|in the command} holds the byte FF once, which servers take for a sign of Telnet and drop: {reply|550}',
    cause:
      'Control connections are Telnet (RFC 959 section 5.3), where FF has to be sent twice. It occurs in names in Latin-1, cp1251 and GBK.',
    fix: { client: 'Use UTF-8, which has no FF; or send it twice.', server: 'Use UTF-8 for names.' },
    signs: 'A command whose argument holds a single FF, and a 550 that does not find the name.',
    rules: [
      on('reply', (reply, session) => {
        const refused = reply.code === 530 ? null : refusal(reply, session, USES_NAME, null, 500);
        const isSingle = /(?:^|[^\xff])\xff(?:[^\xff]|$)/.test(String(refused?.values?.['path'] ?? ''));
        return refused !== null && isSingle ? { ...refused, confidence: 'likely' } : null;
      }),
    ],
  },
  {
    id: 'unicode-normalisation',
    severity: 'error',
    fault: 'client',
    title:
      'the server has no {path|such name}, but one that looks the same: its accents are {characters|characters of their own}',
    cause:
      'An é is one character (NFC), or an e and an accent (NFD, as macOS writes names). They look alike, and are different bytes: different names to a server.',
    fix: {
      client: 'Use the name as it was listed, byte by byte; or name files in NFC.',
      server: 'Rename the files to NFC (convmv --nfc).',
    },
    signs: '550 to a name with accents, where the listing holds the same name in the other normal form.',
    rules: [
      on('reply', (reply, session) => {
        const refused = refusal(reply, session, USES_NAME, null, 500);
        const text = utf8Reading(lastPart(String(refused?.values?.['path'] ?? '')));
        if (refused === null || text === null) return null;
        const forms = ['NFC', 'NFD'] as const;
        const other = forms.find((form) => {
          const bytes = Buffer.from(text.normalize(form)).toString('latin1');
          return text.normalize(form) !== text && isListed(bytes, session);
        });
        if (other === undefined) return null;
        const characters = other === 'NFD' ? 'characters of their own (NFD)' : 'parts of their letters (NFC)';
        return { ...refused, values: { ...refused.values, characters }, evidence: [session.folder.listed?.by ?? null] };
      }),
    ],
  },
  {
    id: 'encoding-mismatch',
    severity: 'warning',
    fault: 'server',
    title: 'names are in another encoding than {expected|UTF-8}{refused|}',
    cause:
      'One side writes names in UTF-8, the other in Latin-1, GBK or another: such names look wrong, and are not found.',
    fix: {
      client: 'Choose the encoding of the server, or UTF-8 on both sides (OPTS UTF8 ON).',
      server: 'Rename the files to UTF-8 (convmv), or declare their encoding.',
    },
    settings: {
      proftpd: 'UseEncoding UTF-8 CHARSET (mod_lang)',
      pureftpd: '-9 CHARSET (ClientCharset) with -8 (FSCharset)',
      iis: 'UTF8, "Allow UTF8"',
    },
    clientSettings: {
      lftp: 'set ftp:charset CHARSET',
      filezilla: 'Site Manager, Charset: Force UTF-8 or a custom charset',
      winscp: 'UTF-8 encoding for filenames',
      python: "ftplib.FTP(encoding='utf-8')",
    },
    signs:
      'Bytes beyond ASCII in a listing or a path that are no UTF-8, where FEAT lists UTF8; 550 to a name that is in the listing, in another encoding.',
    rules: [
      on('reply', (reply, session) => {
        const refused = reply.code === 530 ? null : refusal(reply, session, USES_NAME, null, 500);
        const name = lastPart(String(refused?.values?.['path'] ?? ''));
        if (refused === null || !isBeyondAscii(name)) return null;
        const text = utf8Reading(name);
        const said = `: ${refused.values?.['path']}, ${headline(reply)}`;
        const evidence = [session.folder.listed?.by ?? null];
        // It lists in Latin-1 what the client asks for in UTF-8, or the other way round.
        const elsewhere = text === null ? Buffer.from(name).toString('latin1') : latin1Of(text);
        if (elsewhere !== null && isListed(elsewhere, session)) {
          const expected = text === null ? 'the UTF-8 of the listing' : 'the listing, which is no UTF-8';
          return { ...refused, severity: 'error', fault: 'client', values: { expected, refused: said }, evidence };
        }
        if (text !== null || !speaksUtf8(session)) return null;
        return { ...refused, severity: 'error', fault: 'client', confidence: 'likely', values: { refused: said } };
      }),
      on('link-closed', ({ content, link, outcome }, session) => {
        const { listing } = content ?? {};
        if (listing === undefined || listing.otherEncoding === 0 || outcome !== 'complete' || !speaksUtf8(session))
          return null;
        const count = listing.otherEncoding;
        const names = count === 1 ? '1 name' : `${count} names`;
        return {
          confidence: 'certain',
          leg: 'server',
          link,
          values: { expected: `the UTF-8 that the server announces: ${names} in the listing` },
        };
      }),
    ],
  },
  {
    id: 'pwd-257-malformed',
    severity: 'warning',
    fault: 'server',
    title: 'the answer to PWD holds no path that clients can read: {reply|257}',
    cause:
      'RFC 959 appendix II wants the path in double quotes, with quotes inside it doubled; what clients make of anything else differs.',
    fix: {
      server: 'Update the server; for an empty path, look at the home folder of the user.',
      client: 'Do without PWD, or begin at /.',
    },
    signs: '257 without quotes, with an empty path, with single quotes inside, or with \\ between folders.',
    rules: [
      on('reply', (reply, session) => {
        const verb = session.commandOf(reply)?.verb;
        if (reply.code !== 257 || reply.by !== 'server' || (verb !== 'PWD' && verb !== 'XPWD')) return null;
        const path = /^257[ -]\s{0,4}"((?:[^"]|"")*)"(?:\s|\.|$)/.exec(reply.lines[0] ?? '')?.[1];
        const isFine = path !== undefined && path !== '' && !/^[A-Za-z]?:?\\/.test(path);
        return isFine ? null : { confidence: 'certain', leg: 'server', values: { reply: headline(reply) } };
      }),
    ],
  },
];

/** Null where the text has characters that Latin-1 does not have. */
function latin1Of(text: string): string | null {
  return /^[\0-\xff]*$/.test(text) ? text : null;
}
