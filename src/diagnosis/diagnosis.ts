// Diagnosis: observations in, findings out, while the sessions run. Pure, like the observations: the same ones give the same findings,
// live, from a transcript and from a capture.
//
// The picture of a session holds its facts (session-picture.ts). The rows of the catalogue hold what can be wrong, each with rules that
// recognise it (row.ts). This file asks the rules that an observation concerns, in the order of the catalogue, and keeps the findings few:
//
//   - A topic is a data link, a command or the whole session. Once an error has explained a topic, symptoms are not reported on it: a 425
//     behind a port that refused is no second finding. What explains the session explains how it ended, too.
//   - A warning or a note is reported once a session for each leg; an error each time that it happens, up to a limit.
import type { Finding, Observation } from '../dialogue/observation.js';
import { clientSetting, fixOf, serverSettings } from './advice.js';
import { CATALOGUE } from './catalogue.js';
import { evidenceOf } from './evidence.js';
import { type DiagnosisRow, filled, type Rule, type Sighting } from './row.js';
import { SessionPicture } from './session-picture.js';

type Kind = Observation['kind'];

/** Of one diagnosis in one session: a client that tries again all night says nothing new. */
const MAX_ALIKE = 20;
/** More sessions than are ever open at once. */
const MAX_SESSIONS = 100_000;

/** The topic of what concerns a whole session. */
const SESSION = 'session';

interface RowRule {
  readonly row: DiagnosisRow;
  readonly rule: Rule;
}

/** The rules that each kind of observation concerns, in the order of the catalogue. */
function rulesByKind(rows: readonly DiagnosisRow[]): ReadonlyMap<Kind, readonly RowRule[]> {
  const byKind = new Map<Kind, RowRule[]>();
  for (const row of rows) {
    for (const rule of row.rules) {
      for (const kind of rule.on) byKind.set(kind, [...(byKind.get(kind) ?? []), { row, rule }]);
    }
  }
  return byKind;
}

const CATALOGUE_RULES = rulesByKind(CATALOGUE);

export class Diagnosis {
  private readonly sessions = new Map<number, SessionDiagnosis>();

  /** The findings that an observation completes; most complete none. */
  take(observation: Observation): readonly Finding[] {
    const { session } = observation;
    let diagnosis = this.sessions.get(session);
    if (diagnosis === undefined) {
      diagnosis = new SessionDiagnosis();
      this.sessions.set(session, diagnosis);
      const [oldest] = this.sessions.keys();
      if (this.sessions.size > MAX_SESSIONS && oldest !== undefined) this.sessions.delete(oldest);
    }
    const findings = diagnosis.take(observation);
    if (observation.kind === 'session-closed') this.sessions.delete(session);
    return findings;
  }
}

const NONE: readonly Finding[] = [];

class SessionDiagnosis {
  private readonly picture = new SessionPicture();
  /** Topics whose failure has been explained. */
  private readonly explained = new Set<string>();
  /** How often each diagnosis was reported for each leg. */
  private readonly reported = new Map<string, number>();

  take(observation: Observation): readonly Finding[] {
    this.picture.take(observation);
    const rules = CATALOGUE_RULES.get(observation.kind);
    if (rules === undefined) return NONE;
    let findings: Finding[] | null = null;
    for (const { row, rule } of rules) {
      const sighting = rule.see(observation, this.picture);
      if (sighting === null) continue;
      const finding = this.findingOf(row, rule, sighting, observation);
      if (finding === null) continue;
      findings ??= [];
      findings.push(finding);
    }
    return findings ?? NONE;
  }

  private findingOf(row: DiagnosisRow, rule: Rule, sighting: Sighting, observation: Observation): Finding | null {
    const link = sighting.link ?? this.picture.linkOf(observation)?.number ?? null;
    const topic = this.topicOf(link, observation);
    const severity = sighting.severity ?? row.severity;
    if (rule.symptom && (this.explained.has(topic) || this.explained.has(SESSION))) return null;
    if (!this.isNews(`${row.id} ${sighting.leg}`, severity === 'error' ? MAX_ALIKE : 1)) return null;
    if (severity === 'error') this.explained.add(topic);
    const { confidence, leg, fault = row.fault, mended, values, evidence = [] } = sighting;
    const { serverKind, clientKind } = this.picture;
    return {
      kind: 'finding',
      session: observation.session,
      at: observation.at,
      diagnosis: row.id,
      severity,
      confidence,
      leg,
      fault,
      link,
      ...(mended === undefined ? {} : { mended }),
      evidence: [...evidence.filter((one) => one !== null), observation].map(evidenceOf),
      title: filled(row.title, values),
      cause: filled(row.cause, values),
      fix: fixOf(row, values, { server: serverSettings(row, serverKind), client: clientSetting(row, clientKind) }),
    };
  }

  /** What a finding is about: symptoms of the same thing have the same topic. */
  private topicOf(link: number | null, observation: Observation): string {
    if (link !== null) return `link ${link}`;
    if (observation.kind === 'reply' && observation.answers !== null) return `command ${observation.answers}`;
    return SESSION;
  }

  private isNews(what: string, most: number): boolean {
    const before = this.reported.get(what) ?? 0;
    if (before >= most) return false;
    this.reported.set(what, before + 1);
    return true;
  }
}
