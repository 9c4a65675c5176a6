import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Tests and the worker threads they start run the .ts sources: the condition points every package at src/.
const condition = 'holdfast-src';

/** Tests that start no thread or process and wait for nothing: one on each core, and they may share a process. */
const computing = [
  'packages/{kernel,simulation}/test/**/*.test.ts',
  'packages/*/test/{kernel,verification,scenario,codec,layout,parity,store,crash}/**/*.test.ts',
  'packages/runtime/test/service/timer-wheel.test.ts',
];
/** What Node compiled, types stripped, so that not every thread that a test starts compiles the same sources again. */
const compileCache = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

const everything = ['test/*.test.ts', 'packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts'];

/** Explorations first, as they take longest: begun last, one would keep a core alone at the end. */
class ExplorationsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const explores = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/test/verification/');
    const sorted = await super.sort(files);
    return [...sorted.filter(explores), ...sorted.filter((file) => !explores(file))];
  }
}

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    // Not in threads: a crash, an out-of-memory or an Atomics.wait in a test cannot hurt the runner.
    pool: 'forks',
    execArgv: [`--conditions=${condition}`],
    // Against tests that hang. Nothing that waits proves anything by how long it took: a busy machine may take long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: ExplorationsFirst },
    expect: { poll: { timeout: 60_000 } },
    env: { NODE_COMPILE_CACHE: compileCache },
    projects: [
      {
        extends: true,
        test: {
          name: 'computing',
          isolate: false,
          include: computing,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // Each file in its own process. Much of their time is waiting for threads and processes that begin and end: with
        // two side by side all tests took 407 s of two cores instead of 552.
        test: { name: 'threads', include: everything, exclude: computing, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
