// Limits: how many connections at once, and how long a silent one stays.

import type { Bench } from '../bench.js';
import type { Conclusion } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';

/** Clients with a queue of transfers open at least as many. */
const AT_ONCE = 3;

export const LIMITS: readonly Probe[] = [
  { id: 'connections', group: 'limits', needs: 'login', run: connections },
  { id: 'idle-timeout', group: 'limits', needs: 'login', run: idle },
];

async function connections(bench: Bench): Promise<Outcome> {
  await bench.session();
  const others: { quit(): Promise<void> }[] = [];
  let refusal: string | null = null;
  try {
    while (others.length + 1 < AT_ONCE) others.push((await bench.enterAgain()).conversation);
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error);
  } finally {
    for (const other of others) await other.quit();
  }
  const open = others.length + 1;
  const conclusions: Conclusion[] =
    refusal === null
      ? []
      : [
          {
            diagnosis: 'too-many-connections',
            severity: open === 1 ? 'warning' : 'note',
            title: `the server takes ${open} of ${AT_ONCE} connections at once: ${refusal}`,
            values: { reply: refusal },
          },
        ];
  const text =
    refusal === null
      ? `${AT_ONCE} connections at once are taken`
      : `connection ${open + 1} at once is not taken: ${refusal}`;
  return { text, facts: { atOnce: open, refusal }, conclusions };
}

/** Servers say it in the greeting (Pure-FTPd), or in answer to STAT (vsftpd). */
const SAYS_IDLE = [
  /(?:disconnected after|idle (?:time ?out|timeout)(?: is| of|:)?|timeout(?: in seconds)?(?: is|:)?|inactivity(?: of)?)\D{0,20}?(\d{1,6})\s*(minute|min\b)?/i,
];

async function idle(bench: Bench): Promise<Outcome> {
  const stat = await (await bench.session()).ask('STAT');
  const { greeting, login } = bench.entry;
  const lines = [greeting, login, stat].flatMap((answer) => answer?.lines ?? []);
  const seconds = idleSecondsIn(lines);
  if (seconds === null)
    return {
      text: `the server does not say how long it keeps a silent connection; STAT: ${answerText(stat)}`,
      facts: { seconds },
    };
  return { text: `a silent connection is closed after ${seconds} s, says the server`, facts: { seconds } };
}

/** Null where no line says it. */
export function idleSecondsIn(lines: readonly string[]): number | null {
  for (const line of lines) {
    for (const pattern of SAYS_IDLE) {
      const [whole, number, minutes] = pattern.exec(line.slice(0, 300)) ?? [];
      if (whole !== undefined) return Number(number) * (minutes === undefined ? 1 : 60);
    }
  }
  return null;
}
