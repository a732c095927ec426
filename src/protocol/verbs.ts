// Every FTP verb that ftpscope knows, as data. What a verb does is looked up here, never branched on elsewhere by name
// where a column can say it. A verb that is missing here is relayed all the same.

/** Which way a transfer's bytes go: to the client, or to the server. */
export type Direction = 'download' | 'upload';

export interface VerbFacts {
  /** The transfer that the verb starts, over a data connection. */
  readonly transfer?: Direction;
  /** How the verb announces a data port: by its argument (the client listens) or by asking for a reply (the server listens). */
  readonly announces?: 'PORT' | 'EPRT' | '227' | '229' | 'unsupported';
  /** Rare, or says little to people who do not know the RFCs: its meaning is worth a word wherever it is shown. */
  readonly obscure?: true;
  /** The argument is a secret: a password, an account, security data. */
  readonly secretArgument?: true;
  /** It changes what lies on the server. */
  readonly writes?: true;
  /** It lists names for people or machines: what it transfers is text, and tells of times. */
  readonly lists?: true;
  /** What follows rests on its success: login, folder, transfer parameters, the first half of a pair. */
  readonly carries?: true;
  /** Where it is specified. */
  readonly source: string;
  readonly meaning: Meaning;
}

/** In plain words, for people who do not know the RFCs by heart: what is asked for, or what the one who says it does ("names the user"). */
export type Meaning = string | { readonly does: string };

const RFC959 = 'RFC 959';
const RFC1639 = 'RFC 1639';
const RFC2228 = 'RFC 2228';
const RFC2428 = 'RFC 2428';
const RFC3659 = 'RFC 3659';
const GRIDFTP = 'GFD.20 (GridFTP)';
const DE_FACTO = 'in common use, no RFC';

