import { exploreMutant, runExplore, runSim, type VerificationSuite, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

export interface KernelProof {
  readonly suite: VerificationSuite;
  /** What holds in every reachable state, and what simulated runs come to. */
  readonly always: string;
  readonly inTheEnd: string;
  readonly bugsMin: number;
  readonly runs: number;
  /** Worlds that are walked here, of those that `explore` walks. Only all of them reach every cell. */
  readonly worlds?: { readonly name: RegExp; readonly count: number };
  /** Seeded bugs that are left to `explore`, because they take long. */
  readonly leaves?: RegExp;
}

const exploreMs = 120_000;
const mutantMs = 60_000;

/** What `holdfast explore` and `holdfast sim` prove of a kernel, as far as it fits into tests. */
export function proveKernel({ suite, always, inTheEnd, bugsMin, runs, worlds, leaves }: KernelProof): void {
  const { configurations, mutants } = suite;
  const walked = configurations.filter(({ name }) => worlds?.name.test(name) ?? true);

  test(
    `${always}, in every reachable state`,
    () => {
      expect(walked).toHaveLength(worlds?.count ?? configurations.length);
      const given = { ...suite, configurations: walked, mutants: [] };
      const { explorations, cells } = runExplore(given, { secondsMax: 100 });
      for (const { name, fixpoint, violations } of explorations) {
        expect({ name, fixpoint, violations }).toEqual({ name, fixpoint: true, violations: [] });
      }
      if (worlds !== undefined) return;
      expect({ missing: cells.missing, contradicted: cells.contradicted }).toEqual({ missing: [], contradicted: [] });
    },
    exploreMs,
  );

  describe('seeded bugs', () => {
    test(`are at least ${bugsMin}, each of a configuration`, () => {
      expect(mutants.length).toBeGreaterThanOrEqual(bugsMin);
      const names = configurations.map(({ name }) => name);
      for (const { configuration } of mutants) expect(names).toContain(configuration);
    });

    test.each(mutants.filter(({ name }) => leaves?.test(name) !== true))(
      '$name: caught',
      ({ name, world }) => {
        const { killed } = exploreMutant(worldModel({ ...world, name }), { secondsMax: mutantMs / 1000 });
        expect(killed).toBe(true);
      },
      mutantMs,
    );
  });

  test(
    inTheEnd,
    () => {
      const { violations } = runSim(suite, { seed: 1, runs });
      expect(violations).toEqual([]);
    },
    mutantMs,
  );
}
