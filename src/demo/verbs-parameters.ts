// How transfers go: TYPE, MODE, STRU, REST, ALLO, OPTS (RFC 959 sections 3 and 4.1.2, RFC 2389, RFC 3659).
import { factNames } from './listing.js';
import { afterLogin, beforeLogin, type Reply, reply, type VerbContext, type VerbTable } from './verb-context.js';

/**
 * Files are kept as they travel, so TYPE A and TYPE I move the same bytes: the host's own form of text is the host's
 * business (RFC 959 section 3.1.1.1), and SIZE and REST mean the same in both.
 */
function type({ state }: VerbContext, argument: string): Reply {
  const wanted = argument.trim().toUpperCase();
  if (/^A( N)?$/.test(wanted)) state.type = 'A';
  else if (/^(I|L 8)$/.test(wanted)) state.type = 'I';
  else if (/^([AE]( [NTC])?|L \d+)$/.test(wanted)) return reply(504, `TYPE ${wanted} is not supported.`);
  else return reply(501, 'TYPE A, I or L 8.');
  return reply(200, `Type set to ${state.type}.`);
}

/** MODE and STRU: the first value is the only one served, the others are right but not done here. */
function choice(name: string, values: string): (context: VerbContext, argument: string) => Reply {
  return (_, argument) => {
    const wanted = argument.trim().toUpperCase();
    if (wanted.length !== 1 || !values.includes(wanted)) return reply(501, `${name} ${[...values].join(', ')}.`);
    return wanted === values[0]
      ? reply(200, `${name} set to ${wanted}.`)
      : reply(504, `${name} ${wanted} is not supported.`);
  };
}

function rest({ state }: VerbContext, argument: string): Reply {
  const offset = /^\d{1,15}$/.test(argument) ? Number(argument) : null;
  if (offset === null) return reply(501, 'REST needs a byte count.');
  state.restartOffset = offset;
  return reply(350, `Restarting at ${offset}; send RETR or STOR.`);
}

function allo(_: VerbContext, argument: string): Reply {
  if (!/^\d+( R \d+)?$/i.test(argument)) return reply(501, 'ALLO <bytes> [R <bytes>].');
  return reply(202, 'No storage allocation needed.');
}

function opts({ state }: VerbContext, argument: string): Reply {
  const [option = '', ...values] = argument.split(' ');
  const value = values.join(' ');
  switch (option.toUpperCase()) {
    case 'UTF8':
      // Names go as bytes either way, so OFF has nothing to turn off (RFC 2640 knows no such option; clients send it).
      return /^(ON|OFF)?$/i.test(value) ? reply(200, 'Names are kept byte by byte.') : reply(501, 'OPTS UTF8 ON.');
    case 'MLST': {
      const wanted = value.toLowerCase().split(';');
      state.facts = factNames.filter((fact) => wanted.includes(fact));
      // RFC 3659 section 7.9: what was chosen, without the facts we do not have.
      return reply(200, `MLST OPTS ${state.facts.map((fact) => `${fact};`).join('')}`.trimEnd());
    }
    default:
      return reply(501, 'No such option.');
  }
}

export const parameterVerbs: VerbTable = {
  TYPE: afterLogin('required', 'TYPE A|I|L 8', type),
  MODE: afterLogin('required', 'MODE S', choice('MODE', 'SBC')),
  STRU: afterLogin('required', 'STRU F', choice('STRU', 'FRP')),
  REST: afterLogin('required', 'REST <offset>', rest),
  ALLO: afterLogin('required', 'ALLO <bytes> [R <bytes>]', allo),
  OPTS: beforeLogin('required', 'OPTS UTF8 ON|MLST <facts>', opts),
};
