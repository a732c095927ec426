// The dashboard of a live proxy in a real terminal: vsftpd behind it, lftp at work, and sessions of earlier had back from the transcript.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { runChild, startChild, stopChild } from './child-process.js';
import { CURL, FTPSCOPE, givenBack, terminal } from './dashboard-window.js';
import { freePort, startServer } from './servers/server.js';
import { vsftpd } from './servers/vsftpd.js';

const LFTP = { file: 'lftp', from: 'lftp' } as const;
const EARLIER_RUN = fileURLToPath(new URL('../../fixtures/demo-session.ndjson', import.meta.url));
const SIZE = { columns: 160, rows: 36 } as const;
const HOST = '127.0.0.1';
const LIFETIME_MS = 60_000;
const BIG = Buffer.alloc(8 * 1024 ** 2);

/** vsftpd, and a shell in which a proxy to it shows its dashboard. */
async function stage(context: TestContext, peer: typeof LFTP | typeof CURL) {
  const { window, folder } = await terminal(context, SIZE, [...vsftpd.needs, peer]);
  const server = await startServer(vsftpd, 4);
  onTestFinished(() => server.stop());
  await writeFile(join(server.place.root, 'pub', 'big.bin'), BIG);
  const port = await freePort(HOST);
  const startProxy = async (options = '') => {
    const upstream = `ftp://${server.place.host}:${server.place.port}`;
    await window.runs(`${FTPSCOPE} proxy ${upstream} --listen ${HOST}:${port} ${options}; echo STATUS $?`);
    await window.shows('point a client at the proxy');
  };
  return { window, folder, port, startProxy };
}

test('an lftp that downloads, from its login to the end of the proxy', async (context) => {
  const { window, folder, port, startProxy } = await stage(context, LFTP);
  await startProxy();
  const script = 'set ftp:ssl-allow no; set net:limit-rate 100000; get pub/big.bin; bye';
  const lftp = startChild('lftp', ['-u', 'anonymous,scope@example.com', '-p', `${port}`, '-e', script, HOST], {
    cwd: folder,
    timeoutMs: LIFETIME_MS,
  });
  onTestFinished(() => stopChild(lftp.process));
  // In the list, in its place in the conversation with a progress bar, and among the links.
  await window.shows(/^ ⇄ +1 127\.0\.0\.1:\d+ .* anonymous +transferring/m);
  await window.shows(/⇄ RETR \S*big\.bin {2}[█░]{20} \d+% {2}\d+(\.\d)? [KM]iB .*transferring/);
  const screen = await window.shows(/Data links {2}1 open/);
  // What it said once, where it listens, is not gone with the next key.
  await window.press('H', 'H');
  await window.shows(new RegExp(`^ proxy ${HOST}:${port} -> ${HOST}:\\d+ `, 'm'));
  expect(screen).toMatch(/┃ #1 +RETR \S*big\.bin/);
  await window.press('Tab', 'Tab');
  await window.shows(/RETR .*from the server to the client/);
  await window.resize(80, 24);
  await window.shows(/^ Data links {2}1 open/m);
  await window.press('X');
  await window.shows('End the transfer of session 1? (y/n)');
  await window.press('n', 'Q');
  await window.shows('Leave, and end 1 live session? (y/n)');
  await window.press('y');
  await window.shows('STATUS 0');
  await givenBack(window);
});

test('sessions that are no longer kept come back from the transcript, those of other runs do not', async (context) => {
  const { window, folder, port, startProxy } = await stage(context, CURL);
  await copyFile(EARLIER_RUN, join(folder, 'all.ndjson'));
  await startProxy('-w all.ndjson --keep-sessions 3');
  for (let session = 1; session <= 5; session += 1) {
    await runChild('curl', ['-s', `ftp://${HOST}:${port}/pub/`], { cwd: folder, timeoutMs: LIFETIME_MS });
  }
  await window.shows(/^ Sessions {2}3\/3 {2}following {2}2 older ones are not kept, \[ reads back/);
  await window.press('[');
  const back = await window.shows(/^ Sessions {2}2\/2 {2}following {2}read back/);
  expect(back).toMatch(/^ +1 127\.0\.0\.1:\d+ .* anonymous +closed/m);
  expect(back).not.toContain('demo');
  await window.press(']');
  await window.shows(/^ Sessions {2}3\/3/);
  await window.press('Q');
  await window.shows('STATUS 0');
  await givenBack(window);
});
