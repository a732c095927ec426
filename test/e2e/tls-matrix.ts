// The compatibility matrix with TLS at one server: every client that encrypts, or does not where the server must. What works
// without the proxy works through it, and TLS is seen on just the legs where it should be.
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { CellResult } from './cell.js';
import { OPENSSL } from './certificates.js';
import type { Client } from './clients/client.js';
import { CLIENTS } from './clients/index.js';
import { cannotTest, missing } from './peers.js';
import { BIG_STEPS } from './scenario.js';
import { hasFamily, type Server } from './servers/server.js';
import { tableOf } from './table.js';
import { TLS_COLUMNS, type TlsColumn } from './tls-columns.js';
import { TlsStage } from './tls-stage.js';

const CELL_TIMEOUT_MS = 120_000;

export function describeTlsMatrix(server: Server): void {
  const absent = missing([...server.needs, ...server.needsForTls, OPENSSL]);
  const columns = TLS_COLUMNS.filter((column) => column.isAt(server)).map((column) => ({
    ...column,
    isOffered: (client: Client) =>
      column.isOffered(client) && !(column.client !== null && server.cannotServe?.includes(client.name)),
  }));
  const clients = CLIENTS.filter((client) => columns.some((column) => column.isOffered(client)));
  const results = new Map(clients.map((client) => [client, new Map<TlsColumn, CellResult>()]));
  const didBigSteps = new Set<Client>();
  let stage: TlsStage | undefined;

  async function testCell(context: TestContext, client: Client, column: TlsColumn): Promise<void> {
    const reason = absent ?? missing(client.needs);
    if (reason !== undefined) return cannotTest(context, reason);
    const { family } = column;
    if (!(await hasFamily(family))) return context.skip(`this machine has no IPv${family} loopback address`);
    if (stage === undefined) throw new Error('there is no stage');
    const steps = client.steps.filter(
      (step) =>
        column.steps.includes(step) &&
        !(BIG_STEPS.has(step) && didBigSteps.has(client)) &&
        !(column.client !== null && client.tls?.cannot?.includes(step)),
    );
    const { runColumn, ...direct } = await stage.runReference(client, column, steps);
    results.get(client)?.set(column, { ...direct, through: false });
    if (direct.worked.length === 0) return; // then it does not count, and the table says why
    await runColumn();
    results.get(client)?.set(column, { ...direct, through: true });
    didBigSteps.add(client);
  }

  describe(`TLS at ${server.name}`, () => {
    beforeAll(async () => {
      if (absent === undefined) stage = await TlsStage.open(server);
    });
    afterAll(async () => {
      await stage?.close();
      process.stdout.write(tableOf(server.name, columns, results));
    });
    for (const client of clients) {
      for (const column of columns.filter((column) => column.isOffered(client))) {
        const title = `${client.name} ${column.name}`;
        test(title, { timeout: CELL_TIMEOUT_MS }, (context) => testCell(context, client, column));
      }
    }
    test('every client that is here counts in some way', () => {
      for (const [{ name }, cells] of results) {
        const counting = [...cells.values()].filter(({ worked }) => worked.length > 0);
        expect(cells.size === 0 || counting.length > 0, name).toBe(true);
      }
    });
  });
}
