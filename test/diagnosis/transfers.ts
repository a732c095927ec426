// Logged-in sessions and whole transfers, for tests of rows that look at content.
import type { ContentFacts, ListingFacts } from '../../src/dialogue/content-facts.js';
import type { LinkClosed } from '../../src/dialogue/observation.js';
import { verbFacts } from '../../src/protocol/verbs.js';
import { type Trace, trace } from './trace.js';

/** Nothing wrong so far. */
export function loggedIn(greeting = '220 ready'): Trace {
  const begun = trace().opened().connected().server(greeting);
  return begun.client('USER anna').server('331 go on').client('PASS ****').server('230 welcome');
}

type Ends = Partial<Pick<LinkClosed, 'outcome' | 'cause' | 'bytes' | 'content' | 'stated'>>;

/** A passive transfer from its PASV to its last reply. */
export function transfer(session: Trace, line: string, ends: Ends = {}, last = '226 done'): Trace {
  const [verb = '', ...rest] = line.split(' ');
  const direction = verbFacts(verb)?.transfer ?? 'download';
  const asked = session
    .client('PASV')
    .server('227 ok (198,51,100,7,195,81)')
    .link('passive', '198.51.100.7')
    .client(line);
  const facts = { verb, path: rest.join(' '), direction, bytes: ends.content?.examinedBytes ?? 0, ...ends };
  return asked.server('150 here it comes').server(last).linkClosed(facts);
}

/** A transfer that the server refuses before it begins. */
export function refused(session: Trace, line: string, reply: string): Trace {
  return session
    .client('PASV')
    .server('227 ok (198,51,100,7,195,81)')
    .link('passive', '198.51.100.7')
    .client(line)
    .server(reply);
}

/** Text of 4000 bytes, with line ends of Unix, where nothing else is said. */
export function content(facts: Partial<ContentFacts> = {}): ContentFacts {
  const none = { nulBytes: 0, highBytes: 0, crLf: 0, loneLf: 100, loneCr: 0, ctrlZ: 0 };
  return { examinedBytes: 4000, signature: null, ...none, ...facts };
}

/** A listing of two files. */
export function listing(facts: Partial<ListingFacts> = {}): ContentFacts {
  const none = { strangeLines: 0, dotNames: 0, otherEncoding: 0, decomposed: 0, files: [] };
  return content({
    examinedBytes: 120,
    crLf: 2,
    loneLf: 0,
    listing: { grammar: 'unix', entries: 2, ...none, ...facts },
  });
}
