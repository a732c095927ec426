// TLS of the control connection: on offer or not, with which certificate, in which versions, and what data connections may do.
import type { CertificateSummary, TlsFacts } from '../../dialogue/observation.js';
import { isCompletion, isNegative } from '../../protocol/reply.js';
import { readableText } from '../../protocol/wire-text.js';
import { formatCount } from '../../words/quantities.js';
import type { Bench } from '../bench.js';
import type { CheckedTlsVersion } from '../contact.js';
import type { Conclusion } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Renewal should have happened by then. */
const SOON_DAYS = 14;
/** Certificates that live shorter are renewed by a machine, a few days before they end. */
const LONG_LIVED_DAYS = 60;

const VERSIONS: readonly CheckedTlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
/** RFC 8996. */
const OLD: readonly string[] = ['TLSv1', 'TLSv1.1'];

export const TLS_PROBES: readonly Probe[] = [
  { id: 'tls', group: 'tls', needs: 'connection', run: async (bench) => offer(bench) },
  { id: 'certificate', group: 'tls', needs: 'tls', run: async (bench) => certificate(bench) },
  { id: 'tls-versions', group: 'tls', needs: 'tls', run: versions },
  { id: 'auth-ssl', group: 'tls', needs: 'tls', run: authSsl },
  { id: 'protection', group: 'tls', needs: 'login', run: protection },
];

function offer({ entry, contact }: Bench): Outcome {
  const { auth, tls, tlsFailure } = entry;
  const facts = { offered: tls !== null || tlsFailure !== null, auth: auth?.code ?? null };
  if (tlsFailure !== null)
    return {
      text: `the handshake failed: ${tlsFailure.reason}`,
      facts,
      conclusions: [
        {
          diagnosis: 'tls-version-or-cipher',
          severity: 'error',
          title: `the server offers TLS, and the handshake fails: ${tlsFailure.reason}`,
        },
      ],
    };
  if (tls !== null) {
    const how = contact.implicitTls ? 'TLS from the first byte' : 'AUTH TLS';
    return {
      text: `${how}: ${tls.protocol}, ${tls.cipher}`,
      facts: { ...facts, protocol: tls.protocol, cipher: tls.cipher },
    };
  }
  // Neither is seen by anyone on the way.
  const isHarmless = contact.target.user === null || isLoopback(contact.address);
  return {
    text: `no TLS: AUTH TLS is answered ${auth === null ? 'with nothing' : answerText(auth)}`,
    facts,
    conclusions: [
      {
        diagnosis: 'tls-auth-refused',
        severity: isHarmless ? 'note' : 'warning',
        title: `the server has no TLS${isHarmless ? '' : ': the password crosses the network in the clear'}`,
        values: { reply: auth === null ? '' : answerText(auth) },
      },
    ],
  };
}

const isLoopback = (address: string) => /^(127\.|::1$)/.test(address);

function certificate({ entry: { tls }, nowMs }: Bench): Outcome | null {
  const shown = tls?.certificate ?? null;
  if (tls === null || shown === null) return null;
  const daysLeft = Math.floor((Date.parse(shown.validTo) - nowMs()) / DAY_MS);
  const names = namesOf(shown);
  const conclusions = [...faultOf(tls, shown), ...endsSoon(tls, shown, daysLeft, nowMs())];
  const until = new Date(Date.parse(shown.validTo)).toISOString().slice(0, 10);
  const trust = tls.verifyError === undefined ? 'trusted' : 'not trusted';
  return {
    text: `for ${names.join(', ')}, until ${until} (${formatCount(daysLeft, 'day')}), ${trust}`,
    facts: {
      ...{
        subject: readableText(shown.subject),
        issuer: readableText(shown.issuer),
        names,
        validFrom: shown.validFrom,
      },
      ...{ validTo: shown.validTo, daysLeft, verifyError: tls.verifyError ?? null },
      ...{
        fingerprint256: shown.fingerprint256,
        chain: tls.chain?.map(({ subject }) => readableText(subject)) ?? null,
      },
    },
    conclusions,
  };
}

function namesOf({ names, subject }: CertificateSummary): readonly string[] {
  const own = names.map((name) => readableText(name.slice(name.indexOf(':') + 1)));
  return own.length === 0 ? [readableText(subject)] : own;
}

