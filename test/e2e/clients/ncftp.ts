// NcFTP's three programs for scripts, in one shell script: ncftpls (which also says raw commands), ncftpget and ncftpput.
// They know neither EPSV nor EPRT nor IPv6. `-z` resumes;
// `-s` is for its resumed uploads, which with sendfile(2) begin at the start of the file again.
import { everyStepBut, wholeFiles } from '../scenario.js';
import { type Client, type Job, linesFor, runProgram, type StepLines, writeScript } from './client.js';

// A long listing, because a short one says `NLST -1`, and some servers look for a file called -1.
const lines: StepLines = {
  list: ['list > listing.txt'],
  ...wholeFiles(
    (name) => [`get '${name}'`],
    (name) => [`put '${name}'`],
  ),
  rename: ['list -Y "RNFR /$folder/old.bin" -Y "RNTO /$folder/new.bin" > /dev/null'],
  delete: ['list -Y "DELE /$folder/doomed.bin" > /dev/null'],
  mkdir: ['list -Y "MKD /$folder/made" > /dev/null'],
  resumeDownload: ['get resumed-down.bin'],
  resumeUpload: ['put resumed-up.bin'],
};

const opening = (job: Job) => [
  `folder=${job.folder}`,
  `options="-u ${job.user} -p ${job.password} -P ${job.port} -t 10 -d $HOME/log ${job.mode === 'PORT' ? '-E' : '-F'}"`,
  `list() { ncftpls $options -l "$@" ftp://${job.host}/$folder/; }`,
  `get() { ncftpget $options -V -z ${job.host} . "/$folder/$1"; }`,
  `put() { ncftpput $options -V -s -z ${job.host} "/$folder" "$1"; }`,
];

export const ncftp: Client = {
  name: 'ncftp',
  needs: ['ncftpls', 'ncftpget', 'ncftpput'].map((file) => ({ file, from: 'ncftp' })),
  modes: { 4: ['PASV', 'PORT'], 6: [] },
  steps: everyStepBut('abort'),
  run: async (job) =>
    runProgram(job, 'sh', [
      await writeScript(job, 'script.sh', [...opening(job), ...linesFor(lines, job), 'cat $HOME/log']),
    ]),
};
