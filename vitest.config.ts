import { defineConfig } from 'vitest/config';

// Tests and the worker threads they start run the .ts sources: the condition points every package at src/.
const condition = 'holdfast-src';

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: ['test/*.test.ts', 'packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
    // One process per file: a crash, an out-of-memory or an Atomics.wait in a test cannot hurt the runner.
    pool: 'forks',
    execArgv: [`--conditions=${condition}`],
    testTimeout: 30_000,
  },
});
