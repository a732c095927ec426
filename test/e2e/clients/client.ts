// What a real FTP client is to the tests. To add one, copy the file beside this one that comes nearest, say which modes and
// steps the client can do and how it is told to, and name it in index.ts. The step names and their files: ../scenario.ts.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../child-process.js';
import { latin1 } from '../disk.js';
import type { Peer } from '../peers.js';
import { everyStepBut, type StepName } from '../scenario.js';
import type { Family, ServerTls, TlsVersion } from '../servers/server.js';

/** The verb that opens the data connections. */
export type Mode = 'PASV' | 'EPSV' | 'PORT' | 'EPRT';

/** How a client is to encrypt. */
export interface ClientTls {
  readonly how: ServerTls['how'];
  /** This version and no other. */
  readonly version: TlsVersion;
  /** PROT P or PROT C: data encrypted or in the clear. */
  readonly protection: 'P' | 'C';
}

/** One run of a client: where to, in which mode, and which steps. */
export interface Job {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly family: Family;
  readonly mode: Mode;
  /** The scenario's folder on the server, below the login folder. */
  readonly folder: string;
  /** The scenario's folder at the client: its current folder. */
  readonly here: string;
  /** A folder for the client's own files: scripts, settings. */
  readonly home: string;
  readonly steps: readonly StepName[];
  /** Absent: everything in the clear. */
  readonly tls?: JobTls;
}

export interface JobTls extends ClientTls {
  /** File with the one authority that the client trusts. */
  readonly authority: string;
}

/** What a client can do with TLS. */
interface TlsAbilities {
  readonly how: readonly ClientTls['how'][];
  readonly protections: readonly ClientTls['protection'][];
  /** Where TLS leaves it fewer than all of its modes. */
  readonly modes?: readonly Mode[];
  /** Steps that it can do without TLS only. */
  readonly cannot?: readonly StepName[];
  /** With which versions its data connections resume the control connection's session, each of them. */
  readonly resumes: readonly TlsVersion[];
}

export interface Client {
  readonly name: string;
  readonly needs: readonly Peer[];
  /** The modes that it can be told to use. */
  readonly modes: Readonly<Record<Family, readonly Mode[]>>;
  /** The steps that it can do. */
  readonly steps: readonly StepName[];
  /** Absent: it cannot encrypt. */
  readonly tls?: TlsAbilities;
  /** Does the job's steps and ends; what the client said. */
  run(job: Job): Promise<string>;
}

/** The lines of a client's own language that do a step. */
export type StepLines = Readonly<Partial<Record<StepName, readonly string[]>>>;

export const RUN_TIMEOUT_MS = 20_000;

/** In the scenario's order. */
export const stepsOf = (lines: StepLines): readonly StepName[] => everyStepBut().filter((name) => name in lines);

export const linesFor = (lines: StepLines, job: Job): string[] => job.steps.flatMap((step) => lines[step] ?? []);

/** `ftps` for TLS from the first byte. */
export const urlScheme = (job: Job) => (job.tls?.how === 'implicit' ? 'ftps' : 'ftp');

/** `[::1]` where an address stands in a URL. */
export const urlHost = (job: Job) => (job.family === 6 ? `[${job.host}]` : job.host);

/** The path of a name as a URL has it: any byte, percent-encoded. */
export const urlPath = (name: string) =>
  [...latin1(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Writes a script for the client into its home; text is one character per byte. */
export async function writeScript(job: Job, name: string, lines: readonly string[]): Promise<string> {
  const path = join(job.home, name);
  await writeFile(path, latin1(`${lines.join('\n')}\n`));
  return path;
}

/** Runs a program of the client in its folder. */
export function runProgram(job: Job, program: string, args: readonly string[], input = ''): Promise<string> {
  const options = { cwd: job.here, env: { HOME: job.home }, timeoutMs: RUN_TIMEOUT_MS };
  return runChild(program, args, { ...options, input: latin1(input) });
}
