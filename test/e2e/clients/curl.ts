// curl: one configuration file with a block for each transfer, over one connection. It resumes uploads with APPE, and cannot
// abort and go on: it drops the connection. With TLS, version 7.88 waits forever for the handshake on an accepted connection.
// In TLS 1.3 it offers each ticket once, and Node's servers give no new one with a resumed session (OpenSSL's own do), so
// through the proxy every other of its data connections begins a new session.
import { everyStepBut, wholeFiles } from '../scenario.js';
import type { Client, Job, JobTls, Mode, StepLines } from './client.js';
import { linesFor, runProgram, urlHost, urlPath, urlScheme, writeScript } from './client.js';

const MODE_OPTIONS: Readonly<Record<Mode, readonly string[]>> = {
  PASV: ['disable-epsv'],
  EPSV: [],
  PORT: ['ftp-port = "-"', 'disable-eprt'],
  EPRT: ['ftp-port = "-"'],
};

const tlsOptions = ({ version, protection, authority }: JobTls) => [
  protection === 'P' ? 'ssl-reqd' : 'ftp-ssl-control',
  `cacert = "${authority}"`,
  version === 'TLSv1.3' ? 'tlsv1.3' : 'tls-max = 1.2',
];

const blockMaker =
  (job: Job) =>
  (path: string, ...lines: string[]) => [
    'next',
    ...['silent', 'show-error', 'verbose', 'max-time = 15'],
    ...MODE_OPTIONS[job.mode],
    `user = "${job.user}:${job.password}"`,
    ...(job.tls === undefined ? [] : tlsOptions(job.tls)),
    `url = "${urlScheme(job)}://${urlHost(job)}:${job.port}/${job.folder}/${urlPath(path)}"`,
    ...lines,
  ];

function linesOf(job: Job): StepLines {
  const block = blockMaker(job);
  const get = (name: string, ...lines: string[]) => block(name, `output = "${name}"`, ...lines);
  const put = (name: string, ...lines: string[]) => block(name, `upload-file = "${name}"`, ...lines);
  // Commands of one's own have to go with a transfer; the folder's head is the least that curl can be asked for.
  const say = (...words: readonly (readonly [verb: string, name: string])[]) =>
    block('', 'head', ...words.map(([verb, name]) => `quote = "${verb} /${job.folder}/${name}"`));
  return {
    list: block('', 'list-only', 'output = "listing.txt"'),
    ...wholeFiles(get, put),
    rename: say(['RNFR', 'old.bin'], ['RNTO', 'new.bin']),
    delete: say(['DELE', 'doomed.bin']),
    mkdir: say(['MKD', 'made']),
    resumeDownload: get('resumed-down.bin', 'continue-at = "-"'),
    resumeUpload: put('resumed-up.bin', 'continue-at = "-"'),
  };
}

export const curl: Client = {
  name: 'curl',
  needs: [{ file: 'curl', from: 'curl' }],
  modes: { 4: ['PASV', 'EPSV', 'PORT', 'EPRT'], 6: ['EPSV', 'EPRT'] },
  steps: everyStepBut('abort'),
  tls: { how: ['explicit', 'implicit'], protections: ['P', 'C'], modes: ['PASV', 'EPSV'], resumes: ['TLSv1.2'] },
  run: async (job) => {
    const [, ...config] = linesFor(linesOf(job), job);
    return runProgram(job, 'curl', ['--disable', '--config', await writeScript(job, 'curl.conf', config)]);
  },
};
