// A recording written out as packets, to a file of its owner's or to stdout. Bytes are written in big pieces, and waited for.
import { once } from 'node:events';
import { type FileHandle, stat } from 'node:fs/promises';
import { type ExportSummary, exportPackets, type Vantage } from '../../capture/export/export-packets.js';
import { openNew, openToReplace } from '../../files/private-file.js';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';
import type { RecordedFile } from '../../recordings/recorded-file.js';
import { RecordedFileError } from '../../recordings/recorded-file-error.js';
import { Failure, UsageError } from '../program/errors.js';
import type { Notices } from '../program/notices.js';
import { programVersion } from '../program/program-info.js';

const STDOUT = '-';
const PIECE_BYTES = 256 * 1024;

export interface ExportTarget {
  /** Resolves when more may come. Rejects with a Failure when it cannot be written. */
  write(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface TargetChoice {
  /** A file that exists is replaced. */
  readonly force: boolean;
  /** The files that are read meanwhile. */
  readonly mustNotBe: readonly string[];
}

/** Throws a UsageError when it is not to be written there. Devices and pipes are written to as they are. */
export async function openExportTarget(path: string, choice: TargetChoice): Promise<ExportTarget> {
  if (path === STDOUT && process.stdout.isTTY) {
    throw new UsageError('stdout is a terminal, and packets are no text: give --pcapng a file, or stdout a reader');
  }
  if (path === STDOUT) return new Pieces('stdout', writeToStdout, async () => {});
  const mode = await permittedMode(path, choice);
  let opened: FileHandle | null = null;
  const writeToFile = async (bytes: Buffer) => {
    opened ??= await (mode === 'wx' ? openNew(path) : openToReplace(path));
    for (let from = 0; from < bytes.length; ) from += (await opened.write(bytes, from)).bytesWritten;
  };
  return new Pieces(path, writeToFile, async () => opened?.close());
}

/** How the file is to be opened. It is made with the first bytes: what cannot be read leaves no empty file behind. */
async function permittedMode(path: string, { force, mustNotBe }: TargetChoice): Promise<'w' | 'wx'> {
  const [there, ...sources] = await Promise.all([path, ...mustNotBe].map((file) => stat(file).catch(() => null)));
  if (!there?.isFile()) return there ? 'w' : 'wx';
  if (sources.some((source) => there.ino === source?.ino && there.dev === source.dev)) {
    throw new UsageError(`${path} is the recording itself: choose another file`);
  }
  if (!force) throw new UsageError(`${path} exists: choose another file, or say --force to replace it`);
  return 'w';
}

async function writeToStdout(bytes: Buffer): Promise<void> {
  if (process.stdout.errored !== null) throw process.stdout.errored;
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

class Pieces implements ExportTarget {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;

  constructor(
    private readonly name: string,
    private readonly writeOut: (bytes: Buffer) => Promise<void>,
    private readonly release: () => Promise<void>,
  ) {}

  async write(bytes: Buffer): Promise<void> {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    if (this.waitingBytes >= PIECE_BYTES) await this.flush();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.release();
    }
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.waiting.splice(0));
    this.waitingBytes = 0;
    if (bytes.length === 0) return;
    try {
      await this.writeOut(bytes);
    } catch (error) {
      const gone = systemErrorCode(error) === 'EPIPE' ? 'the reader closed it' : systemReason(error);
      throw new Failure(`cannot write ${this.name}: ${gone}`);
    }
  }
}

/** Says once that a payload is missing. Closes the target. Rejects with a RecordedFileError, or with a Failure when it cannot be written. */
export async function writePackets(
  recorded: RecordedFile,
  { vantage, keyLog }: { readonly vantage: Vantage; readonly keyLog?: Buffer | undefined },
  target: ExportTarget,
  notices: Pick<Notices, 'warn'>,
): Promise<ExportSummary> {
  let isTold = false;
  const payload = (name: string) => {
    try {
      return recorded.payload(name);
    } catch (error) {
      if (!(error instanceof RecordedFileError)) throw error;
      if (!isTold) notices.warn(error.message);
      isTold = true;
      return null;
    }
  };
  try {
    const application = `ftpscope ${programVersion()}`;
    const options = { vantage, application, ...(keyLog === undefined ? {} : { keyLog }) };
    const bytes = exportPackets({ observations: recorded.observations(), payload }, options);
    for (;;) {
      const next = await bytes.next();
      if (next.done) return next.value;
      await target.write(next.value);
    }
  } finally {
    await target.close();
  }
}
