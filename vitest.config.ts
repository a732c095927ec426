// How the tests run: one process per file, no retries, so that a flaky test shows itself.
import { defineConfig } from 'vitest/config';
import { LastWord } from './test/support/last-word.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    retry: 0,
    setupFiles: ['test/support/no-dns.ts'],
    reporters: ['default', new LastWord()],
  },
});