const VERBS: Readonly<Record<string, VerbFacts>> = {
  // Login
  USER: { source: RFC959, meaning: { does: 'names the user' }, carries: true },
  PASS: { source: RFC959, meaning: { does: 'sends the password' }, secretArgument: true, carries: true },
  ACCT: { source: RFC959, meaning: { does: 'sends the account' }, secretArgument: true, carries: true },
  REIN: { source: RFC959, meaning: { does: 'asks to log in anew' }, obscure: true },
  QUIT: { source: RFC959, meaning: { does: 'ends the session' } },
  HOST: { source: 'RFC 7151', meaning: { does: 'names the virtual host' }, carries: true },
  OPEN: { source: DE_FACTO, meaning: { does: 'names the server that it wants, to a proxy' }, obscure: true },

  // Data connections
  PORT: { source: RFC959, meaning: { does: 'listens, asks the server to connect' }, announces: 'PORT', carries: true },
  PASV: { source: RFC959, meaning: { does: 'asks the server to listen' }, announces: '227', carries: true },
  'P@SW': { source: DE_FACTO, meaning: 'PASV, spelled so that firewalls miss it', announces: '227', carries: true },
  EPRT: { source: RFC2428, meaning: { does: 'listens, asks the server to connect' }, announces: 'EPRT', carries: true },
  EPSV: { source: RFC2428, meaning: { does: 'asks the server to listen' }, announces: '229', carries: true },
  CPSV: {
    source: DE_FACTO,
    meaning: { does: 'asks the server to listen, as TLS client' },
    announces: '227',
    carries: true,
  },
  LPRT: { source: RFC1639, meaning: { does: 'listens (long address)' }, announces: 'unsupported', carries: true },
  LPSV: {
    source: RFC1639,
    meaning: { does: 'asks the server to listen (long address)' },
    announces: 'unsupported',
    carries: true,
  },
  SPSV: {
    source: DE_FACTO,
    meaning: { does: 'asks the server to listen (simple passive)' },
    announces: 'unsupported',
    carries: true,
  },
  SPAS: {
    source: GRIDFTP,
    meaning: { does: 'asks the server to listen on several ports' },
    announces: 'unsupported',
    carries: true,
  },
  SPOR: { source: GRIDFTP, meaning: { does: 'listens on several ports' }, announces: 'unsupported', carries: true },
  PRET: { source: DE_FACTO, meaning: { does: 'says what it will transfer' }, obscure: true },

  // Transfers
  RETR: { source: RFC959, meaning: 'download', transfer: 'download' },
  STOR: { source: RFC959, meaning: 'upload', transfer: 'upload', writes: true },
  STOU: { source: RFC959, meaning: 'upload, server picks the name', transfer: 'upload', obscure: true, writes: true },
  APPE: { source: RFC959, meaning: 'upload, appended', transfer: 'upload', writes: true },
  LIST: { source: RFC959, meaning: 'directory listing', transfer: 'download', lists: true },
  NLST: { source: RFC959, meaning: 'names in a directory', transfer: 'download', lists: true },
  MLSD: { source: RFC3659, meaning: 'directory listing for machines', transfer: 'download', lists: true },
  ERET: { source: GRIDFTP, meaning: 'download, extended', transfer: 'download' },
  ESTO: { source: GRIDFTP, meaning: 'upload, extended', transfer: 'upload', writes: true },

  // Transfer parameters
  TYPE: { source: RFC959, meaning: { does: 'sets the representation type' }, carries: true },
  MODE: { source: RFC959, meaning: { does: 'sets the transmission mode' }, carries: true },
  STRU: { source: RFC959, meaning: { does: 'sets the file structure' }, carries: true },
  REST: { source: RFC3659, meaning: 'next transfer starts in the middle', obscure: true, carries: true },
  RANG: { source: DE_FACTO, meaning: 'next transfer covers a range', obscure: true, carries: true },
  ALLO: { source: RFC959, meaning: { does: 'announces the size of an upload' }, obscure: true },
  ABOR: { source: RFC959, meaning: { does: 'aborts the transfer' }, obscure: true },
  OPTS: { source: 'RFC 2389', meaning: { does: 'sets an option' }, obscure: true },

  // Files and directories
  CWD: { source: RFC959, meaning: 'change directory', carries: true },
  CDUP: { source: RFC959, meaning: 'to the parent directory', carries: true },
  XCWD: { source: 'RFC 775', meaning: 'change directory', carries: true },
  XCUP: { source: 'RFC 775', meaning: 'to the parent directory', carries: true },
  PWD: { source: RFC959, meaning: 'which directory is current' },
  XPWD: { source: 'RFC 775', meaning: 'which directory is current' },
  MKD: { source: RFC959, meaning: 'make a directory', writes: true },
  XMKD: { source: 'RFC 775', meaning: 'make a directory', writes: true },
  RMD: { source: RFC959, meaning: 'remove a directory', writes: true },
  XRMD: { source: 'RFC 775', meaning: 'remove a directory', writes: true },
  DELE: { source: RFC959, meaning: 'delete a file', writes: true },
  RNFR: { source: RFC959, meaning: 'rename: the old name', writes: true, carries: true },
  RNTO: { source: RFC959, meaning: 'rename: the new name', writes: true },
  SMNT: { source: RFC959, meaning: 'mount a file system', writes: true },
  SIZE: { source: RFC3659, meaning: 'how many bytes a file has' },
  MDTM: { source: RFC3659, meaning: 'when a file was modified' },
  MLST: { source: RFC3659, meaning: 'facts about one file', obscure: true },
  MFMT: { source: 'draft-somers-ftp-mfxx', meaning: 'set the modification time', writes: true },
  MFCT: { source: 'draft-somers-ftp-mfxx', meaning: 'set the creation time', writes: true },
  MFF: { source: 'draft-somers-ftp-mfxx', meaning: 'set facts of a file', writes: true },
  HASH: { source: 'draft-bryan-ftpext-hash', meaning: 'checksum of a file' },
  XCRC: { source: DE_FACTO, meaning: 'CRC-32 of a file' },
  XMD5: { source: DE_FACTO, meaning: 'MD5 of a file' },
  XSHA1: { source: DE_FACTO, meaning: 'SHA-1 of a file' },
  XSHA256: { source: DE_FACTO, meaning: 'SHA-256 of a file' },
  AVBL: { source: 'draft-peterson-streamlined-ftp-command-extensions', meaning: 'how much room is left' },

  // Information
  SYST: { source: RFC959, meaning: 'which system the server runs' },
  STAT: { source: RFC959, meaning: 'status, over the control connection' },
  HELP: { source: RFC959, meaning: 'which commands the server has' },
  NOOP: { source: RFC959, meaning: 'nothing, keeps the session alive' },
  FEAT: { source: 'RFC 2389', meaning: 'which extensions the server has' },
  SITE: { source: RFC959, meaning: 'a command of this server alone', writes: true },
  LANG: { source: 'RFC 2640', meaning: 'language of the replies', obscure: true },
  CLNT: { source: DE_FACTO, meaning: { does: 'names itself' } },
  CSID: { source: 'draft-peterson-streamlined-ftp-command-extensions', meaning: { does: 'names itself' } },

  // Security
  AUTH: { source: 'RFC 4217', meaning: { does: 'asks for encryption' }, obscure: true, carries: true },
  ADAT: { source: RFC2228, meaning: 'security data', secretArgument: true },
  PBSZ: { source: RFC2228, meaning: 'protection buffer size', obscure: true },
  PROT: { source: RFC2228, meaning: 'protection of data connections', obscure: true, carries: true },
  CCC: { source: RFC2228, meaning: { does: 'asks to end encryption of control lines' }, obscure: true },
  MIC: { source: RFC2228, meaning: 'integrity-protected command', secretArgument: true },
  CONF: { source: RFC2228, meaning: 'confidential command', secretArgument: true },
  ENC: { source: RFC2228, meaning: 'encrypted command', secretArgument: true },
  SSCN: { source: DE_FACTO, meaning: 'server takes the TLS client role in passive mode', obscure: true },
};

const FACTS: ReadonlyMap<string, VerbFacts> = new Map(Object.entries(VERBS));

/** What is known of a verb, in any case; undefined for a verb that is not in the table. */
export function verbFacts(verb: string): VerbFacts | undefined {
  return FACTS.get(verb) ?? FACTS.get(verb.toUpperCase());
}

/** All verbs of the table. */
export const KNOWN_VERBS: readonly string[] = Object.keys(VERBS);
