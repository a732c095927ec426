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
  /** The 2yz and 3yz replies that are its own (RFC 959 section 5.4 and the RFC that it comes from); `canAnswer` adds the rest. */
  readonly answers: readonly number[];
  /** It changes what lies on the server. */
  readonly writes?: true;
  /** It lists names for people or machines: what it transfers is text, and tells of times. */
  readonly lists?: true;
  /** What follows rests on its success: login, folder, transfer parameters, the first half of a pair. */
  readonly carries?: true;
  /** Where it is specified. */
  readonly source: string;
  /** What the client asks for, in plain words, for people who do not know the RFCs by heart. */
  readonly meaning: string;
}

const RFC959 = 'RFC 959';
const RFC1639 = 'RFC 1639';
const RFC2228 = 'RFC 2228';
const RFC2428 = 'RFC 2428';
const RFC3659 = 'RFC 3659';
const GRIDFTP = 'GFD.20 (GridFTP)';
const DE_FACTO = 'in common use, no RFC';

/** Servers define for themselves what they answer, or wrap it up (RFC 2228 section 4). */
const ANY: readonly number[] = Array.from({ length: 200 }, (_none, at) => 200 + at);

const VERBS: Readonly<Record<string, VerbFacts>> = {
  // Login
  USER: { answers: [230, 232, 331, 332, 336], source: RFC959, meaning: 'client names the user', carries: true },
  PASS: {
    answers: [230, 232, 332, 336],
    source: RFC959,
    meaning: 'client sends the password',
    secretArgument: true,
    carries: true,
  },
  ACCT: {
    answers: [230, 232],
    source: RFC959,
    meaning: 'client sends the account',
    secretArgument: true,
    carries: true,
  },
  REIN: { answers: [220], source: RFC959, meaning: 'client asks to log in anew', obscure: true },
  QUIT: { answers: ANY, source: RFC959, meaning: 'client ends the session' },
  HOST: { answers: [220], source: 'RFC 7151', meaning: 'client names the virtual host', carries: true },
  OPEN: {
    answers: [220],
    source: DE_FACTO,
    meaning: 'client names the server that it wants, to a proxy',
    obscure: true,
  },

  // Data connections
  PORT: {
    answers: [],
    source: RFC959,
    meaning: 'client listens, asks the server to connect',
    announces: 'PORT',
    carries: true,
  },
  PASV: {
    answers: [227, 229],
    source: RFC959,
    meaning: 'client asks the server to listen',
    announces: '227',
    carries: true,
  },
  'P@SW': {
    answers: [227, 229],
    source: DE_FACTO,
    meaning: 'PASV, spelled so that firewalls miss it',
    announces: '227',
    carries: true,
  },
  EPRT: {
    answers: [],
    source: RFC2428,
    meaning: 'client listens, asks the server to connect',
    announces: 'EPRT',
    carries: true,
  },
  EPSV: {
    answers: [227, 229],
    source: RFC2428,
    meaning: 'client asks the server to listen',
    announces: '229',
    carries: true,
  },
  CPSV: {
    answers: [227, 229],
    source: DE_FACTO,
    meaning: 'client asks the server to listen, as TLS client',
    announces: '227',
    carries: true,
  },
  LPRT: {
    answers: [],
    source: RFC1639,
    meaning: 'client listens (long address)',
    announces: 'unsupported',
    carries: true,
  },
  LPSV: {
    answers: [228],
    source: RFC1639,
    meaning: 'client asks the server to listen (long address)',
    announces: 'unsupported',
    carries: true,
  },
  SPSV: {
    answers: [227, 229],
    source: DE_FACTO,
    meaning: 'client asks the server to listen (simple passive)',
    announces: 'unsupported',
    carries: true,
  },
  SPAS: {
    answers: [229],
    source: GRIDFTP,
    meaning: 'client asks the server to listen on several ports',
    announces: 'unsupported',
    carries: true,
  },
  SPOR: {
    answers: [],
    source: GRIDFTP,
    meaning: 'client listens on several ports',
    announces: 'unsupported',
    carries: true,
  },
  PRET: { answers: [], source: DE_FACTO, meaning: 'client says what it will transfer', obscure: true },

  // Transfers
  RETR: { answers: [226, 250], source: RFC959, meaning: 'download', transfer: 'download' },
  STOR: { answers: [226, 250], source: RFC959, meaning: 'upload', transfer: 'upload', writes: true },
  STOU: {
    answers: [226, 250],
    source: RFC959,
    meaning: 'upload, server picks the name',
    transfer: 'upload',
    obscure: true,
    writes: true,
  },
  APPE: { answers: [226, 250], source: RFC959, meaning: 'upload, appended', transfer: 'upload', writes: true },
  LIST: { answers: [226, 250], source: RFC959, meaning: 'directory listing', transfer: 'download', lists: true },
  NLST: { answers: [226, 250], source: RFC959, meaning: 'names in a directory', transfer: 'download', lists: true },
  MLSD: {
    answers: [226, 250],
    source: RFC3659,
    meaning: 'directory listing for machines',
    transfer: 'download',
    lists: true,
  },
  ERET: { answers: [226, 250], source: GRIDFTP, meaning: 'download, extended', transfer: 'download' },
  ESTO: { answers: [226, 250], source: GRIDFTP, meaning: 'upload, extended', transfer: 'upload', writes: true },

  // Transfer parameters
  TYPE: { answers: [], source: RFC959, meaning: 'client sets the representation type', carries: true },
  MODE: { answers: [], source: RFC959, meaning: 'client sets the transmission mode', carries: true },
  STRU: { answers: [], source: RFC959, meaning: 'client sets the file structure', carries: true },
  REST: {
    answers: [300, 350],
    source: RFC3659,
    meaning: 'next transfer starts in the middle',
    obscure: true,
    carries: true,
  },
  RANG: {
    answers: [300, 350],
    source: DE_FACTO,
    meaning: 'next transfer covers a range',
    obscure: true,
    carries: true,
  },
  ALLO: { answers: [], source: RFC959, meaning: 'client announces the size of an upload', obscure: true },
  ABOR: { answers: [225, 226], source: RFC959, meaning: 'client aborts the transfer', obscure: true },
  OPTS: { answers: [], source: 'RFC 2389', meaning: 'client sets an option', obscure: true },

  // Files and directories
  CWD: { answers: [257], source: RFC959, meaning: 'change directory', carries: true },
  CDUP: { answers: [257], source: RFC959, meaning: 'to the parent directory', carries: true },
  XCWD: { answers: [257], source: 'RFC 775', meaning: 'change directory', carries: true },
  XCUP: { answers: [257], source: 'RFC 775', meaning: 'to the parent directory', carries: true },
  PWD: { answers: [251, 257], source: RFC959, meaning: 'which directory is current' },
  XPWD: { answers: [251, 257], source: 'RFC 775', meaning: 'which directory is current' },
  MKD: { answers: [257], source: RFC959, meaning: 'make a directory', writes: true },
  XMKD: { answers: [257], source: 'RFC 775', meaning: 'make a directory', writes: true },
  RMD: { answers: [], source: RFC959, meaning: 'remove a directory', writes: true },
  XRMD: { answers: [], source: 'RFC 775', meaning: 'remove a directory', writes: true },
  DELE: { answers: [], source: RFC959, meaning: 'delete a file', writes: true },
  RNFR: { answers: [300, 350], source: RFC959, meaning: 'rename: the old name', writes: true, carries: true },
  RNTO: { answers: [], source: RFC959, meaning: 'rename: the new name', writes: true },
  SMNT: { answers: [], source: RFC959, meaning: 'mount a file system', writes: true },
  SIZE: { answers: [213], source: RFC3659, meaning: 'how many bytes a file has' },
  MDTM: { answers: [213, 253], source: RFC3659, meaning: 'when a file was modified' },
  MLST: { answers: [], source: RFC3659, meaning: 'facts about one file', obscure: true },
  MFMT: { answers: [213, 253], source: 'draft-somers-ftp-mfxx', meaning: 'set the modification time', writes: true },
  MFCT: { answers: [213, 253], source: 'draft-somers-ftp-mfxx', meaning: 'set the creation time', writes: true },
  MFF: { answers: [213, 253], source: 'draft-somers-ftp-mfxx', meaning: 'set facts of a file', writes: true },
  HASH: { answers: [213], source: 'draft-bryan-ftpext-hash', meaning: 'checksum of a file' },
  XCRC: { answers: [213], source: DE_FACTO, meaning: 'CRC-32 of a file' },
  XMD5: { answers: [213, 251], source: DE_FACTO, meaning: 'MD5 of a file' },
  XSHA1: { answers: [213], source: DE_FACTO, meaning: 'SHA-1 of a file' },
  XSHA256: { answers: [213], source: DE_FACTO, meaning: 'SHA-256 of a file' },
  AVBL: {
    answers: [213],
    source: 'draft-peterson-streamlined-ftp-command-extensions',
    meaning: 'how much room is left',
  },

  // Information
  SYST: { answers: [215], source: RFC959, meaning: 'which system the server runs' },
  STAT: { answers: [211, 212, 213], source: RFC959, meaning: 'status, over the control connection' },
  HELP: { answers: [211, 214], source: RFC959, meaning: 'which commands the server has' },
  NOOP: { answers: [], source: RFC959, meaning: 'nothing, keeps the session alive' },
  FEAT: { answers: [211], source: 'RFC 2389', meaning: 'which extensions the server has' },
  SITE: { answers: ANY, source: RFC959, meaning: 'a command of this server alone', writes: true },
  LANG: { answers: [], source: 'RFC 2640', meaning: 'language of the replies', obscure: true },
  CLNT: { answers: [], source: DE_FACTO, meaning: 'client names itself' },
  CSID: { answers: [], source: 'draft-peterson-streamlined-ftp-command-extensions', meaning: 'client names itself' },

  // Security
  AUTH: {
    answers: [232, 234, 235, 334, 335, 336],
    source: 'RFC 4217',
    meaning: 'client asks for encryption',
    obscure: true,
    carries: true,
  },
  ADAT: { answers: [235, 335], source: RFC2228, meaning: 'security data', secretArgument: true },
  PBSZ: { answers: [], source: RFC2228, meaning: 'protection buffer size', obscure: true },
  PROT: { answers: [], source: RFC2228, meaning: 'protection of data connections', obscure: true, carries: true },
  CCC: { answers: [], source: RFC2228, meaning: 'client asks to end encryption of control lines', obscure: true },
  MIC: { answers: ANY, source: RFC2228, meaning: 'integrity-protected command', secretArgument: true },
  CONF: { answers: ANY, source: RFC2228, meaning: 'confidential command', secretArgument: true },
  ENC: { answers: ANY, source: RFC2228, meaning: 'encrypted command', secretArgument: true },
  SSCN: { answers: [], source: DE_FACTO, meaning: 'server takes the TLS client role in passive mode', obscure: true },
};

