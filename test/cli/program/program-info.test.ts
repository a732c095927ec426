// What the program knows of itself.
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { invocation, programVersion } from '../../../src/cli/program/program-info.js';

test('the version is that of package.json', () => {
  expect(programVersion()).toBe(manifest.version);
});

test.each([
  ['/usr/local/bin/ftpscope', '/home/anna', 'ftpscope'],
  ['/src/ftpscope/bin/ftpscope.js', '/src/ftpscope', 'node bin/ftpscope.js'],
  ['/src/ftpscope/bin/ftpscope.js', '/src', 'node ftpscope/bin/ftpscope.js'],
  ['/my src/bin/ftpscope.js', '/', 'node "my src/bin/ftpscope.js"'],
  ['/src/test/other.js', '/src', 'ftpscope'],
  [undefined, '/src', 'ftpscope'],
])('called as %s from %s: %s', (script, folder, call) => {
  expect(invocation(script, folder)).toBe(call);
});
