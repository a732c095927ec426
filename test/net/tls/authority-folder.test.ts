// Where each kind of system keeps a program's data.
import { expect, test } from 'vitest';
import { defaultAuthorityFolder, homeFolder } from '../../../src/net/tls/authority-folder.js';

test.each<[NodeJS.Platform, Record<string, string>, string, string]>([
  ['linux', {}, '/home/ann', '/home/ann/.local/share/ftpscope'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/home/ann', '/data/ftpscope'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann', '/home/ann/.local/share/ftpscope'],
  ['linux', { XDG_DATA_HOME: '' }, '/home/ann', '/home/ann/.local/share/ftpscope'],
  ['freebsd', {}, '/home/ann', '/home/ann/.local/share/ftpscope'],
  ['darwin', { XDG_DATA_HOME: '/data' }, '/Users/ann', '/Users/ann/Library/Application Support/ftpscope'],
  ['win32', { LOCALAPPDATA: 'C:\\L', APPDATA: 'C:\\R' }, 'C:\\ann', 'C:\\L\\ftpscope'],
  ['win32', { APPDATA: 'C:\\R' }, 'C:\\ann', 'C:\\R\\ftpscope'],
  ['win32', {}, 'C:\\ann', 'C:\\ann\\AppData\\Local\\ftpscope'],
])('%s %j', (platform, environment, home, folder) => {
  expect(defaultAuthorityFolder(environment, platform, home)).toBe(folder);
});

test.each(['', '.', 'home/anna'])('a HOME of %j is no home', (home) => {
  expect(homeFolder(home)).toMatch(/^(?:\/|[A-Z]:)/);
});
