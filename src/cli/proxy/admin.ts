// `--admin-socket SOCKET`: the proxy as a service that is watched from elsewhere. Whoever attaches gets a transcript of what happened
// lately, then what happens; what they ask for comes back as lines of JSON.
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Observation } from '../../dialogue/observation.js';
import { AdminSocket } from '../../net/admin-socket.js';
import type { RunningProxy } from '../../net/proxy-options.js';
import { systemReason } from '../../protocol/system-errors.js';
import { observationLines, type TranscriptHeader } from '../../transcript/ndjson.js';
import { UsageError } from '../program/errors.js';
import { RecentLines } from './recent-lines.js';

/** What somebody who is attached may ask the proxy to do. */
export type AdminRequest =
  | { readonly kind: 'kill-session'; readonly session: number }
  | { readonly kind: 'kill-transfer'; readonly session: number; readonly link: number };

export interface Admin {
  observe(observation: Observation): void;
  /** From now on requests go there. */
  serves(proxy: Pick<RunningProxy, 'endSession' | 'endTransfer'>): void;
  close(): Promise<void>;
}

/** Throws a UsageError when the socket cannot be opened there. */
export async function openAdmin(path: string, header: TranscriptHeader): Promise<Admin> {
  const recent = new RecentLines();
  let proxy: Pick<RunningProxy, 'endSession' | 'endTransfer'> | null = null;
  const headerLine = linesOf((lines) => lines.header(header));
  const socket = await openSocket(path, {
    *welcome() {
      yield headerLine;
      yield* recent.all();
    },
    line: (text) => proxy !== null && obey(parseRequest(text), proxy),
  });
  return {
    observe: (observation) => {
      const text = linesOf((lines) => lines.observation(observation));
      recent.add(observation, text);
      socket.send(text);
    },
    serves: (running) => {
      proxy = running;
    },
    close: () => socket.close(),
  };
}

/** What `sun_path` holds on macOS; Linux has a few more. */
const MAX_SOCKET_PATH_BYTES = 103;

async function openSocket(...parameters: Parameters<typeof AdminSocket.open>): Promise<AdminSocket> {
  const [path] = parameters;
  try {
    // Node cuts it off there, and opens another one.
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) throw new Error('the path is too long for a socket');
    return await AdminSocket.open(...parameters);
  } catch (error) {
    throw new UsageError(`cannot open the admin socket ${path}: ${whyNotOpened(path, error)}; choose another path`);
  }
}

/** The system has the same word for several mistakes, and says "permission denied" of a folder that is not there. */
function whyNotOpened(path: string, error: unknown): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isSocket()) return 'another proxy listens there';
  if (found !== undefined) return `a ${found.isDirectory() ? 'folder' : 'file'} is there already`;
  const folder = dirname(path);
  return existsSync(folder) ? systemReason(error) : `there is no folder ${folder}`;
}

function linesOf(write: (lines: ReturnType<typeof observationLines>) => void): string {
  const written: string[] = [];
  write(observationLines({ write: (line) => void written.push(line) }));
  return written.join('');
}

function obey(request: AdminRequest | null, proxy: Pick<RunningProxy, 'endSession' | 'endTransfer'>): void {
  if (request?.kind === 'kill-session') proxy.endSession(request.session);
  if (request?.kind === 'kill-transfer') proxy.endTransfer(request.session, request.link);
}

/** Null for whatever is no request: there is nobody to answer to. */
function parseRequest(text: string): AdminRequest | null {
  const { kind, session, link } = parsedObject(text);
  if (typeof session !== 'number') return null;
  if (kind === 'kill-session') return { kind, session };
  return kind === 'kill-transfer' && typeof link === 'number' ? { kind, session, link } : null;
}

function parsedObject(text: string): { readonly kind?: unknown; readonly session?: unknown; readonly link?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
