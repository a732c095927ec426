// Which replies can answer a verb: RFC 959 section 5.4 and the RFCs behind it, with what servers are known to say instead.
//
// Every verb can be refused, so 4yz and 5yz always can. 200 and 202 say no more than that all is well, and 250 is said for whatever has
// been carried out; so most verbs may get those, too. The table has the codes beyond that, 2yz and 3yz, which are a verb's own.
// A code that is not there and not generic is late, or unasked, or for another command.
import { verbFacts } from './verbs.js';

/** Of what servers define for themselves (SITE) or wrap up (RFC 2228 section 4). */
const ANY: readonly number[] = Array.from({ length: 200 }, (_none, at) => 200 + at);
const NONE: readonly number[] = [];
const LOGIN: readonly number[] = [230, 232, 332, 336];
const PASSIVE: readonly number[] = [227, 229];
const TRANSFER: readonly number[] = [226, 250];
const RESTART: readonly number[] = [300, 350];
const CHECKSUM: readonly number[] = [213, 251];
const CHANGED_FACT: readonly number[] = [213, 253];

const OWN_ANSWERS: Readonly<Record<string, readonly number[]>> = {
  ...{ USER: [331, ...LOGIN], PASS: LOGIN, ACCT: LOGIN, REIN: [220], QUIT: [221, 226], HOST: [220], OPEN: [220] },
  ...{ PORT: NONE, EPRT: NONE, LPRT: NONE, SPOR: NONE, PRET: NONE },
  ...{ PASV: PASSIVE, 'P@SW': PASSIVE, EPSV: PASSIVE, CPSV: PASSIVE, SPSV: PASSIVE, SPAS: [229], LPSV: [228] },
  ...{ RETR: TRANSFER, STOR: TRANSFER, STOU: TRANSFER, APPE: TRANSFER, ERET: TRANSFER, ESTO: TRANSFER },
  ...{ LIST: TRANSFER, NLST: TRANSFER, MLSD: TRANSFER, ABOR: [225, 226] },
  ...{ TYPE: NONE, MODE: NONE, STRU: NONE, ALLO: NONE, OPTS: NONE, REST: RESTART, RANG: RESTART },
  ...{ CWD: [257], CDUP: [257], XCWD: [257], XCUP: [257], PWD: [251, 257], XPWD: [251, 257] },
  ...{ MKD: [257], XMKD: [257], RMD: NONE, XRMD: NONE, DELE: NONE, RNFR: RESTART, RNTO: NONE, SMNT: NONE },
  ...{ SIZE: [213], MDTM: CHANGED_FACT, MFMT: CHANGED_FACT, MFCT: CHANGED_FACT, MFF: CHANGED_FACT, MLST: NONE },
  ...{ HASH: CHECKSUM, XCRC: CHECKSUM, XMD5: CHECKSUM, XSHA1: CHECKSUM, XSHA256: CHECKSUM, AVBL: [213] },
  ...{ SYST: [215], STAT: [211, 212, 213], HELP: [211, 214], FEAT: [211], NOOP: NONE, SITE: ANY },
  ...{ LANG: NONE, CLNT: NONE, CSID: NONE },
  ...{ AUTH: [232, 234, 235, 334, 335, 336], ADAT: [235, 335], PBSZ: NONE, PROT: NONE, CCC: NONE, SSCN: NONE },
  ...{ MIC: ANY, CONF: ANY, ENC: ANY },
};

/** Codes that any verb may get, as they name no action (RFC 959 section 4.2.1). */
const GENERIC = new Set([200, 202]);
/** For these alone it would mean something else. */
const FILE_ACTION_OKAY = 250;
/** Codes that belong to known verbs: none of a server's own is answered so. */
const NOT_FOR_UNKNOWN_VERBS = new Set([120, 220, 221, 225, 226, 227, 228, 229, 230, 231, 331, 332]);

/** The 2yz and 3yz replies that are a verb's own; undefined for a verb that no table has. */
export function ownAnswers(verb: string): readonly number[] | undefined {
  return Object.hasOwn(OWN_ANSWERS, verb) ? OWN_ANSWERS[verb] : undefined;
}

/** Whether a server may say anything to the verb, and take its time about it. */
export function takesAnyAnswer(verb: string): boolean {
  const own = ownAnswers(verb);
  return own === undefined || own === ANY;
}

/** Whether a reply with this code can be the final answer to a verb, or lead on to the next command (3yz). */
export function canAnswer(code: number, verb: string): boolean {
  if (code >= 400) return true;
  const own = ownAnswers(verb);
  if (own === undefined) return !NOT_FOR_UNKNOWN_VERBS.has(code);
  if (own.includes(code)) return true;
  const facts = verbFacts(verb);
  // RFC 959 section 5.4 has 332 for them, and others are known: the client is asked for something first.
  if (facts?.transfer !== undefined) return code >= 300;
  if (code === FILE_ACTION_OKAY) return facts?.announces === undefined && !own.includes(230);
  return GENERIC.has(code);
}
