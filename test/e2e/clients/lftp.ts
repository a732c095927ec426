// lftp: one script. It pipelines, and aborts with ABOR when the reader of `cat` goes away. For IPv4 it knows no EPRT; in its
// EPRT for IPv6 it names `::` instead of its own address, which some servers refuse.
import { type StepName, wholeFiles } from '../scenario.js';
import { BOTH_VERSIONS } from '../servers/server.js';
import {
  type Client,
  type Job,
  type JobTls,
  linesFor,
  runProgram,
  type StepLines,
  stepsOf,
  urlHost,
  urlScheme,
  writeScript,
} from './client.js';

const lines: StepLines = {
  list: ['cls -1 > listing.txt'],
  ...wholeFiles(
    (name) => [`get "${name}"`],
    (name) => [`put "${name}"`],
  ),
  rename: ['mv old.bin new.bin'],
  delete: ['rm doomed.bin'],
  mkdir: ['mkdir made'],
  resumeDownload: ['get -c resumed-down.bin'],
  resumeUpload: ['put -c resumed-up.bin'],
  abort: ['cat endless.bin | head -c 100000 > aborted.bin', 'mkdir after-abort'],
};

// GnuTLS's words for one version only.
const encrypt = ({ version, protection, authority }: JobTls) => [
  `set ftp:ssl-allow yes; set ftp:ssl-force yes; set ssl:ca-file "${authority}"`,
  `set ftp:ssl-protect-data ${protection === 'P' ? 'yes' : 'no'}; set ftp:ssl-protect-list ${protection === 'P' ? 'yes' : 'no'}`,
  `set ssl:priority "NORMAL:-VERS-ALL:+VERS-${version.replace('v', '')}"`,
];

const opening = (job: Job) => [
  'debug 5',
  'set cmd:fail-exit no; set cmd:move-background no; set xfer:clobber yes',
  'set net:max-retries 1; set net:timeout 5; set net:reconnect-interval-base 1',
  ...(job.tls === undefined ? ['set ftp:ssl-allow no'] : encrypt(job.tls)),
  'set ftp:auto-passive-mode no',
  `set ftp:passive-mode ${job.mode === 'PASV' || job.mode === 'EPSV' ? 'yes' : 'no'}`,
  `set ftp:prefer-epsv ${job.mode === 'EPSV' ? 'yes' : 'no'}`,
  `open -u ${job.user},${job.password} -p ${job.port} ${urlScheme(job)}://${urlHost(job)}`,
  `cd ${job.folder}`,
];

// It agrees on UTF-8 with a server that can; names that are not UTF-8 need a run of their own, which does not ask the server
// what it can where EPSV can do without.
const asBytes = (job: Job) => [
  `set ftp:use-feat ${job.family === 4 && job.mode === 'EPSV' ? 'yes' : 'no'}`,
  'set ftp:use-utf8 no; set ftp:charset ISO-8859-1; set file:charset ISO-8859-1',
];
const isAsBytes = (step: StepName) => step === 'downloadLatin1' || step === 'uploadLatin1';

async function run(job: Job): Promise<string> {
  const runSteps = async (steps: readonly StepName[], settings: readonly string[] = []) => {
    if (steps.length === 0) return '';
    const script = [...settings, ...opening(job), ...linesFor(lines, { ...job, steps })];
    return runProgram(job, 'lftp', ['-f', await writeScript(job, 'script', script)]);
  };
  const said = await runSteps(job.steps.filter(isAsBytes), asBytes(job));
  return said + (await runSteps(job.steps.filter((step) => !isAsBytes(step))));
}

export const lftp: Client = {
  name: 'lftp',
  needs: [{ file: 'lftp', from: 'lftp' }],
  modes: { 4: ['PASV', 'EPSV', 'PORT'], 6: ['EPSV', 'EPRT'] },
  steps: stepsOf(lines),
  tls: { how: ['explicit', 'implicit'], protections: ['P', 'C'], resumes: BOTH_VERSIONS },
  run,
};
