// Whether a TLS peer ended its side with close_notify, or just closed the connection, as happens when somebody cut it. Node
// tells both by the same `end`. But OpenSSL learns of close_notify while the connection beneath is still being read, and of
// the connection's own end when that has stopped: asked at that very moment to start reading, the connection tells which.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** As much of Node's handles as is used here. */
interface ReadingHandle {
  readonly reading?: boolean;
  readStart(): number;
}

/**
 * To be called before the first read. `ended` is called with the peer's end as it comes in, whoever reads or does not. What
 * comes back tells from then on whether it came without close_notify.
 */
export function watchFarewell(encrypted: TLSSocket, plain: Socket, ended: () => void): () => boolean {
  let cutShort = false;
  const push = encrypted.push.bind(encrypted);
  encrypted.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk !== null) return push(chunk, encoding);
    cutShort = hasStopped(plain);
    ended();
    return push(null);
  };
  return () => cutShort;
}

/** Where this Node keeps its handles elsewhere, nothing is said of the peer. */
function hasStopped(plain: Socket): boolean {
  const handle = '_handle' in plain ? plain._handle : null;
  // We have it stopped ourselves: then what brought the end is something that was read before.
  if (!isReadingHandle(handle) || handle.reading !== true) return false;
  // Zero: reading was begun anew, which will find the same end again. A connection that is still read answers EALREADY.
  return handle.readStart() === 0;
}

function isReadingHandle(handle: unknown): handle is ReadingHandle {
  return (
    typeof handle === 'object' && handle !== null && 'readStart' in handle && typeof handle.readStart === 'function'
  );
}
