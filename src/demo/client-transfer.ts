// What the scripted client's transfers are asked for and give back, and how data and final reply are waited for together.
// Part of the demo's strangers: imports nothing from the proxy nor from the sample server; sends no commands.
import { ScriptedClientError } from './client-control.js';
import { type ClientData, type DataMode, readData, writeData } from './client-data.js';
import type { ClientReply } from './reply-reader.js';

export interface TransferOptions {
  readonly mode: DataMode;
  /** Sent as REST right before the transfer command. */
  readonly rest?: number;
}

export interface DownloadOptions extends TransferOptions {
  /** Takes the bytes as they come, so that a big file need not be held; `bytes` of the result is then empty. */
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
  readonly reply: ClientReply;
  /** The 1xx before it; `null` when the transfer was refused. */
  readonly preliminary: ClientReply | null;
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
export type Mover = (data: ClientData) => Promise<Moved>;

export const nothingMoved: Moved = { bytes: Buffer.alloc(0), size: 0, ended: false };

export function reading(timeoutMs: number, sink?: (chunk: Buffer) => void): Mover {
  return async (data) => {
    const kept: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (sink === undefined) kept.push(chunk);
      else sink(chunk);
    };
    const ended = await readData(await data.connection(), take, timeoutMs);
    return { bytes: Buffer.concat(kept), size, ended };
  };
}

export function writing(timeoutMs: number, chunks: Iterable<Buffer>): Mover {
  return async (data) => {
    let size = 0;
    const count = (chunk: Buffer): void => {
      size += chunk.length;
    };
    const ended = await writeData(await data.connection(), chunks, count, timeoutMs);
    return { bytes: Buffer.alloc(0), size, ended };
  };
}

/**
 * The final reply may come before the last byte, or instead of any: a refusal (4xx, 5xx) ends the wait for data. And the
 * data may never come: then the reply has `timeoutMs` left to say why.
 */
export async function moveAndConfirm(
  final: Promise<ClientReply>,
  data: ClientData,
  move: Mover,
  timeoutMs: number,
): Promise<Moved & { readonly reply: ClientReply }> {
  final.then(
    (reply) => reply.code >= 400 && data.close(),
    () => data.close(),
  );
  const outcome: Moved | Error = await move(data).catch((error: unknown) => toError(error));
  if (!(outcome instanceof Error)) return { ...outcome, reply: await within(final, timeoutMs) };
  const reply = await within(final, timeoutMs).catch(() => null);
  if (reply === null || reply.code < 400) throw outcome;
  return { ...nothingMoved, reply };
}

function within(final: Promise<ClientReply>, timeoutMs: number): Promise<ClientReply> {
  return new Promise((resolve, reject) => {
    const late = new ScriptedClientError(`no final reply in ${timeoutMs} ms after the data connection ended`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    final.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