/** What is known of a verb, in any case; undefined for a verb that is not in the table. */
export function verbFacts(verb: string): VerbFacts | undefined {
  const upper = verb.toUpperCase();
  return Object.hasOwn(VERBS, upper) ? VERBS[upper] : undefined;
}

/** All verbs of the table. */
export const KNOWN_VERBS: readonly string[] = Object.keys(VERBS);

/** Codes that any verb may get, as they name no action (RFC 959 section 4.2.1). */
const GENERIC = new Set([200, 202]);
/** Servers say it for whatever they have carried out, file action or not; for these alone it would mean something else. */
const FILE_ACTION_OKAY = 250;
/** Codes that belong to other verbs or to none: no verb that is not in the table is answered so. */
const NOT_FOR_UNKNOWN_VERBS = new Set([120, 220, 221, 225, 226, 227, 228, 229, 230, 231, 331, 332]);

/**
 * Whether a reply with this code can be the final answer to a verb, or lead on to the next command (3yz). Every verb can be
 * refused, so 4yz and 5yz always can (RFC 959 section 5.4). What cannot is late, unasked, or for another command.
 */
export function canAnswer(code: number, verb: string): boolean {
  if (code >= 400) return true;
  const facts = verbFacts(verb);
  if (facts === undefined) return !NOT_FOR_UNKNOWN_VERBS.has(code);
  if (facts.answers.includes(code)) return true;
  if (facts.transfer !== undefined) return code >= 300;
  if (code === FILE_ACTION_OKAY) return facts.announces === undefined && !facts.answers.includes(230);
  return GENERIC.has(code);
}
