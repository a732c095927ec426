// Who is there: USER, PASS, ACCT, REIN, QUIT (RFC 959 section 4.1.1).
import {
  beforeLogin,
  closingReply,
  freshState,
  type Reply,
  reply,
  type VerbContext,
  type VerbTable,
} from './verb-context.js';

const notLoggedIn = 'Login incorrect.';

/** Starts the login anew at any time; transfer parameters stay (RFC 959 section 4.1.1, USER). */
function user({ state }: VerbContext, name: string): Reply {
  state.login = { stage: 'password', user: name };
  return reply(331, `Password required for ${name}.`);
}

function pass({ service, state }: VerbContext, password: string): Reply {
  if (state.login.stage !== 'password') return reply(503, 'Send USER first.');
  const name = state.login.user;
  const known = service.users.get(name);
  state.login = { stage: 'none' };
  if (known === undefined || (known.password !== null && known.password !== password)) return reply(530, notLoggedIn);
  state.login = { stage: known.account === undefined ? 'done' : 'account', user: name };
  return known.account === undefined ? welcome(name) : reply(332, 'Account required.');
}

function acct({ service, state }: VerbContext, account: string): Reply {
  if (state.login.stage === 'done') return reply(202, 'No account needed.');
  if (state.login.stage !== 'account') return reply(503, 'Send USER and PASS first.');
  const name = state.login.user;
  if (service.users.get(name)?.account !== account) {
    state.login = { stage: 'none' };
    return reply(530, notLoggedIn);
  }
  state.login = { stage: 'done', user: name };
  return welcome(name);
}

function welcome(name: string): Reply {
  return reply(230, `Welcome, ${name}.`);
}

function rein({ state, dataPort }: VerbContext): Reply {
  dataPort.close();
  Object.assign(state, freshState());
  return reply(220, 'Ready for a new user.');
}

export const loginVerbs: VerbTable = {
  USER: beforeLogin('required', 'USER <name>', user),
  PASS: beforeLogin('optional', 'PASS <password>', pass),
  ACCT: beforeLogin('required', 'ACCT <account>', acct),
  REIN: beforeLogin('none', 'REIN', rein),
  QUIT: beforeLogin('none', 'QUIT', () => closingReply(221, 'Goodbye.')),
};
