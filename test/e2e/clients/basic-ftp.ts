// basic-ftp, the npm package, in this very process. It knows passive modes only, and cannot abort and go on.
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AccessOptions, Client as BasicFtp, enterPassiveModeIPv4, enterPassiveModeIPv6 } from 'basic-ftp';
import { latin1, pathOf } from '../disk.js';
import { everyStepBut, type StepName, wholeFiles } from '../scenario.js';
import { BOTH_VERSIONS } from '../servers/server.js';
import { type Client, type Job, type JobTls, RUN_TIMEOUT_MS } from './client.js';

type Action = (ftp: BasicFtp, here: string) => Promise<unknown>;

const get =
  (name: string): Action =>
  (ftp, here) =>
    ftp.downloadTo(createWriteStream(pathOf(here, name)), name);

const put =
  (name: string): Action =>
  (ftp, here) =>
    ftp.uploadFrom(createReadStream(pathOf(here, name)), name);

const ACTIONS: Readonly<Partial<Record<StepName, Action>>> = {
  list: async (ftp, here) => {
    const names = (await ftp.list()).map((entry) => entry.name);
    await writeFile(join(here, 'listing.txt'), latin1(names.join('\n')));
  },
  ...wholeFiles(get, put),
  rename: (ftp) => ftp.rename('old.bin', 'new.bin'),
  delete: (ftp) => ftp.remove('doomed.bin'),
  mkdir: (ftp) => ftp.send('MKD made'),
  resumeDownload: async (ftp, here) => {
    const path = join(here, 'resumed-down.bin');
    await ftp.downloadTo(path, 'resumed-down.bin', (await stat(path)).size);
  },
  resumeUpload: async (ftp, here) => {
    const start = await ftp.size('resumed-up.bin');
    await ftp.appendFrom(createReadStream(join(here, 'resumed-up.bin'), { start }), 'resumed-up.bin');
  },
};

async function encrypt({ how, version, authority }: JobTls): Promise<Pick<AccessOptions, 'secure' | 'secureOptions'>> {
  const ca = await readFile(authority, 'utf8');
  return {
    secure: how === 'implicit' ? 'implicit' : true,
    secureOptions: { ca, minVersion: version, maxVersion: version },
  };
}

async function run(job: Job): Promise<string> {
  const said: string[] = [];
  const ftp = new BasicFtp(RUN_TIMEOUT_MS / 2);
  ftp.ftp.verbose = true;
  ftp.ftp.log = (line) => said.push(line);
  ftp.ftp.encoding = 'latin1';
  ftp.prepareTransfer = job.mode === 'PASV' ? enterPassiveModeIPv4 : enterPassiveModeIPv6;
  try {
    const { host, port, user, password } = job;
    await ftp.access({ host, port, user, password, ...(job.tls === undefined ? {} : await encrypt(job.tls)) });
    await ftp.cd(job.folder);
    for (const step of job.steps) await ACTIONS[step]?.(ftp, job.here).catch((error) => said.push(`${step}: ${error}`));
    await ftp.send('QUIT').catch(() => undefined);
  } catch (error) {
    said.push(String(error));
  } finally {
    ftp.close();
  }
  return said.join('\n');
}

export const basicFtp: Client = {
  name: 'basic-ftp',
  needs: [],
  modes: { 4: ['PASV', 'EPSV'], 6: ['EPSV'] },
  steps: everyStepBut('abort'),
  // Node ends an empty upload before its handshake is over, without close_notify.
  tls: { how: ['explicit', 'implicit'], protections: ['P'], cannot: ['uploadEmpty'], resumes: BOTH_VERSIONS },
  run,
};
