// Too few file descriptors: said in one line, with what to do, before they run out.
import { expect, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';
import { warnOfDescriptors } from '../../../src/cli/proxy/relay.js';
import { startProgram } from '../program.js';

function said(maxSessions: number, limit: number | null): string[] {
  const lines: string[] = [];
  warnOfDescriptors(maxSessions, limit, new Notices((text) => lines.push(text.trimEnd()), false));
  return lines;
}

test('a limit below what --max-sessions may need is a warning', () => {
  expect(said(1000, 1024)).toEqual([
    'ftpscope: warning: 1024 file descriptors are enough for about 246 sessions with transfers, and --max-sessions is 1000: raise the limit (ulimit -n 4040; LimitNOFILE= of a systemd service) or lower --max-sessions',
  ]);
  expect([...said(200, 1024), ...said(1000, null)]).toEqual([]);
});

test.runIf(process.platform === 'linux')('a limit too low for the program itself is one clear line', async () => {
  const { status, stderr } = await startProgram(['demo', '--plain'], { limits: 'ulimit -n 36' }).ended;
  expect([status, stderr]).toEqual([
    1,
    'ftpscope: the limit of open files is too low to start (ulimit -n); allow 256 at least\n',
  ]);
});
