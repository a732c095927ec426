// Waits for the hello of a TLS client and looks at it, before a handshake takes it: which name the client asks for is known before
// there is a certificate to show, or a server to be asked for the same.
import type { Socket } from 'node:net';
import type { TlsFault } from '../../dialogue/observation.js';
import { parseClientHello } from '../../protocol/client-hello.js';
import { watchArrivals } from '../arriving-bytes.js';
import { handshakeFault, handshakeReason, NEVER_BEGAN, noTlsFacts, TlsFailure } from './handshake-facts.js';

/**
 * Resolves with the name that is asked for, null where there is none or where this is no hello, which the handshake is to say.
 * Rejects with a TlsFailure, with the connection closed, when none comes in time.
 */
export function waitForClientHello(plain: Socket, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    let unwatch = () => {};
    const stop = () => {
      clearTimeout(timer);
      plain.off('error', broken).off('close', closed);
      unwatch();
    };
    const heard = (name: string | null) => {
      stop();
      resolve(name);
    };
    const failed = (error: unknown, fault: TlsFault = handshakeFault(error, 'server').fault) => {
      stop();
      plain.destroy();
      reject(new TlsFailure(handshakeReason(error), { ...noTlsFacts(null), fault }));
    };
    const broken = (error: Error) => failed(error);
    const begun = () => bytes.length > 0;
    const closed = () => {
      const when = begun() ? 'during the handshake (does it trust our certificate?)' : `and ${NEVER_BEGAN}`;
      failed(new Error(`the peer closed the connection ${when}`), begun() ? 'closed' : 'not-begun');
    };
    const tooLong = () =>
      begun()
        ? failed(new Error('the handshake took too long'), 'timeout')
        : failed(new Error(`the peer ${NEVER_BEGAN}`), 'not-begun');
    const timer = setTimeout(tooLong, timeoutMs);
    if (plain.destroyed || plain.readableEnded) return closed();
    plain.on('error', broken).on('close', closed);
    unwatch = watchArrivals(plain, (chunk, hasRoom) => {
      if (chunk === null) return closed();
      bytes = Buffer.concat([bytes, chunk]);
      const hello = parseClientHello(bytes);
      if (hello.kind === 'hello') heard(hello.serverName);
      else if (hello.kind === 'other' || !hasRoom) heard(null);
    });
  });
}
