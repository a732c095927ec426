// Reads a socket into one buffer that is used over and over. Node has the option `onread` for that, and takes it for sockets that dial:
// those that a server accepts, and those around another, get here what the option sets.
import { Socket } from 'node:net';

/** As of the option. The callback gets the number of bytes that were read; false: none come until `resume`. */
export interface OnRead {
  readonly buffer: Buffer;
  readonly callback: (bytes: number) => boolean;
}

/** Where a socket keeps the two of them. */
interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Null where this Node does it in another way. */
let known: Fields | null | undefined;

/** For a socket that has not begun to read. False where this Node does it in another way: then the socket's ordinary events serve, slower. */
export function readsInto(socket: Socket, { buffer, callback }: OnRead): boolean {
  if (known === undefined) known = findFields();
  if (known === null || !('_handle' in socket) || !takesBuffer(socket._handle)) return false;
  Reflect.set(socket, known.buffer, buffer);
  Reflect.set(socket, known.callback, callback);
  socket._handle.useUserBuffer(buffer);
  return true;
}

function findFields(): Fields | null {
  const onread: OnRead = { buffer: Buffer.alloc(1), callback: () => true };
  const model = new Socket({ onread } as object);
  const fieldWith = (value: unknown) =>
    Object.getOwnPropertySymbols(model).find((field) => Reflect.get(model, field) === value);
  const [buffer, callback] = [fieldWith(onread.buffer), fieldWith(onread.callback)];
  return buffer === undefined || callback === undefined ? null : { buffer, callback };
}

function takesBuffer(handle: unknown): handle is { useUserBuffer(buffer: Buffer): void } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'useUserBuffer' in handle &&
    typeof handle.useUserBuffer === 'function'
  );
}
