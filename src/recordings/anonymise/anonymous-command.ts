// A command without names: the verb stays where it is known, and what the argument is follows from the verb. The argument of a verb that
// nobody knows is nothing but names.
import { lineNaming, namedPort } from '../../dialogue/announced-port.js';
import { maskedArgument } from '../../protocol/command.js';
import { withoutListOptions } from '../../protocol/remote-path.js';
import { verbFacts } from '../../protocol/verbs.js';
import type { AnonymousText } from './anonymous-text.js';
import { isPlainWord } from './ftp-vocabulary.js';
import type { Pseudonyms } from './pseudonyms.js';

interface Said {
  readonly verb: string;
  readonly argument: string;
  readonly line: string;
}

/** Their arguments are words and numbers of FTP. */
const WORDY = new Set(
  'TYPE MODE STRU REST RANG ALLO OPTS AUTH PBSZ PROT LANG CLNT CSID HELP FEAT NOOP SSCN CCC EPSV PASV CPSV SPSV QUIT REIN ABOR SYST'.split(
    ' ',
  ),
);
/** Theirs are places in a file, or sizes. */
const NUMBERED = new Set(['REST', 'RANG', 'ALLO', 'PBSZ']);
/** Theirs are a time and a path (draft-somers-ftp-mfxx section 3). */
const TIMED = new Set(['MDTM', 'MFMT', 'MFCT']);
const TIME_IN_FRONT = /^\d{14}(?:\.\d+)? +/;
/** Theirs begin with a word that says what the rest is. */
const SUBCOMMANDS = new Set(['SITE', 'PRET']);
/** File modes, as SITE CHMOD has them. */
const FILE_MODE = /^[0-7]{3,4}$/;

export class AnonymousCommands {
  constructor(
    private readonly pseudonyms: Pseudonyms,
    private readonly texts: AnonymousText,
  ) {}

  verb(verb: string): string {
    return verbFacts(verb) !== undefined || isPlainWord(verb) ? verb : this.pseudonyms.word(verb).toUpperCase();
  }

  command(said: Said): Said {
    const verb = this.verb(said.verb);
    const named = verbFacts(verb)?.announces;
    if ((named === 'PORT' || named === 'EPRT') && verb === said.verb) return this.announcement(said);
    const argument = this.argument(said);
    return { verb, argument, line: this.front(said, verb) + argument };
  }

  /** What a transfer's path is of its command. */
  argument(said: Pick<Said, 'verb' | 'argument'>): string {
    const { verb } = said;
    const masked = maskedArgument(said);
    if (WORDY.has(verb)) return this.texts.text(masked, { numbers: NUMBERED.has(verb) });
    const rest = withoutListOptions(verb, masked);
    const options = masked.slice(0, masked.length - rest.length);
    if (SUBCOMMANDS.has(verb)) return options + this.subcommand(rest);
    const time = TIMED.has(verb) ? (TIME_IN_FRONT.exec(rest)?.[0] ?? '') : '';
    const names = rest.slice(time.length);
    this.texts.learn(names);
    return options + time + this.texts.name(names);
  }

  private subcommand(argument: string): string {
    const [, first = '', rest = ''] = /^(\s*\S*)(.*)$/s.exec(argument) ?? [];
    const names = rest.replace(/\S+/g, (word) => {
      if (FILE_MODE.test(word)) return word;
      this.texts.learn(word);
      return this.texts.name(word);
    });
    return this.texts.text(first) + names;
  }

  /** One that cannot be read has no address that could be mapped. */
  private announcement(said: Said): Said {
    const { verb, argument } = said;
    const { endpoint } = namedPort(verb, argument, '');
    const address = endpoint === null ? null : this.pseudonyms.address(endpoint.address);
    if (endpoint === null || address === null) {
      // The unspecified address, which means the client itself, is left as it is.
      const safe = endpoint?.address === '' ? argument : this.texts.name(argument);
      return { verb, argument: safe, line: this.front(said, verb) + safe };
    }
    const named = lineNaming({ verb, argument, line: this.front(said, verb) + argument }, { ...endpoint, address });
    const front = /^\S+\s+/.exec(named)?.[0] ?? '';
    return { verb, argument: named.slice(front.length), line: named };
  }

  /** What stands before the argument, as it is where that is the verb in any case and blanks alone. */
  private front({ verb, argument, line }: Said, safeVerb: string): string {
    const front = line.endsWith(argument) ? line.slice(0, line.length - argument.length) : '';
    if (safeVerb === verb && front.replace(/[\0-\x20]/g, '').toUpperCase() === verb) return front;
    return argument === '' ? safeVerb : `${safeVerb} `;
  }
}
