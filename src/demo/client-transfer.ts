// What the scripted client's transfers are asked for and give back, and how data and final reply are waited for together.
// Sends no commands.
import type { GatheredReply } from '../dialogue/reply-lines.js';
import type { ClientDataPort } from '../ends/client-data-port.js';
import { BrokenConnection, type DataConnection } from '../ends/data-connection.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { ScriptedClientError } from './client-control.js';

export type DataMode = 'passive' | 'extended-passive' | 'active' | 'extended-active';

export interface TransferOptions {
  readonly mode: DataMode;
  /** Sent as REST right before the transfer command. */
  readonly rest?: number;
}

export interface DownloadOptions extends TransferOptions {
  /** Takes the bytes as they come, which are good until it returns, so that a big file need not be held: `bytes` is then empty. */
  readonly sink?: (chunk: Buffer) => void;
}

export interface UploadOptions extends TransferOptions {
  readonly verb?: 'STOR' | 'APPE' | 'STOU';
}

export interface ListOptions extends TransferOptions {
  readonly verb?: 'LIST' | 'NLST' | 'MLSD';
}

export interface TransferResult {
  /** The final reply, or the one that refused the transfer. */
  readonly reply: GatheredReply;
  /** The 1xx before it; `null` when the transfer was refused. */
  readonly preliminary: GatheredReply | null;
  /** What came over the data connection (empty for uploads). */
  readonly bytes: Buffer;
  /** How many bytes came or went. */
  readonly size: number;
  /** The data connection ended as agreed, not by a reset. */
  readonly ended: boolean;
}

export interface ListResult extends TransferResult {
  /** The listing's lines (latin-1), without their ends. */
  readonly lines: readonly string[];
}

/** What a data connection moved. */
export type Moved = Omit<TransferResult, 'reply' | 'preliminary'>;
export type Mover = (connection: DataConnection) => Promise<Moved>;

/** A data port, and where it is: the server's in passive modes, our own in active modes. */
export interface AnnouncedData {
  readonly at: Endpoint;
  readonly port: ClientDataPort;
}

export const nothingMoved: Moved = { bytes: Buffer.alloc(0), size: 0, ended: false };

export function reading(sink?: (chunk: Buffer) => void): Mover {
  return async (connection) => {
    const kept: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (sink === undefined) kept.push(Buffer.from(chunk));
      else sink(chunk);
    };
    const ended = await unlessBroken(connection.receive(take));
    return { bytes: Buffer.concat(kept), size, ended };
  };
}

export function writing(chunks: Iterable<Buffer>): Mover {
  return async (connection) => {
    let size = 0;
    const count = (chunk: Buffer): void => {
      size += chunk.length;
    };
    const ended = await unlessBroken(connection.send(chunks, count));
    return { bytes: Buffer.alloc(0), size, ended };
  };
}

function unlessBroken(moving: Promise<void>): Promise<boolean> {
  return moving.then(
    () => true,
    (error: unknown) => {
      if (error instanceof BrokenConnection) return false;
      throw error;
    },
  );
}

/**
 * The final reply may come before the last byte, or instead of any: a refusal (4xx, 5xx) ends the wait for data. And the
 * data may never come: then the reply has `timeoutMs` left to say why.
 */
export async function moveAndConfirm(
  final: Promise<GatheredReply>,
  { at, port }: AnnouncedData,
  move: Mover,
  timeoutMs: number,
): Promise<Moved & { readonly reply: GatheredReply }> {
  final.then(
    (reply) => reply.code >= 400 && port.reset(),
    () => port.reset(),
  );
  const connection = await port.connection().catch((error: unknown) => toError(error));
  if (!(connection instanceof Error)) {
    const moved = await move(connection);
    // Servers may wait for our end, too, before they confirm.
    port.close();
    return { ...moved, reply: await within(final, timeoutMs) };
  }
  const reply = await within(final, timeoutMs).catch(() => null);
  if (reply !== null && reply.code >= 400) return { ...nothingMoved, reply };
  throw new ScriptedClientError(`data connection at ${formatEndpoint(at)}: ${connection.message}`);
}

function within(final: Promise<GatheredReply>, timeoutMs: number): Promise<GatheredReply> {
  return new Promise((resolve, reject) => {
    const late = new ScriptedClientError(`no final reply in ${timeoutMs} ms after the data connection ended`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    final.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
