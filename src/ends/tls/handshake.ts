// TLS over a socket that is connected already, in either role. Knows sockets and certificates, and no FTP.

import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { ChainLink, TlsFacts, TlsFault } from '../../dialogue/observation.js';
import { certificateSummary, HOSTNAME_MISMATCH } from '../../dialogue/tls-facts.js';
import { watchFarewell } from './farewell.js';
import {
  handshakeFault,
  handshakeReason,
  lineSaid,
  NEVER_BEGAN,
  noTlsFacts,
  TlsFailure,
  tlsFacts,
  tlsReason,
} from './handshake-facts.js';
import { ServedSocket } from './served-socket.js';
import type { TappedStream } from './tapped-stream.js';

export interface Secured {
  readonly socket: TLSSocket;
  readonly facts: TlsFacts;
  /** Whether the peer's end, once it is in, came without close_notify: what it sent may have been cut short. */
  readonly endedAbruptly: () => boolean;
  /** What the peer wrote in the middle of TLS that is none, where it is looked for; null when it did not. */
  readonly plainText: () => string | null;
}

export interface ServerRole {
  /** One for all of a session's connections: clients resume their control connection's session on its data connections. */
  readonly context: SecureContext;
  /** Listens nowhere: it holds the session cache for clients that resume by session id (curl with TLS 1.2). */
  readonly cache: Server;
  /** Names in the certificate, for observers. */
  readonly shownNames?: readonly string[];
  readonly onKeyLog: ((line: Buffer) => void) | null;
  readonly timeoutMs: number;
}

/** Serves TLS to the peer. Rejects with a TlsFailure; the socket is closed then. */
export function serveTls(
  plain: Socket,
  { context, cache, shownNames, onKeyLog, timeoutMs }: ServerRole,
): Promise<Secured> {
  const options = { isServer: true, secureContext: context, server: cache };
  const socket = new ServedSocket(plain, options);
  if (onKeyLog) socket.on('keylog', onKeyLog);
  const shown = shownNames === undefined ? {} : { shownNames };
  const facts = () => ({ ...tlsFacts(socket, socket.servername || null, undefined), ...shown });
  return settled(socket, { plain, done: 'secure', timeoutMs, facts, serverName: null, known: () => shown, ...shown });
}

export interface ClientRole {
  readonly context: SecureContext;
  /** The peer's certificate must be for one of these names. The first is asked for (SNI) unless it is an address. */
  readonly names: readonly string[];
  /** Take whatever certificate there is. */
  readonly insecure: boolean;
  /** A session to resume. */
  readonly session: Buffer | null;
  /** Called with each session that the peer offers to resume later. */
  readonly onSession: (session: Buffer) => void;
  readonly onKeyLog: ((line: Buffer) => void) | null;
  readonly timeoutMs: number;
  /** Over the plain connection: TLS is spoken through it. */
  readonly tap: TappedStream | null;
}

const CLOSED_BEFORE = 'the peer closed the connection before the handshake';

