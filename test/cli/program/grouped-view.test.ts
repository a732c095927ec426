// What is shown session by session: all of one before the next.
import { expect, test } from 'vitest';
import { GroupedView } from '../../../src/cli/program/grouped-view.js';
import type { Observation } from '../../../src/dialogue/observation.js';
import { command } from '../../transcript/observations.js';

function viewing() {
  const shown: string[] = [];
  const view = new GroupedView({
    show: ({ session, kind }: Observation) => shown.push(`${session} ${kind}`),
    end: () => shown.push('end'),
  });
  return { shown, view };
}

test('sessions come one behind the other, in the order in which they opened', () => {
  const { shown, view } = viewing();
  const [first, second] = [1, 2].map((session) => ({ ...command('NOOP'), session }));
  if (first === undefined || second === undefined) throw new Error('two were made');
  for (const one of [first, second, first, second]) view.show(one);
  expect(shown).toEqual([]);
  view.end();
  expect(shown).toEqual(['1 command', '1 command', '2 command', '2 command', 'end']);
});
