import { defineConfig } from 'vitest/config';

/** Browsers share two cores with the server they talk to: one file at a time, and patience. */
export default defineConfig({
  test: { include: ['tests/e2e/**/*.test.ts'], testTimeout: 90_000, hookTimeout: 60_000, fileParallelism: false },
});
