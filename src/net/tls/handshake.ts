// TLS over a socket that is connected already, in either role. Knows sockets and certificates, and no FTP.
import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type Server, TLSSocket } from 'node:tls';
import type { TlsFacts } from '../../session/observation.js';
import { noTlsFacts, TlsFailure, tlsFacts, tlsReason } from './tls-facts.js';

/** How much may wait to be encrypted before the source is made to wait. */
const HIGH_WATER_MARK_BYTES = 256 * 1024;

export interface Secured {
  readonly socket: TLSSocket;
  readonly facts: TlsFacts;
}

export interface ServerRole {
  /** One for all of a session's connections: clients resume their control connection's session on its data connections. */
  readonly context: SecureContext;
  /** Listens nowhere: it holds the session cache for clients that resume by session id (curl with TLS 1.2). */
  readonly cache: Server;
  readonly timeoutMs: number;
}

/** Serves TLS to the peer. Rejects with a TlsFailure; the socket is closed then. */
export function serveTls(plain: Socket, { context, cache, timeoutMs }: ServerRole): Promise<Secured> {
  const options = { isServer: true, secureContext: context, server: cache, highWaterMark: HIGH_WATER_MARK_BYTES };
  const socket = new TLSSocket(plain, options);
  return settled(socket, 'secure', timeoutMs, () => tlsFacts(socket, socket.servername || null, undefined), null);
}

export interface ClientRole {
  readonly context: SecureContext;
  /** The name that the peer's certificate must be for, and that is asked for (SNI) unless it is an address. */
  readonly name: string;
  /** Take whatever certificate there is. */
  readonly insecure: boolean;
  /** A session to resume. */
  readonly session: Buffer | null;
  /** Called with each session that the peer offers to resume later. */
  readonly onSession: (session: Buffer) => void;
  readonly onKeyLog: ((line: Buffer) => void) | null;
  readonly timeoutMs: number;
}

/** Asks the peer for TLS, and verifies it. Rejects with a TlsFailure; the socket is closed then. */
export function dialTls(plain: Socket, role: ClientRole): Promise<Secured> {
  const { context, name, session, onSession, onKeyLog } = role;
  // An address is no server name (RFC 6066 section 3).
  const serverName = isIP(name) === 0 ? name : null;
  const options = {
    socket: plain,
    highWaterMark: HIGH_WATER_MARK_BYTES,
    secureContext: context,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(session === null ? {} : { session }),
    // The verdict is read below, so that the observation can tell which certificate it was.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
  const socket = connect(options);
  socket.on('session', onSession);
  if (onKeyLog) socket.on('keylog', onKeyLog);
  return settled(socket, 'secureConnect', role.timeoutMs, () => verified(socket, role, serverName), serverName);
}

/** Node verifies the chain and tells so; the name it leaves to us, as resumed connections show no certificate. */
function verified(socket: TLSSocket, { insecure, name }: ClientRole, serverName: string | null): TlsFacts {
  const certificate = socket.getPeerX509Certificate();
  const facts = tlsFacts(socket, serverName, certificate);
  if (insecure || facts.resumed) return facts;
  if (!socket.authorized) {
    const code = String(socket.authorizationError);
    throw new TlsFailure(tlsReason(Object.assign(new Error(code), { code })), facts);
  }
  const goodFor = isIP(name) === 0 ? certificate?.checkHost(name) : certificate?.checkIP(name);
  if (goodFor === undefined) throw new TlsFailure(`its certificate is for another name than ${name}`, facts);
  return facts;
}

function settled(
  socket: TLSSocket,
  done: 'secure' | 'secureConnect',
  timeoutMs: number,
  facts: () => TlsFacts,
  serverName: string | null,
): Promise<Secured> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      clearTimeout(timer);
      socket.on('error', () => {});
      socket.destroy();
      reject(error instanceof TlsFailure ? error : new TlsFailure(tlsReason(error), noTlsFacts(serverName)));
    };
    const timer = setTimeout(() => fail(new Error('the handshake took too long')), timeoutMs);
    const closed = () => fail(new Error('the peer closed the connection during the handshake'));
    socket.once('error', fail);
    socket.once('_tlsError', fail);
    socket.once('close', closed);
    socket.once(done, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.off('close', closed);
      // Later faults of the record layer come as this event on the serving side, and nowhere else.
      socket.on('_tlsError', (error: Error) => socket.destroy(error));
      try {
        resolve({ socket, facts: facts() });
      } catch (error) {
        fail(error);
      }
    });
  });
}
