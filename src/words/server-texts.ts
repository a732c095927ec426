// What servers mean by replies of their own wording that are often misread, and what helps. Only what is certain from the text:
// nothing is read into replies that this does not know.

interface ServerText {
  readonly codes: readonly number[];
  readonly says: RegExp;
  /** The command that it answers, where that makes the difference. */
  readonly verb?: string;
  readonly meaning: string;
}

/** A banner is not searched as a whole: what matters stands at its beginning. */
const MAX_LINES = 5;
const MAX_CHARACTERS = 200;

const TEXTS: readonly ServerText[] = [
  {
    codes: [425, 450, 522],
    says: /session reuse required|TLS session of data connection (has )?not resumed/i,
    meaning: 'data connections have to resume the TLS session of the control connection, which this one did not',
  },
  {
    codes: [425, 521, 522, 534],
    says: /PROT P required|(requires? protected|TLS required on the) data|^\d{3} Data connections must be encrypted/i,
    meaning: 'the server wants data connections encrypted, too: PBSZ 0 and PROT P before the transfer',
  },
  {
    codes: [421, 503, 530, 534, 550],
    says: /^\d{3}[ -](\w+-)?[\w ]*sessions must use encryption|TLS required on the control|cleartext sessions .*not accepted|not allow plain FTP|^\d{3} Use AUTH first|^\d{3} Policy requires SSL/i,
    meaning:
      'the server wants encryption first: AUTH TLS, which --server-tls require says in the place of a plain client',
  },
  {
    codes: [530],
    says: /login with USER and PASS/i,
    verb: 'AUTH',
    meaning: 'not about the login: vsftpd with no TLS answers AUTH so',
  },
  {
    codes: [500],
    says: /writable root inside chroot/i,
    meaning:
      'vsftpd: the user may write to the folder that it is locked in; chmod a-w it, or set allow_writeable_chroot=YES',
  },
  {
    codes: [425],
    says: /Bad IP connecting|does not match control connection/i,
    meaning:
      'the data connection came to the server from another address than the control connection (NAT, several ways out)',
  },
  {
    codes: [500],
    says: /^\d{3} Illegal (PORT|EPRT) command|won't open a connection to/i,
    meaning:
      'the server connects only to the host that the control connection comes from, and to no port below 1024; --server-mode passive does without PORT',
  },
  {
    // Of ProFTPD, with the words of its 500.
    codes: [501],
    says: /^\d{3} Illegal (PORT|EPRT) command/i,
    meaning: 'the server cannot read the address in the command: PORT takes six numbers, h1,h2,h3,h4,p1,p2',
  },
  {
    codes: [421, 530],
    says: /too many connections .*(from|per) |maximum number of clients .*from your host/i,
    meaning: 'connections are counted by address, and to the server all clients of a proxy have one address: its own',
  },
];

/** Null where the code says it all, or nobody knows more. `verb`: of the command that the reply answers, where it is known. */
export function meaningOfText(code: number, lines: readonly string[], verb: string | null): string | null {
  if (code < 400) return null;
  const first = lines.slice(0, MAX_LINES).map((line) => line.slice(0, MAX_CHARACTERS));
  const known = TEXTS.find(
    (text) =>
      text.codes.includes(code) &&
      (text.verb === undefined || text.verb === verb) &&
      first.some((line) => text.says.test(line)),
  );
  return known?.meaning ?? null;
}
