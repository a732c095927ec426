// The compatibility matrix at one server: every client, mode and family is a test; at the end the table is printed.
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type CellResult, runDirectly, runThrough } from './cell.js';
import type { Client, Mode } from './clients/client.js';
import { CLIENTS } from './clients/index.js';
import { cannotTest, missing } from './peers.js';
import { type RunningProxy, startProxy } from './proxy.js';
import { BIG_STEPS, PLAIN_STEPS } from './scenario.js';
import { type Family, hasFamily, type RunningServer, type Server, startServer } from './servers/server.js';
import { type Column, tableOf } from './table.js';

interface ModeColumn extends Column {
  readonly mode: Mode;
  readonly family: Family;
}

const modeColumn = (mode: Mode, family: Family): ModeColumn => ({
  name: `${mode} IPv${family}`,
  isOffered: (client) => client.modes[family].includes(mode),
  mode,
  family,
});

const COLUMNS: readonly ModeColumn[] = [
  modeColumn('PASV', 4),
  modeColumn('EPSV', 4),
  modeColumn('PORT', 4),
  modeColumn('EPRT', 4),
  modeColumn('EPSV', 6),
  modeColumn('EPRT', 6),
];
const CELL_TIMEOUT_MS = 120_000;

/** A server of one family with the proxy before it. */
interface Stage {
  readonly server: RunningServer;
  readonly proxy: RunningProxy;
}

async function openStage(kind: Server, family: Family): Promise<Stage> {
  const server = await startServer(kind, family);
  try {
    return { server, proxy: await startProxy(server.place) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export function describeMatrix(server: Server): void {
  const absent = missing(server.needs);
  const stages = new Map<Family, Stage>();
  const results = new Map(CLIENTS.map((client) => [client, new Map<Column, CellResult>()]));
  const didBigSteps = new Set<Client>();

  async function testCell(context: TestContext, client: Client, column: ModeColumn): Promise<void> {
    const { mode, family } = column;
    const reason = absent ?? missing(client.needs);
    if (reason !== undefined) return cannotTest(context, reason);
    const stage = stages.get(family);
    if (stage === undefined) return context.skip(`this machine has no IPv${family} loopback address`);
    const steps = client.steps.filter(
      (step) => PLAIN_STEPS.includes(step) && !(BIG_STEPS.has(step) && didBigSteps.has(client)),
    );
    const cell = { client, server, place: stage.server.place, mode, steps };
    const { run, ...direct } = await runDirectly(cell);
    results.get(client)?.set(column, { ...direct, through: false });
    if (direct.worked.length === 0) return; // then it does not count, and the table says why
    await runThrough({ ...cell, steps: direct.worked }, stage.proxy, run);
    results.get(client)?.set(column, { ...direct, through: true });
    didBigSteps.add(client);
  }

  describe(`at ${server.name}`, () => {
    beforeAll(async () => {
      if (absent !== undefined) return;
      for (const family of [4, 6] as const) {
        if (await hasFamily(family)) stages.set(family, await openStage(server, family));
      }
    });
    afterAll(async () => {
      for (const stage of stages.values()) {
        await stage.proxy.stop();
        await stage.server.stop();
      }
      process.stdout.write(tableOf(server.name, COLUMNS, results));
    });
    for (const client of CLIENTS) {
      for (const column of COLUMNS.filter((column) => column.isOffered(client))) {
        const title = `${client.name} ${column.name}`;
        test(title, { timeout: CELL_TIMEOUT_MS }, (context) => testCell(context, client, column));
      }
    }
    test('every client that is here counts in some mode', () => {
      for (const [{ name }, cells] of results) {
        const counting = [...cells.values()].filter(({ worked }) => worked.length > 0);
        expect(cells.size === 0 || counting.length > 0, name).toBe(true);
      }
    });
  });
}
