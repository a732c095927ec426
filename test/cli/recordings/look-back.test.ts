// Sessions had again that the dashboard no longer keeps.
import { appendFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type RereadRecording, recordedRun, sessionsBefore } from '../../../src/cli/recordings/look-back.js';
import { DEFAULT_BOARD_LIMITS } from '../../../src/dashboard/model/board.js';
import { ObservedSession } from '../../dashboard/session.js';
import { transcriptFile, transcriptText } from '../transcripts.js';

const two = { ...DEFAULT_BOARD_LIMITS, maxSessions: 2 };

function sessions(count: number): ObservedSession[] {
  return Array.from({ length: count }, (_, index) => new ObservedSession(index + 1).login(`user${index + 1}`).closed());
}

async function usersBefore(before: number, recorded: RereadRecording): Promise<string[]> {
  const board = await sessionsBefore(before, recorded, two, () => false);
  return [...(board?.sessions.values() ?? [])].map(({ card }) => `${card.number} ${card.user}`);
}

/** Also counts how much was taken. */
function listed(observed: readonly ObservedSession[]) {
  const counted = { taken: 0 };
  const recorded: RereadRecording = async (take, isEnough) => {
    for (const { observations } of observed) {
      for (const observation of observations) {
        counted.taken += 1;
        take(observation);
      }
      if (isEnough()) return;
    }
  };
  return { counted, recorded };
}

test('the newest before a number, and no more than are kept', async () => {
  const { recorded, counted } = listed(sessions(9));
  expect(await usersBefore(6, recorded)).toEqual(['4 user4', '5 user5']);
  // The sixth tells that the others are complete.
  expect(counted.taken).toBe(sessions(6).flatMap(({ observations }) => observations).length);
});

test('where a filter has left none nearby, the newest before those', async () => {
  const [first, second, third, , , , , , ninth] = sessions(9);
  const { recorded } = listed([first, second, third, ninth].flatMap((session) => session ?? []));
  expect(await usersBefore(9, recorded)).toEqual(['2 user2', '3 user3']);
});

test('how many are older still is known', async () => {
  const board = await sessionsBefore(6, listed(sessions(9)).recorded, two, () => false);
  expect(board?.forgotten).toBe(3);
});

test('none when there are none, and nothing for those who wait no more', async () => {
  expect(await usersBefore(1, listed(sessions(3)).recorded)).toEqual([]);
  expect(await sessionsBefore(3, listed(sessions(3)).recorded, two, () => true)).toBeNull();
});

test('of a transcript the own run alone, with its own numbers, from all its files', async () => {
  const before = transcriptText([new ObservedSession(1).login('stranger').closed()], 'before');
  const first = transcriptFile([new ObservedSession(1).login('nameless').closed()], before);
  appendFileSync(first, transcriptText(sessions(2), 'mine'));
  const second = transcriptFile([]);
  const third = new ObservedSession(3).login('user3').closed();
  appendFileSync(second, transcriptText([third], 'mine') + before);
  const recorded = recordedRun(() => [first, second], 'mine');
  if (recorded === undefined) throw new Error('it can be read');
  expect(await usersBefore(2, recorded)).toEqual(['1 user1']);
  expect(await usersBefore(4, recorded)).toEqual(['2 user2', '3 user3']);
  rmSync(first);
  expect(await usersBefore(4, recorded)).toEqual(['3 user3']);
});

test('what is no file cannot be read back', () => {
  expect(recordedRun(() => ['/dev/null'], 'mine')).toBeUndefined();
});
