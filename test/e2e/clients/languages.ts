// FTP libraries of other languages: a script beside this file reads the job as JSON and does its steps.
import { fileURLToPath } from 'node:url';
import { everyStepBut, NAMES } from '../scenario.js';
import { BOTH_VERSIONS } from '../servers/server.js';
import { type Client, type Job, runProgram } from './client.js';

const scriptPath = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const asJson = ({ host, port, user, password, mode, folder, steps, tls }: Job) =>
  JSON.stringify({ host, port, user, password, mode, folder, steps, tls, names: NAMES }).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const ftplib: Client = {
  name: 'ftplib',
  needs: [{ file: '/usr/bin/python3', from: 'python3' }],
  modes: { 4: ['PASV', 'EPSV', 'PORT', 'EPRT'], 6: ['EPSV', 'EPRT'] },
  steps: everyStepBut(),
  tls: { how: ['explicit', 'implicit'], protections: ['P', 'C'], resumes: BOTH_VERSIONS },
  run: (job) => runProgram(job, '/usr/bin/python3', [scriptPath('ftplib-steps.py')], asJson(job)),
};

export const netFtp: Client = {
  name: 'Net::FTP',
  needs: [{ file: 'perl', from: 'perl' }],
  modes: { 4: ['PASV', 'EPSV', 'PORT', 'EPRT'], 6: ['EPSV', 'EPRT'] },
  steps: everyStepBut('downloadMedium', 'uploadMedium'),
  run: (job) => runProgram(job, 'perl', [scriptPath('net-ftp-steps.pl')], asJson(job)),
};
