// Every capture of the corpus gives what is known to be in it: control lines to the byte, data connections with their sums,
// the command that announced each and the transfer that it carried.
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.js';
import type { LinkClosed, Observation } from '../../src/dialogue/observation.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';
import { linesOf } from '../support/control-lines.js';
import { openCapture, readTruth, type TrueControl, type TrueData, type Truth, truthNames } from '../support/corpus.js';

/** What looks like a control connection to whoever goes by port alone, and is none. */
const NO_FTP = new Set(['telnet-auth-missing-name']);

async function observe(truth: Truth): Promise<{ observations: Observation[]; notices: string[] }> {
  const observations: Observation[] = [];
  const notices: string[] = [];
  const options = { showSecrets: true, notice: (line: string) => notices.push(line) };
  for await (const batch of readCapture(openCapture(truth), options)) observations.push(...batch);
  return { observations, notices };
}

function sessionOf(observations: readonly Observation[], control: TrueControl): Observation[] {
  const opened = observations.find(
    (observation) =>
      observation.kind === 'session-opened' &&
      trueEndpoint(control.client) === formatEndpoint(observation.client) &&
      observation.server !== null &&
      trueEndpoint(control.server) === formatEndpoint(observation.server),
  );
  return observations.filter(({ session }) => session === opened?.session);
}

function trueEndpoint(text: string): string {
  const [address = '', port = ''] = text.split('|');
  return formatEndpoint({ address, port: Number(port) });
}

function linkOf(observations: readonly Observation[], data: TrueData): LinkClosed | undefined {
  const passive = data.mode === 'PASV' || data.mode === 'EPSV';
  const [client, server] = passive ? [data.opener, data.listener] : [data.listener, data.opener];
  return observations.find(
    (observation): observation is LinkClosed =>
      observation.kind === 'link-closed' &&
      observation.client.remote !== null &&
      formatEndpoint(observation.client.remote) === trueEndpoint(client) &&
      observation.server.remote !== null &&
      formatEndpoint(observation.server.remote) === trueEndpoint(server),
  );
}

function expectControl(observations: readonly Observation[], control: TrueControl): void {
  const session = sessionOf(observations, control);
  for (const dir of ['C', 'S'] as const) {
    const truth = control.lines.filter((line) => line.dir === dir).map(({ line, eol }) => line + eol);
    expect(linesOf(session, dir)).toEqual(truth);
    const gaps = session.filter((one) => one.kind === 'gap' && one.link === null && one.side[0] === dir.toLowerCase());
    expect(gaps.map((gap) => gap.kind === 'gap' && gap.bytes)).toEqual(control.gaps[dir].map(({ missing }) => missing));
  }
  expect(
    session.some((one) => one.kind === 'violation' && one.code === 'encrypted-passthrough' && control.tls !== null),
  ).toBe(control.tls !== null);
  expect(session.at(-1)?.kind).toBe('session-closed');
}

function expectData(observations: readonly Observation[], data: TrueData, control: TrueControl | undefined): void {
  const session = control === undefined ? [] : sessionOf(observations, control);
  const link = linkOf(session, data);
  const passive = data.mode === 'PASV' || data.mode === 'EPSV';
  expect(link).toMatchObject({ verb: data.command, path: data.arg ?? '' });
  expect(link?.client.mode).toBe(passive ? 'passive' : 'active');
  const fromServer = data.payload[passive ? 'listener_to_opener' : 'opener_to_listener'];
  const fromClient = data.payload[passive ? 'opener_to_listener' : 'listener_to_opener'];
  const [payload, against] = link?.direction === 'upload' ? [fromClient, fromServer] : [fromServer, fromClient];
  expect(against.bytes).toBe(0);
  const gaps = session.filter((one) => one.kind === 'gap' && one.link === link?.link);
  expect(gaps.length > 0).toBe(payload.gaps.length > 0);
  if (gaps.length > 0) return expect(link).not.toHaveProperty('sha256');
  expect(link).toMatchObject({ bytes: payload.bytes, sha256: payload.sha256 });
}

describe('every capture of the corpus', () => {
  test.each(truthNames())('%s', async (name) => {
    const truth = readTruth(name);
    const { observations, notices } = await observe(truth);
    const controls = truth.control.filter(() => !NO_FTP.has(name));
    expect(observations.filter(({ kind }) => kind === 'session-opened')).toHaveLength(controls.length);
    for (const control of controls) expectControl(observations, control);
    for (const data of truth.data) {
      expectData(
        observations,
        data,
        controls.find(({ tcp_stream }) => tcp_stream === data.control_stream),
      );
    }
    expect(notices.some((notice) => notice.startsWith('no FTP'))).toBe(controls.length === 0);
  });
});
