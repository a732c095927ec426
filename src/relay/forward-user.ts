// What USER says in forward mode: which server is wanted, and who logs in there. Tells the forms apart that clients have for it
// (lftp's proxy-auth-type, FileZilla's proxy types). The proxy has no accounts of its own: a login to it is taken, whatever it
// is, and goes no further.
import { type Command, secretOf } from '../protocol/command.js';

export type ForwardUser =
  /** A login to the proxy itself; `server` is null when it names none. */
  | { readonly kind: 'proxy-login'; readonly server: string | null }
  /** A login to a server. */
  | { readonly kind: 'server-login'; readonly server: string; readonly user: string; readonly proxysOwn: ProxysOwn }
  | { readonly kind: 'malformed'; readonly reason: string };

/** What else of the login is for the proxy: the end of the password behind its last `@`, an ACCT of its own, or nothing. */
export type ProxysOwn = 'nothing' | 'end-of-password' | 'account';

/** The host is what stands behind the last `@`: names of users may hold others. */
export function readUser(command: Command, proxyUsers: readonly string[]): ForwardUser {
  const name = command.argument.trim();
  if (name === '') return { kind: 'malformed', reason: 'USER names no user' };
  if (secretOf(command) !== null) return { kind: 'malformed', reason: 'a password is sent with PASS, not in USER' };
  if (proxyUsers.includes(name)) return { kind: 'proxy-login', server: null };
  const { login, account } = withoutAccount(name, proxyUsers);
  const at = login.lastIndexOf('@');
  if (at === -1) return { kind: 'proxy-login', server: null };
  const [user, server] = [login.slice(0, at), login.slice(at + 1)];
  if (user === '') return { kind: 'malformed', reason: 'USER names a server, and no user to log in there' };
  if (proxyUsers.includes(user)) return { kind: 'proxy-login', server };
  const joined = proxyUsers.find((proxyUser) => user.endsWith(`@${proxyUser}`));
  if (joined !== undefined) {
    const own = user.slice(0, -joined.length - 1);
    return { kind: 'server-login', server, user: own, proxysOwn: 'end-of-password' };
  }
  return { kind: 'server-login', server, user, proxysOwn: account ? 'account' : 'nothing' };
}

/** `anna@ftp.example.com proxyuser`, where the proxy's password comes in an ACCT: hosts hold no blanks. */
function withoutAccount(name: string, proxyUsers: readonly string[]): { login: string; account: boolean } {
  const known = proxyUsers.find((proxyUser) => name.endsWith(` ${proxyUser}`));
  if (known !== undefined) return { login: name.slice(0, -known.length - 1).trimEnd(), account: true };
  const login = /^(.*@[^@\s]+)\s+[^@\s]+$/s.exec(name)?.[1];
  return login === undefined ? { login: name, account: false } : { login, account: true };
}

/** `password@proxypassword` without what is the proxy's. */
export function withoutProxyPassword(password: string): string {
  const at = password.lastIndexOf('@');
  return at === -1 ? password : password.slice(0, at);
}
