// What the proxy adds to a command: one at a time, many at once, and to a session from greeting to farewell. Directly and
// through the proxy in turn, with a server that answers at once.
import type { Cleanup } from './cleanup.js';
import { type Address, ControlLine } from './control-line.js';
import { startLightServer } from './light-server-process.js';
import { startProxy } from './proxy-process.js';
import { type Measurement, milliseconds, type Row } from './report.js';
import { median, medianRatio } from './statistics.js';

const ROUND_TRIPS = 3000;
const WARM_UP_ROUND_TRIPS = 500;
const MOST_MS_LONGER = 0.5;
const PIPELINED = 20_000;
const SESSIONS = 400;
const SESSIONS_AT_A_TIME = 8;
const ROUNDS = 3;
/** Parts of the rate without the proxy. */
const LEAST_ALONE = 0.8;
const LEAST_TOGETHER = 0.5;

export async function measureCommands(cleanup: Cleanup): Promise<Row[]> {
  const server = await startLightServer(cleanup);
  const proxy = await startProxy(server, cleanup);
  return [
    await measureRoundTrips(server, proxy),
    await measureRate(`pipelined NOOPs (${PIPELINED})`, server, proxy, pipelinedPerSecond),
    await measureRate('login and QUIT, one at a time', server, proxy, (way) => sessionsPerSecond(way, 1), LEAST_ALONE),
    await measureRate(
      `new sessions, ${SESSIONS_AT_A_TIME} at a time`,
      server,
      proxy,
      (way) => sessionsPerSecond(way, SESSIONS_AT_A_TIME),
      LEAST_TOGETHER,
    ),
  ];
}

async function measureRoundTrips(server: Address, proxy: Address): Promise<Measurement> {
  const [direct, ours] = [await ControlLine.login(server), await ControlLine.login(proxy)];
  const times = { direct: [] as number[], ours: [] as number[] };
  for (let round = 0; round < WARM_UP_ROUND_TRIPS + ROUND_TRIPS; round += 1) {
    const [directly, through] = [await roundTrip(direct), await roundTrip(ours)];
    if (round < WARM_UP_ROUND_TRIPS) continue;
    times.direct.push(directly);
    times.ours.push(through);
  }
  direct.close();
  ours.close();
  const longer = median(times.ours) - median(times.direct);
  return {
    what: `NOOP round trip (median of ${ROUND_TRIPS})`,
    direct: milliseconds(median(times.direct)),
    ours: milliseconds(median(times.ours)),
    compared: `${milliseconds(longer)} longer`,
    target: { text: `<= ${milliseconds(MOST_MS_LONGER)} longer`, met: longer <= MOST_MS_LONGER },
  };
}

async function roundTrip(line: ControlLine): Promise<number> {
  const startedAt = performance.now();
  await line.command('NOOP', '200');
  return performance.now() - startedAt;
}

async function measureRate(
  what: string,
  server: Address,
  proxy: Address,
  perSecond: (address: Address) => Promise<number>,
  least: number | null = null,
): Promise<Measurement> {
  const [direct, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    direct.push(await perSecond(server));
    ours.push(await perSecond(proxy));
  }
  const ratio = medianRatio(ours, direct);
  return {
    what,
    direct: `${Math.round(median(direct))}/s`,
    ours: `${Math.round(median(ours))}/s`,
    compared: `${ratio.toFixed(2)} x direct`,
    ...(least === null ? {} : { target: { text: `>= ${least} x direct`, met: ratio >= least } }),
  };
}

async function pipelinedPerSecond(address: Address): Promise<number> {
  const line = await ControlLine.login(address);
  const startedAt = performance.now();
  line.socket.write('NOOP\r\n'.repeat(PIPELINED));
  for (let count = 0; count < PIPELINED; count += 1) await line.expect('200');
  const seconds = (performance.now() - startedAt) / 1000;
  line.close();
  return PIPELINED / seconds;
}

async function sessionsPerSecond(address: Address, atATime: number): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atATime }, () => manySessions(address, SESSIONS / atATime)));
  return SESSIONS / ((performance.now() - startedAt) / 1000);
}

async function manySessions(address: Address, sessions: number): Promise<void> {
  for (let count = 0; count < sessions; count += 1) {
    const line = await ControlLine.login(address);
    await line.command('QUIT', '221');
    line.close();
  }
}
