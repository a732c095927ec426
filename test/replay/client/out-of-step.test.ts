// Which replies still let the recorded dialogue go on.
import { expect, test } from 'vitest';
import { outOfStep } from '../../../src/replay/client/out-of-step.js';
import { recordedSession } from '../recorded-dialogue.js';

const [GOES_ON, STOPS] = ['goes on', 'stops'];

test.each([
  ['PASS x', ['230 Ok'], 230, GOES_ON],
  ['PASS x', ['230 Ok'], 530, STOPS],
  ['PASS x', ['530 No'], 230, STOPS],
  ['PASS x', ['230 Ok'], 332, STOPS],
  ['USER me', ['331 P'], 230, GOES_ON],
  ['CWD a', ['250 Ok'], 550, STOPS],
  ['CWD a', ['550 No'], 250, STOPS],
  ['CWD a', ['550 No'], 553, GOES_ON],
  ['RNFR a', ['350 Go on'], 550, STOPS],
  ['REST 5', ['350 Go on'], 502, STOPS],
  ['PASV', ['227 (1,2,3,4,5,6)'], 500, STOPS],
  // A data port too many does no harm.
  ['EPSV', ['500 What'], 229, GOES_ON],
  // Nothing rests on these.
  ['SIZE a', ['213 5'], 550, GOES_ON],
  ['DELE a', ['250 Ok'], 550, GOES_ON],
  ['FEAT', ['211 End'], 502, GOES_ON],
  // A transfer that is refused leaves the dialogue as it is; one that begins unasked does not.
  ['RETR a', ['150 Here', '226 Done'], 550, GOES_ON],
  ['RETR a', ['150 Here', '226 Done'], 150, GOES_ON],
  ['RETR a', ['150 Here', '226 Done'], 125, GOES_ON],
  ['RETR a', ['550 No'], 150, STOPS],
  ['STOR a', ['553 No'], 150, STOPS],
  ['NOOP', ['200 Ok'], 421, STOPS],
  ['NOOP', ['421 Bye'], 421, GOES_ON],
  // The recording lost the reply.
  ['CWD a', [], 550, GOES_ON],
])('%s, recorded with %j, now %i: %s', (command, replies, code, verdict) => {
  const [exchange] = recordedSession([`> ${command}`, ...replies.map((reply) => `< ${reply}`)]).exchanges;
  if (exchange === undefined) throw new Error('no exchange');
  expect(outOfStep(exchange, code) === null ? GOES_ON : STOPS).toBe(verdict);
});
