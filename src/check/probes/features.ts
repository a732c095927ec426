// FEAT (RFC 2389) against reality: what it lists is tried, and what clients would use without it as well.
import { isCompletion, isIntermediate, isNegative } from '../../protocol/reply.js';
import { Bench } from '../bench.js';
import type { Conclusion } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';

interface Feature {
  /** As FEAT has it. */
  readonly name: string;
  /** Null where it cannot be tried. */
  works(bench: Bench): Promise<boolean | null>;
}

/** Whether the server knows a command that names a file, whatever it says of the file. */
async function knows(bench: Bench, verb: string): Promise<boolean> {
  const path = (await bench.sample())?.path ?? 'ftpscope-no-such-file';
  return Bench.isKnown(await (await bench.session()).ask(`${verb} ${path}`));
}

async function answers(bench: Bench, line: string, isGood: (code: number) => boolean): Promise<boolean> {
  return isGood((await (await bench.session()).ask(line)).code);
}

/** Some servers restart in image type alone. */
async function restarts(bench: Bench): Promise<boolean> {
  await (await bench.session()).ask('TYPE I');
  return answers(bench, 'REST 0', isIntermediate);
}

const FEATURES: readonly Feature[] = [
  { name: 'EPSV', works: (bench) => answers(bench, 'EPSV', isCompletion) },
  { name: 'MLST', works: (bench) => answers(bench, 'MLST', isCompletion) },
  { name: 'SIZE', works: (bench) => knows(bench, 'SIZE') },
  { name: 'MDTM', works: (bench) => knows(bench, 'MDTM') },
  { name: 'REST STREAM', works: restarts },
  { name: 'AUTH TLS', works: async ({ entry, contact }) => (contact.implicitTls ? null : entry.tls !== null) },
  { name: 'PBSZ', works: async ({ entry: { pbsz } }) => (pbsz === null ? null : !isNegative(pbsz.code)) },
  { name: 'PROT', works: async ({ entry: { prot } }) => (prot === null ? null : !isNegative(prot.code)) },
];

export const FEATURE_PROBES: readonly Probe[] = [{ id: 'features', group: 'files', needs: 'login', run: features }];

async function features(bench: Bench): Promise<Outcome> {
  const listed: string[] = [];
  const refused: string[] = [];
  const unlisted: string[] = [];
  for (const feature of FEATURES) {
    const isListed = lists(bench, feature.name);
    const works = await feature.works(bench);
    if (isListed) listed.push(feature.name);
    if (works === null) continue;
    if (isListed && !works) refused.push(feature.name);
    if (!isListed && works) unlisted.push(feature.name);
  }
  const facts = { feat: bench.features, listed, refused, unlisted };
  const conclusions: Conclusion[] = [];
  if (refused.length > 0)
    conclusions.push({
      diagnosis: 'feature-refused',
      // Pure-FTPd lists TLS whether it has a certificate or not; clients go on without.
      severity: refused.every((name) => name === 'AUTH TLS') ? 'note' : 'warning',
      title: `FEAT lists what the server refuses: ${refused.join(', ')}`,
    });
  if (bench.features === null)
    return { text: `no FEAT; works all the same: ${unlisted.join(', ') || 'none'}`, facts, conclusions };
  const also = unlisted.length === 0 ? '' : `; works unlisted: ${unlisted.join(', ')}`;
  const not = refused.length === 0 ? '' : `; listed and refused: ${refused.join(', ')}`;
  return {
    text: `FEAT lists ${listed.join(', ') || 'none of what clients look for'}${not}${also}`,
    facts,
    conclusions,
  };
}

function lists(bench: Bench, name: string): boolean {
  return name === 'AUTH TLS'
    ? (bench.features?.some((line) => /^AUTH\b.*\b(TLS|SSL)/.test(line)) ?? false)
    : bench.has(name);
}
