// How the tests run: a process for each file, and no retries, so that a flaky test shows itself. As many at once as there are cores, but
// one by one where real peers are required: servers, captures and namespaces get in each other's way.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LastWord } from './test/support/last-word.js';

/** Threads run no TypeScript by themselves: tests start those of the kernel pump through tsx. */
const PUMP_THREAD = fileURLToPath(new URL('test/support/pump-thread.ts', import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: './pump-thread.js', replacement: PUMP_THREAD }] },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/no-dns.ts'],
    maxWorkers: process.env['FTPSCOPE_REQUIRE_PEERS'] === '1' ? 1 : '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['default', new LastWord()],
  },
});
