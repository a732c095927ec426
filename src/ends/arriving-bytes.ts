// Looks at what comes in on a paused connection without taking it: whoever reads the connection later finds it all.
import type { Socket } from 'node:net';

/** What has come: some bytes, or the end (null). `hasRoom` is false where the connection is read no further until they are taken. */
export type Look = (chunk: Buffer | null, hasRoom: boolean) => void;

/** Begins with what waits already. What is returned stops it. */
export function watchArrivals(socket: Socket, look: Look): () => void {
  const push = socket.push.bind(socket);
  let watching = true;
  // What was read cannot be put back once the end was told, so nothing is read.
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    const hasRoom = push(chunk, encoding);
    if (watching && (chunk === null || Buffer.isBuffer(chunk))) look(chunk, hasRoom);
    return hasRoom;
  };
  const waiting: unknown = socket.readableLength > 0 ? socket.read() : null;
  if (Buffer.isBuffer(waiting)) {
    socket.unshift(waiting);
    look(waiting, true);
  }
  // Begins to read, where nobody has.
  if (watching) socket.read(0);
  return () => {
    watching = false;
  };
}
