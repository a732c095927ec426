// How the tests run: a process for each file, as many at once as there are cores, and no retries, so that a flaky test shows itself.
import { defineConfig } from 'vitest/config';
import { LastWord } from './test/support/last-word.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/no-dns.ts'],
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['default', new LastWord()],
  },
});