/** What the check of the certificate found. */
function faultOf(tls: TlsFacts, shown: CertificateSummary): readonly Conclusion[] {
  const of = (diagnosis: string, severity: Conclusion['severity'], what: string): readonly Conclusion[] => [
    { diagnosis, severity, title: `the server's certificate ${what}` },
  ];
  switch (tls.verifyError) {
    case undefined:
      return [];
    case 'CERT_HAS_EXPIRED':
      return of('tls-cert-expired', 'error', `has expired on ${shown.validTo}`);
    case 'CERT_NOT_YET_VALID':
      return of('tls-cert-not-yet-valid', 'error', `is not valid before ${shown.validFrom}`);
    case 'HOSTNAME_MISMATCH':
      return of(
        'tls-cert-name-mismatch',
        'error',
        `is for ${namesOf(shown).join(', ')}, and not for the name of this check`,
      );
    default:
      return of('tls-cert-untrusted', 'warning', `is not trusted: ${whyUntrusted(tls, shown)}`);
  }
}

function whyUntrusted({ verifyError, chain = [] }: TlsFacts, shown: CertificateSummary): string {
  const issuer = readableText(shown.issuer);
  switch (verifyError) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'it is self-signed';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `it came alone, without the certificate of ${issuer}, which signed it`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return `its authority is private: ${readableText(chain.at(-1)?.issuer ?? issuer)}`;
    default:
      return String(verifyError);
  }
}

function endsSoon(
  { verifyError }: TlsFacts,
  { validFrom, validTo }: CertificateSummary,
  daysLeft: number,
  nowMs: number,
): readonly Conclusion[] {
  const lifetimeDays = (Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS;
  if (verifyError === 'CERT_HAS_EXPIRED' || Date.parse(validTo) < nowMs) return [];
  if (daysLeft >= SOON_DAYS || lifetimeDays <= LONG_LIVED_DAYS) return [];
  const title = `the server's certificate ends in ${formatCount(daysLeft, 'day')}`;
  return [
    {
      diagnosis: 'tls-cert-ends-soon',
      severity: 'warning',
      title,
      values: { days: `in ${daysLeft} days`, to: validTo },
    },
  ];
}

/** Each version on a connection of its own. */
async function versions({ contact, entry }: Bench): Promise<Outcome> {
  const taken: string[] = [];
  const refused: string[] = [];
  for (const version of VERSIONS) {
    const isTaken =
      entry.tls?.protocol === version || (await takes(() => contact.enter({ encrypts: true, logsIn: false, version })));
    (isTaken ? taken : refused).push(version);
  }
  const old = taken.filter((version) => OLD.includes(version));
  const conclusions: Conclusion[] = [];
  if (old.length === taken.length && taken.length > 0)
    conclusions.push({
      diagnosis: 'tls-version-or-cipher',
      severity: 'error',
      title: `the server knows no TLS version of today: only ${taken.join(', ')}`,
    });
  else if (old.length > 0)
    conclusions.push({
      diagnosis: 'tls-old-version',
      severity: 'warning',
      title: `the server still takes ${old.join(', ')}`,
    });
  return {
    text: `takes ${taken.join(', ') || 'none'}; not ${refused.join(', ') || 'missing any'}`,
    facts: { taken, refused },
    conclusions,
  };
}

async function takes(enter: () => ReturnType<Bench['contact']['enter']>): Promise<boolean> {
  try {
    const { conversation, tls } = await enter();
    await conversation.quit();
    return tls !== null;
  } catch {
    return false;
  }
}

/** An old name of AUTH TLS, with which data is protected from the start; some old clients know no other. */
async function authSsl({ contact }: Bench): Promise<Outcome | null> {
  if (contact.implicitTls) return null;
  const conversation = await contact.connect();
  try {
    await conversation.greeting();
    const answer = await conversation.ask('AUTH SSL');
    const taken = !isNegative(answer.code);
    return { text: `AUTH SSL: ${answerText(answer)}`, facts: { taken, code: answer.code } };
  } finally {
    conversation.destroy();
  }
}

/** PBSZ and PROT P were asked for as the session began; here it is whether data may go in the clear. */
async function protection(bench: Bench): Promise<Outcome | null> {
  const { pbsz, prot, tls } = bench.entry;
  if (tls === null || pbsz === null || prot === null) return null;
  const protects = isCompletion(prot.code);
  const talk = await bench.session();
  const clear = await talk.ask('PROT C');
  const clearTaken = isCompletion(clear.code);
  if (clearTaken && protects) {
    const again = await talk.ask('PROT P');
    if (!isCompletion(again.code)) await talk.quit();
  }
  const conclusions: Conclusion[] = [];
  if (!protects)
    conclusions.push({
      diagnosis: 'tls-prot-clear-refused',
      severity: 'warning',
      title: `the server encrypts its control connection, and refuses to encrypt data: ${answerText(prot)}`,
      values: { reply: answerText(prot) },
    });
  return {
    text: `PBSZ 0: ${pbsz.code}; PROT P: ${prot.code}; PROT C: ${clear.code}, data in the clear is ${clearTaken ? 'allowed' : 'refused'}`,
    facts: { pbsz: pbsz.code, protP: prot.code, protC: clear.code, clearAllowed: clearTaken },
    conclusions,
  };
}
