// A small real FTP server with its files in memory (RFC 959, 2389, 2428, 3659): the demo's server, and a test peer on
// machines that have no other. It plays a stranger to the proxy, so it imports nothing from the rest of src.
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { SampleUser, Service } from './conversation.js';
import { type FileSet, FileTree } from './file-tree.js';
import { sampleFiles } from './sample-files.js';
import type { Endpoint } from './server-data.js';
import { ServerSession } from './server-session.js';

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
  // allowHalfOpen: a client may send its commands, close its sending side and still read the replies.
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const session = new ServerSession(socket, service);
    sessions.add(session);
    void session.closed.then(() => sessions.delete(session));
  });
  const address = await listen(listener, options.host ?? '127.0.0.1', options.port ?? 0);
  return {
    address,
    files: service.files,
    get sessionCount() {
      return sessions.size;
    },
    async close() {
      const listenerClosed = new Promise<void>((resolve) => listener.close(() => resolve()));
      await Promise.all([...sessions].map((session) => session.shutDown('Server is shutting down.')));
      await listenerClosed;
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

function listen(listener: Server, host: string, port: number): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, () => {
      listener.removeListener('error', reject);
      const address: AddressInfo | string | null = listener.address();
      if (address === null || typeof address === 'string') reject(new Error(`no TCP address: ${address}`));
      else resolve({ host: address.address, port: address.port });
    });
  });
}
