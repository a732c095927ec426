// The login: whether we get in, and whether a password is taken in the clear where it could be encrypted.
import { isNegative } from '../../protocol/reply.js';
import type { Bench } from '../bench.js';
import type { Conclusion } from '../findings.js';
import { findingsIn } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';

export const LOGIN_PROBES: readonly Probe[] = [
  { id: 'login', group: 'login', needs: 'connection', run: async (bench) => loginOutcome(bench) },
  { id: 'plain-login', group: 'login', needs: 'tls', run: plainLogin },
];

function loginOutcome({ entry, contact }: Bench): Outcome {
  const { login, isLoggedIn, withheld } = entry;
  const { user, target } = contact;
  const how = entry.tls === null ? 'in the clear' : 'encrypted';
  if (isLoggedIn && login !== null)
    return {
      text: `${user}: ${answerText(login)} (${how})`,
      facts: { user, isLoggedIn, encrypted: entry.tls !== null },
    };
  const facts = { user, isLoggedIn, text: login === null ? null : answerText(login) };
  if (login === null) return { text: `${user} was not logged in: ${withheld ?? ''}`, facts, isOpen: true };
  if (target.user === null)
    return {
      text: `anonymous is not let in (${answerText(login)}); give a user with --user NAME`,
      facts,
      isOpen: true,
    };
  const [found] = findingsIn(entry.conversation.observations).filter(({ severity }) => severity === 'error');
  return {
    text: `${user} is not let in: ${answerText(login)}`,
    facts,
    conclusions: [
      found ?? {
        diagnosis: 'login-failed',
        severity: 'error',
        title: `the server refuses the login of ${user}: ${answerText(login)}`,
      },
    ],
  };
}

/** A named user's password is not sent in the clear for a test: the answer to USER tells enough. */
async function plainLogin(bench: Bench): Promise<Outcome | null> {
  const { contact } = bench;
  if (contact.implicitTls) return null;
  const conversation = await contact.connect();
  try {
    const greeting = await conversation.greeting();
    if (isNegative(greeting.code)) return { text: `not judged: ${answerText(greeting)}`, isOpen: true };
    const user = await conversation.ask(`USER ${contact.user}`);
    const isAnonymous = contact.target.user === null;
    const answer = isAnonymous && user.code === 331 ? await conversation.ask('PASS ftpscope@') : user;
    const isTaken = !isNegative(answer.code);
    const conclusions: Conclusion[] = isTaken
      ? [
          {
            diagnosis: 'tls-credentials-in-clear',
            severity: isAnonymous ? 'note' : 'warning',
            title: isAnonymous
              ? 'the server has TLS, and lets anonymous log in without'
              : `the server has TLS, and asks ${contact.user} for the password in the clear as well`,
          },
        ]
      : [];
    return {
      text: isTaken
        ? `a login in the clear is taken: ${answerText(answer)}`
        : `a login in the clear is refused: ${answerText(answer)}`,
      facts: { taken: isTaken, text: answerText(answer) },
      conclusions,
    };
  } finally {
    await conversation.quit();
  }
}
