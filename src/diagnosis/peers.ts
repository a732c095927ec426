// Which server and which client a session is between, as far as they give themselves away. Nothing is relied on but the advice: a wrong
// guess names the wrong setting, and never finds a fault.
import type { CommandSeen, ReplySeen } from '../dialogue/observation.js';

export type ServerKind = (typeof SERVER_KINDS)[number];
export const SERVER_KINDS = ['vsftpd', 'proftpd', 'pureftpd', 'pyftpdlib', 'filezilla', 'iis'] as const;

export type ClientKind = (typeof CLIENT_KINDS)[number];
export const CLIENT_KINDS = ['curl', 'lftp', 'filezilla', 'winscp', 'python', 'windows'] as const;

/** As their makers spell them. */
export const SERVER_NAMES: Readonly<Record<ServerKind, string>> = {
  vsftpd: 'vsftpd',
  proftpd: 'ProFTPD',
  pureftpd: 'Pure-FTPd',
  pyftpdlib: 'pyftpdlib',
  filezilla: 'FileZilla Server',
  iis: 'IIS',
};

export const CLIENT_NAMES: Readonly<Record<ClientKind, string>> = {
  curl: 'curl',
  lftp: 'lftp',
  filezilla: 'FileZilla',
  winscp: 'WinSCP',
  python: 'Python ftplib',
  windows: "Windows' ftp.exe",
};

/** Texts that only this server writes, whatever it answers. */
const SERVER_TEXTS: readonly (readonly [ServerKind, RegExp])[] = [
  [
    'vsftpd',
    /vsftpd|^220 \(vsFTPd|OOPS: |^227 Entering Passive Mode \([\d,]+\)\.$|^230 Login successful\.$|^331 Please specify the password\.$|^530 Please login with USER and PASS\.$/i,
  ],
  ['proftpd', /ProFTPD|^331 Password required for /],
  ['pureftpd', /Pure-?FTPd|^331 User .* OK\. Password required$/],
  ['pyftpdlib', /pyftpdlib|^331 Username ok, send password\.$/],
  ['filezilla', /FileZilla Server/],
  ['iis', /Microsoft FTP Service|Windows_NT/],
];

/** By what it says of itself, or by its habitual words; null where neither tells. */
export function serverKindBy({ lines, by }: ReplySeen): ServerKind | null {
  if (by === 'proxy') return null;
  for (const line of lines.slice(0, 5)) {
    for (const [kind, says] of SERVER_TEXTS) if (says.test(line.slice(0, 200))) return kind;
  }
  return null;
}

/** By the name that it gives with CLNT, by its anonymous password, or by commands that only it spells so. */
export function clientKindBy({ verb, line, argument }: CommandSeen): ClientKind | null {
  if (verb === 'CLNT') return CLIENT_KINDS.find((kind) => argument.toLowerCase().includes(kind)) ?? null;
  if (verb === 'OPTS' && /^opts utf8 on$/.test(line)) return 'windows';
  return null;
}
