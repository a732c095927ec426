// A small real FTP server with its files in memory (RFC 959, 2389, 2428, 3659): the demo's server, and a test peer on
// machines that have no other.
import { serveControl } from '../ends/control-server.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { type FileSet, FileTree } from './file-tree.js';
import { sampleFiles } from './sample-files.js';
import { ServerSession } from './server-session.js';
import type { SampleUser, Service } from './verb-context.js';

const MAX_CLIENTS = 1000;

export interface SampleServerOptions {
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Absolute latin-1 paths; default: the ready-made sample files. */
  readonly files?: FileSet;
  /** Default: `demo` with password `sesame`, and `anonymous` with any. */
  readonly users?: Readonly<Record<string, SampleUser>>;
  /** The greeting behind 220: one line, or several. */
  readonly banner?: string | readonly string[];
  /** The address 227 names instead of the real one. */
  readonly passiveHost?: string;
  /** Takes PORT and EPRT to hosts other than the client's. */
  readonly allowForeignPort?: boolean;
  /** How long a transfer waits for its data connection before 425. */
  readonly dataTimeoutMs?: number;
  /** How long a data connection may stand still before 426. */
  readonly stallTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxLineBytes?: number;
  /** A longer upload keeps its size and sha256 only. */
  readonly maxKeptUploadBytes?: number;
  /** Verbs answered during a transfer; default ABOR and STAT. */
  readonly atOnceVerbs?: readonly string[];
  readonly nowMs?: () => number;
}

export interface SampleServer {
  readonly address: Endpoint;
  readonly files: FileTree;
  /** Control connections open now. */
  readonly sessionCount: number;
  /** 421 to everyone; resolves when every socket and listener is gone. */
  close(): Promise<void>;
}

const defaultUsers: Readonly<Record<string, SampleUser>> = {
  demo: { password: 'sesame' },
  anonymous: { password: null },
};

export async function startSampleServer(options: SampleServerOptions = {}): Promise<SampleServer> {
  const service = serviceFrom(options);
  const sessions = new Set<ServerSession>();
  const place = { address: options.host ?? '127.0.0.1', port: options.port ?? 0 };
  const { idleTimeoutMs, maxLineBytes } = service;
  const control = await serveControl(place, { maxClients: MAX_CLIENTS, idleTimeoutMs, maxLineBytes }, (connection) => {
    const session = new ServerSession(connection, service, () => sessions.delete(session));
    sessions.add(session);
    return session;
  });
  return {
    address: control.address,
    files: service.files,
    get sessionCount() {
      return control.clientCount;
    },
    async close() {
      for (const session of sessions) session.shutDown('Server is shutting down.');
      await control.close();
    },
  };
}

function serviceFrom(options: SampleServerOptions): Service {
  const nowMs = options.nowMs ?? Date.now;
  const banner = options.banner ?? 'Sample FTP server ready.';
  return {
    files: new FileTree(options.files ?? sampleFiles, nowMs),
    users: new Map(Object.entries(options.users ?? defaultUsers)),
    banner: typeof banner === 'string' ? [banner] : banner,
    passiveHost: options.passiveHost ?? null,
    allowForeignPort: options.allowForeignPort ?? false,
    dataTimeoutMs: options.dataTimeoutMs ?? 5_000,
    stallTimeoutMs: options.stallTimeoutMs ?? 5 * 60_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 5 * 60_000,
    maxLineBytes: options.maxLineBytes ?? 4_096,
    maxKeptUploadBytes: options.maxKeptUploadBytes ?? 64 * 1024 * 1024,
    atOnceVerbs: new Set(options.atOnceVerbs ?? ['ABOR', 'STAT']),
    nowMs,
  };
}
