// One cell of the matrix: a client, a server, a mode, a family. The scenario is run directly until only steps are left that
// work, and then, just so, through the proxy: what worked must work, and leave the very same files.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observation } from '../../src/dialogue/observation.js';
import type { Client, ClientTls, Mode } from './clients/client.js';
import { layOut, makeTempFolder, removeFolder, type Snapshot, takeSnapshot, wrongIn } from './disk.js';
import type { RunningProxy } from './proxy.js';
import { type StepName, stepNamed } from './scenario.js';
import type { Place, Server } from './servers/server.js';

/** Where the client is sent: the server itself or the proxy. */
interface Target {
  readonly host: string;
  readonly port: number;
  /** File with the authority of the certificate that is shown there. */
  readonly authority?: string | undefined;
}

export interface Cell {
  readonly client: Client;
  readonly server: Server;
  readonly place: Place;
  readonly mode: Mode;
  readonly steps: readonly StepName[];
  /** Absent: the client does not encrypt. */
  readonly tls?: ClientTls | undefined;
}

/** What a run of the scenario left behind. */
export interface Run {
  /** Steps that did not do what they should, and what is wrong instead. */
  readonly wrong: ReadonlyMap<StepName, string>;
  readonly onServer: Snapshot;
  readonly said: string;
}

export interface CellResult {
  readonly worked: readonly StepName[];
  /** Steps left out because they do not work without the proxy either, and why. */
  readonly notDirectly: ReadonlyMap<StepName, string>;
  /** Whether all that worked directly worked through the proxy. */
  readonly through: boolean;
}

// A step that fails can spoil those after it, so what is left is tried again.
const DIRECT_ATTEMPTS = 3;
const STORY_LINES = 60;
const DATA_VERBS = ['PASV', 'EPSV', 'PORT', 'EPRT', 'LPSV', 'LPRT', 'SPSV'];
const FIRST_STEPS: readonly StepName[] = ['list', 'download'];

export async function runDirectly(cell: Cell): Promise<Omit<CellResult, 'through'> & { readonly run: Run }> {
  let worked = cell.steps;
  const notDirectly = new Map<StepName, string>();
  for (let attempt = 1; ; attempt += 1) {
    const target = { ...cell.place, authority: cell.place.tls?.certificates.authority };
    const run = await runScenario({ ...cell, steps: worked }, target);
    if (run.wrong.size === 0) return { worked, notDirectly, run };
    if (attempt === DIRECT_ATTEMPTS || FIRST_STEPS.some((step) => run.wrong.has(step))) {
      return { worked: [], notDirectly: new Map([...notDirectly, ...run.wrong]), run };
    }
    for (const [step, what] of run.wrong) notDirectly.set(step, what);
    worked = worked.filter((step) => !run.wrong.has(step));
  }
}

/** What is wrong with what was observed, a line each. */
export type Look = (observations: readonly Observation[]) => readonly string[];

/** Throws when the run through the proxy is worse than the direct one, or when `look` finds something. */
export async function runThrough(cell: Cell, proxy: RunningProxy, direct: Run, look: Look = () => []): Promise<void> {
  const through = await runScenario(cell, proxy);
  const observations = await proxy.observations();
  const problems = [
    ...[...through.wrong].map(([step, what]) => `${step}: ${what}`),
    ...differences(direct.onServer, through.onServer),
    ...otherVerbs(cell.mode, observations),
    ...look(observations),
  ];
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${story(through, observations)}`);
}

function differences(direct: Snapshot, through: Snapshot): string[] {
  const names = new Set([...direct.keys(), ...through.keys()]);
  return [...names].flatMap((name) => {
    const [one, other] = [direct.get(name), through.get(name)];
    return one === other ? [] : [`on the server, ${name} is ${one} directly and ${other} through the proxy`];
  });
}

/** The mode's verb, and no other, has to be seen by the proxy. */
function otherVerbs(mode: Mode, observations: readonly Observation[]): string[] {
  const seen = new Set(observations.flatMap((one) => (one.kind === 'command' ? [one.verb] : [])));
  const opening = DATA_VERBS.filter((verb) => seen.has(verb)).join(' ');
  return opening === mode ? [] : [`data connections should be opened by ${mode}, are by ${opening || 'none'}`];
}

function story({ said }: Run, observations: readonly Observation[]): string {
  const seen = observations.filter(({ kind }) => kind !== 'link-progress').map((one) => JSON.stringify(one));
  const [client, proxy] = [said.split('\n').slice(-STORY_LINES), seen.slice(-STORY_LINES)];
  return `The client said:\n${client.join('\n')}\n\nThe proxy observed:\n${proxy.join('\n')}`;
}

let runs = 0;

async function runScenario({ client, server, place, mode, steps, tls }: Cell, target: Target): Promise<Run> {
  runs += 1;
  const run = `run-${runs}`;
  const folder = join(place.root, 'pub', run);
  const own = await makeTempFolder('client');
  const [here, home] = [join(own, 'here'), join(own, 'home')];
  try {
    await mkdir(home);
    await layOut(folder, steps, 'onServer');
    await layOut(here, steps, 'atClient');
    const { host, port, authority } = target;
    const { user, password } = server;
    const job = { host, port, user, password, family: place.family, mode, folder: `pub/${run}`, here, home, steps };
    const said = await client
      .run(tls === undefined ? job : { ...job, tls: { ...tls, authority: authority ?? 'no authority' } })
      .catch((error: unknown) => String(error));
    const onServer = await takeSnapshot(folder);
    return { wrong: await judge(steps, folder, onServer, here), onServer, said };
  } finally {
    await removeFolder(folder);
    await removeFolder(own);
  }
}

async function judge(steps: readonly StepName[], folder: string, onServer: Snapshot, here: string) {
  const atClient = await takeSnapshot(here);
  const wrong = new Map<StepName, string>();
  for (const name of steps) {
    const step = stepNamed(name);
    const onWhichSide =
      (await wrongIn(folder, onServer, step.thenOnServer)) ?? (await wrongIn(here, atClient, step.thenAtClient));
    if (onWhichSide !== undefined) wrong.set(name, onWhichSide);
  }
  return wrong;
}
