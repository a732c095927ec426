// One table of dialogues, read by everyone who listens: they find the same. A row that a listener reads otherwise is a fault of that
// listener, not a matter of taste (table.ts).
import { describe, expect, test } from 'vitest';
import { captured, exportedAndRead } from './captured.js';
import { type Finding, findingOf } from './finding.js';
import { relayed } from './live-relay.js';
import { askedAsServer, playedAsClient } from './replays.js';
import { DIALOGUES, type DialogueRow } from './table.js';

function expected({ answers, unasked = [], ports = [], transfers = [] }: DialogueRow): Finding {
  return { answers, unasked, ports, transfers };
}

/** A transfer that was turned down is none to those who ask for it. */
function carriedOut(row: DialogueRow): Pick<Finding, 'answers' | 'transfers'> {
  const { answers, transfers } = expected(row);
  return { answers, transfers: transfers.filter((transfer) => !transfer.endsWith(' refused')) };
}

describe.each(DIALOGUES.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  test('through the relay', () => {
    expect(findingOf(relayed(row.lines))).toEqual(expected(row));
  });

  test('in a capture', async () => {
    expect(findingOf(await captured(row.lines))).toEqual(expected(row));
  });

  test('captured, exported and read back', async () => {
    expect(findingOf(await exportedAndRead(await captured(row.lines)))).toEqual(expected(row));
  });

  test('relayed, exported and read back', async () => {
    expect(findingOf(await exportedAndRead(relayed(row.lines)))).toEqual(expected(row));
  });

  const { asClient, asServer } = row.notReplayed ?? {};

  if (asClient === undefined) {
    test('replayed as the client', async () => {
      const { answers, transfers } = carriedOut(row);
      expect(await playedAsClient(await captured(row.lines), row.lines)).toEqual({ answers, transfers });
    });
  }

  if (asServer === undefined) {
    test('replayed as the server', async () => {
      const { answers, transfers } = carriedOut(row);
      expect(await askedAsServer(await captured(row.lines), row.lines)).toMatchObject({ answers, transfers });
    });
  }
});
