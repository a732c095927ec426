// What has to be seen of TLS when a scenario went through the proxy: handshakes on the legs that are to be encrypted, none on
// the others, of the version that was asked for, none that failed, and every data handshake resuming its session's.
import type { LinkClosed, Observation, Side, TlsSeen } from '../../src/dialogue/observation.js';
import type { ClientTls } from './clients/client.js';
import type { TlsVersion } from './servers/server.js';

/** What one side of the proxy is to look like. */
export interface ExpectedSide {
  /** Null: no TLS at all. */
  readonly version: TlsVersion | null;
  readonly protection: ClientTls['protection'];
  /** Whether every data connection has to resume a session; otherwise some may. */
  readonly resumes: boolean;
}

const SIDES: readonly Side[] = ['client', 'server'];

/** What is wrong with the handshakes, a line each. */
export function wrongWithTls(
  observations: readonly Observation[],
  expected: Readonly<Record<Side, ExpectedSide>>,
): string[] {
  const handshakes = observations.filter((one) => one.kind === 'tls');
  const transfers = observations
    .filter((one) => one.kind === 'link-closed')
    .filter(({ durationMs }) => durationMs !== null);
  const sessions = observations.filter((one) => one.kind === 'session-opened').map(({ session }) => session);
  // What clients do not resume is looked at below.
  const violations = observations
    .filter((one) => one.kind === 'violation')
    .filter(({ code }) => code !== 'data-not-resumed');
  return [
    ...violations.map(({ side, code, detail }) => `violation by the ${side}: ${code}: ${detail}`),
    ...handshakes.filter(({ failure }) => failure !== null).map((one) => `${nameOf(one)} failed: ${one.failure}`),
    ...SIDES.flatMap((side) => {
      const ofSide = handshakes.filter((one) => one.side === side && one.failure === null);
      return [
        ...wrongOnControl(side, ofSide, sessions, expected[side]),
        ...wrongOnData(side, ofSide, transfers, expected[side]),
      ];
    }),
  ];
}

const nameOf = ({ session, side, leg, link }: TlsSeen) =>
  `handshake with the ${side}, ${leg}${link === null ? '' : ` of link ${link}`}, session ${session}`;

function wrongOnControl(
  side: Side,
  handshakes: readonly TlsSeen[],
  sessions: readonly number[],
  { version }: ExpectedSide,
): string[] {
  return sessions.flatMap((session) => {
    const found = handshakes.filter((one) => one.leg === 'control' && one.session === session);
    const protocols = found.map(({ protocol }) => protocol).join(' and ');
    const should = version ?? '';
    if (protocols === should) return [];
    return [
      `control connection with the ${side}, session ${session}: TLS is ${protocols || 'not seen'}, not ${should}`,
    ];
  });
}

function wrongOnData(
  side: Side,
  handshakes: readonly TlsSeen[],
  transfers: readonly LinkClosed[],
  { version, protection, resumes }: ExpectedSide,
): string[] {
  return transfers.flatMap(({ session, link, verb }) => {
    const found = handshakes.filter((one) => one.session === session && one.link === link);
    const is = found.map(({ protocol, resumed }) => `${protocol}${resumes && resumed ? ' resumed' : ''}`).join(' and ');
    const should = version === null || protection === 'C' ? '' : `${version}${resumes ? ' resumed' : ''}`;
    if (is === should) return [];
    return [`data connection of ${verb} with the ${side}, session ${session}: TLS is '${is}', not '${should}'`];
  });
}
