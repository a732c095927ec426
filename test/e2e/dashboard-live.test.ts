// The dashboard of a live proxy in a real terminal: vsftpd behind it, lftp at work, and sessions of earlier had back from the transcript.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { layOut } from './disk.js';
import { startChild, stopChild } from './child-process.js';
import { CURL, FTPSCOPE, givenBack, terminal } from './dashboard-window.js';
import { startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';
import type { TerminalWindow } from './tmux.js';

const LFTP = { file: 'lftp', from: 'lftp' } as const;
const SIZE = { columns: 130, rows: 36 } as const;
const LIFETIME_MS = 60_000;
const MIB = 1024 ** 2;

async function startVsftpd() {
  const server = await startServer(vsftpd, 4);
  onTestFinished(() => server.stop());
  await layOut(join(server.place.root, 'pub'), { 'big.bin': { sparse: 64 * MIB }, 'small.txt': Buffer.from('hello') });
  return `ftp://${server.place.host}:${server.place.port}`;
}

/** Starts the proxy on a free port; where clients reach it. */
async function startProxyIn(window: TerminalWindow, port: number, options: string): Promise<string> {
  await window.runs(`${FTPSCOPE} proxy ${options} --listen 127.0.0.1:${port}; echo STATUS $?`);
  await window.shows('waiting for a client to connect');
  return `ftp://127.0.0.1:${port}`;
}