/** Asks the peer for TLS, and verifies it. Rejects with a TlsFailure; the socket is closed then. */
export async function dialTls(plain: Socket, role: ClientRole): Promise<Secured> {
  const { context, names, session, onSession, onKeyLog, tap } = role;
  const [name = ''] = names;
  // An address is no server name (RFC 6066 section 3).
  const serverName = isIP(name) === 0 ? name : null;
  const offer = session === null ? {} : ({ offersSession: true } as const);
  if (plain.destroyed || plain.readableEnded)
    throw new TlsFailure(CLOSED_BEFORE, { ...noTlsFacts(serverName), ...offer, fault: 'closed' });
  const options = {
    socket: tap ?? plain,
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
  const known = () => ({ ...offer, ...(tap?.endOpening() ? ({ asksForCertificate: true } as const) : {}) });
  const facts = () => verified(socket, role, serverName, known());
  const { timeoutMs } = role;
  return settled(socket, { plain, done: 'secureConnect', timeoutMs, facts, serverName, known, tap });
}

/** Node verifies the chain and tells so; the name it leaves to us, as resumed connections show no certificate. */
function verified(
  socket: TLSSocket,
  { insecure, names }: ClientRole,
  serverName: string | null,
  known: Partial<TlsFacts>,
): TlsFacts {
  const certificate = socket.getPeerX509Certificate();
  const facts = { ...tlsFacts(socket, serverName, certificate), ...known };
  if (facts.resumed) return facts;
  const isFor = (name: string) => (isIP(name) === 0 ? certificate?.checkHost(name) : certificate?.checkIP(name));
  const isNamed = names.some((name) => isFor(name) !== undefined);
  if (socket.authorized && isNamed) return facts;
  const verifyError = socket.authorized ? HOSTNAME_MISMATCH : String(socket.authorizationError);
  const faulty = { ...facts, verifyError, chain: chainOf(certificate) };
  if (insecure) return faulty;
  const reason = socket.authorized
    ? `its certificate is for another name than ${names.join(' or ')}`
    : tlsReason(Object.assign(new Error(verifyError), { code: verifyError }));
  throw new TlsFailure(reason, { ...faulty, fault: 'certificate' });
}

/** More certificates than any server sends. */
const MAX_CHAIN = 10;

function chainOf(leaf: X509Certificate | undefined): readonly ChainLink[] {
  const chain: ChainLink[] = [];
  for (let one = leaf; one !== undefined && chain.length < MAX_CHAIN; one = one.issuerCertificate) {
    const { subject, issuer } = certificateSummary(one);
    chain.push({ subject, issuer });
  }
  return chain;
}

interface Handshake {
  readonly plain: Socket;
  readonly done: 'secure' | 'secureConnect';
  readonly timeoutMs: number;
  /** Throws a TlsFailure for a peer that is not to be trusted. */
  readonly facts: () => TlsFacts;
  readonly serverName: string | null;
  /** What is known of it also when it fails. */
  readonly known: () => Partial<TlsFacts>;
  readonly tap?: TappedStream | null;
  /** Of the serving side. */
  readonly shownNames?: readonly string[];
}

function settled(
  socket: TLSSocket,
  { plain, done, timeoutMs, facts, serverName, known, shownNames, tap }: Handshake,
): Promise<Secured> {
  return new Promise((resolve, reject) => {
    let shaken = false;
    const plainText = () => tap?.plainText ?? null;
    const serving = done === 'secure';
    const self = serving ? 'server' : 'client';
    const fail = (error: unknown, found: Partial<TlsFacts> = handshakeFault(error, self)) => {
      clearTimeout(timer);
      socket.on('error', () => {});
      socket.destroy();
      if (error instanceof TlsFailure) return reject(error);
      const said = lineSaid(plainText());
      const all = { ...noTlsFacts(serverName), ...known(), ...found, ...(said === null ? {} : { said }) };
      reject(new TlsFailure(handshakeReason(error, plainText()), all));
    };
    const failed = (reason: string, fault: TlsFault) => fail(new Error(reason), { fault });
    const { bytesRead, readableLength } = plain;
    const neverBegan = () => serving && readableLength === 0 && plain.bytesRead === bytesRead;
    const tooLong = () =>
      neverBegan() ? failed(`the peer ${NEVER_BEGAN}`, 'not-begun') : failed('the handshake took too long', 'timeout');
    const timer = setTimeout(tooLong, timeoutMs);
    const doubt = ` (does it trust our certificate${shownNames?.length ? ` for ${shownNames.join(', ')}` : ''}?)`;
    const broke = () => (neverBegan() ? `and ${NEVER_BEGAN}` : `during the handshake${serving ? doubt : ''}`);
    const closed = () => failed(`the peer closed the connection ${broke()}`, neverBegan() ? 'not-begun' : 'closed');
    const failedWith = (error: Error) => fail(error);
    // The serving side hears of an end only when it reads, and it reads nothing before the handshake is done.
    const endedAbruptly = watchFarewell(socket, plain, () => shaken || closed());
    const goOn = () => {
      socket.off('error', failedWith).off('_tlsError', failedWith).off('close', closed);
      // Later faults of the record layer come as this event on the serving side, and nowhere else.
      socket.on('_tlsError', (error: Error) => socket.destroy(error));
      try {
        resolve({ socket, facts: facts(), endedAbruptly, plainText });
      } catch (error) {
        fail(error);
      }
    };
    socket.once('error', failedWith);
    socket.once('_tlsError', failedWith);
    socket.once('close', closed);
    socket.once(done, () => {
      shaken = true;
      clearTimeout(timer);
      // Not within the event: OpenSSL is still at it then (TLS 1.3 has tickets to send), and an end would lack its close_notify.
      setImmediate(goOn);
    });
  });
}
