// The socket through which a running proxy is watched: who comes late, who reads slowly, and what is left behind.
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AdminSocket, type AdminSocketEvents, type Attachment, attachTo } from '../../src/net/admin-socket.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

async function opened(events: Partial<AdminSocketEvents> = {}, path = join(temporaryFolder(), 'control')) {
  const socket = await AdminSocket.open(path, { welcome: () => [], line: () => {}, ...events });
  onTestFinished(() => socket.close());
  return { socket, path };
}

async function watching(
  path: string,
): Promise<{ attachment: Attachment; read: (characters: number) => Promise<string> }> {
  const attachment = await attachTo(path);
  onTestFinished(() => attachment.close());
  const chunks = attachment.bytes[Symbol.asyncIterator]();
  let text = '';
  const read = async (characters: number) => {
    while (text.length < characters) {
      const { value, done } = await chunks.next();
      if (done) break;
      text += value.toString();
    }
    return text;
  };
  return { attachment, read };
}

test('whoever comes is welcomed, then told what happens, any number at once', async () => {
  const { socket, path } = await opened({ welcome: () => ['before\n'] });
  const [one, two] = [await watching(path), await watching(path)];
  expect([await one.read(7), await two.read(7)]).toEqual(['before\n', 'before\n']);
  socket.send('now\n');
  expect([await one.read(11), await two.read(11)]).toEqual(['before\nnow\n', 'before\nnow\n']);
});

test('lines come back whole, however they are cut', async () => {
  const lines: string[] = [];
  const two = new Promise<void>((resolve) => {
    void opened({ line: (text) => lines.push(text) === 2 && resolve() }).then(async ({ path }) => {
      const { attachment } = await watching(path);
      attachment.send('one');
      attachment.send('two');
    });
  });
  await two;
  expect(lines).toEqual(['one', 'two']);
});

test('closing lets everybody go and removes the file', async () => {
  const { socket, path } = await opened();
  const { read } = await watching(path);
  await socket.close();
  expect(await read(1)).toBe('');
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

describe('the file', () => {
  test('is for its owner alone', async () => {
    const { path } = await opened();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('that a proxy left behind is replaced', async () => {
    const path = join(temporaryFolder(), 'control');
    // Killed, as a proxy that closes its socket takes the file along.
    const dying = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', dying]);
    expect(statSync(path).isSocket()).toBe(true);
    const { socket } = await opened({ welcome: () => ['alive\n'] }, path);
    expect(await (await watching(path)).read(6)).toBe('alive\n');
    await socket.close();
  });

  test('that somebody listens at is not', async () => {
    const { path } = await opened();
    await expect(opened({}, path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('that is no socket is left alone', async () => {
    const path = join(temporaryFolder(), 'control');
    writeFileSync(path, 'precious');
    await expect(opened({}, path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

test('nobody there to attach to', async () => {
  await expect(attachTo(join(temporaryFolder(), 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
});
