// wget: downloads only, one connection each. Over IPv4 it says PASV and PORT, over IPv6 EPSV and EPRT.
import { NAMES } from '../scenario.js';
import {
  type Client,
  type Job,
  linesFor,
  runProgram,
  type StepLines,
  stepsOf,
  urlHost,
  urlPath,
  writeScript,
} from './client.js';

const lines: StepLines = {
  list: ['listing'],
  download: [urlPath('down.bin')],
  downloadEmpty: [urlPath('empty-down.bin')],
  downloadUtf8: [urlPath(NAMES.utf8Down)],
  downloadLatin1: [urlPath(NAMES.latin1Down)],
  resumeDownload: [urlPath('resumed-down.bin')],
  downloadBig: [urlPath('big-down.bin')],
};

async function run(job: Job): Promise<string> {
  const folder = `ftp://${urlHost(job)}:${job.port}/${job.folder}/`;
  const options = ['--no-config', '--no-verbose', '--debug', '--tries=1', '--timeout=10', '--no-proxy'];
  options.push(`--ftp-user=${job.user}`, `--ftp-password=${job.password}`);
  if (job.mode === 'PORT' || job.mode === 'EPRT') options.push('--no-passive-ftp');
  const files = linesFor(lines, job).filter((line) => line !== 'listing');
  const urls = await writeScript(
    job,
    'urls',
    files.map((path) => folder + path),
  );
  const names = ['--no-iri', '--restrict-file-names=nocontrol'];
  const listing = await runProgram(job, 'wget', [...options, '--output-document=listing.txt', folder]);
  return listing + (await runProgram(job, 'wget', [...options, ...names, '--continue', `--input-file=${urls}`]));
}

export const wget: Client = {
  name: 'wget',
  needs: [{ file: 'wget', from: 'wget' }],
  modes: { 4: ['PASV', 'PORT'], 6: ['EPSV', 'EPRT'] },
  steps: stepsOf(lines),
  run,
};
