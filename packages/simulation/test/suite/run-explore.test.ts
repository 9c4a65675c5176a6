import { describe, expect, it } from 'vitest';
import { exploreText, runExplore } from '../../src/index.ts';
import { goodRules } from '../support/stop-and-wait.ts';
import { stopAndWaitSuite } from '../support/suites.ts';

describe('runExplore', () => {
  it('proves a suite whose kernels hold, and writes one entry per configuration', () => {
    const report = runExplore(stopAndWaitSuite());
    expect(report.proved).toBe(true);
    expect(report.entries.map(({ name }) => name)).toEqual(['lossy link', 'perfect link']);
    expect(report.entries[0]).toEqual({
      name: 'lossy link',
      states: expect.any(Number),
      transitions: expect.any(Number),
      fixpoint: true,
      statesPerSecond: expect.any(Number),
      violations: [],
      deadlocks: 0,
      cells: { handled: 5, ignored: 1, impossible: 1, evidenced: 6 },
      suiteCells: { handled: 5, ignored: 1, impossible: 1, evidenced: 6 },
      mutants: { total: 3, killed: 3 },
    });
    // Nothing is lost or repeated on a perfect link: two cells stay dark there, and light up in the other one.
    expect(report.entries[1]?.cells.evidenced).toBeLessThan(6);
    expect(report.cells).toMatchObject({ evidenced: 6, missing: [], contradicted: [] });
  });

  it('does not call a suite proved when a seeded bug survives, a cell stays dark or a bound is hit', () => {
    const suite = stopAndWaitSuite();
    const harmless = {
      ...suite,
      mutants: [{ name: 'harmless', configuration: 'lossy link', world: suite.configurations[0]! }],
    };
    const survived = runExplore(harmless);
    expect(survived.proved).toBe(false);
    expect(exploreText(survived)).toContain('SURVIVED: harmless');
    const dark = runExplore({ ...suite, configurations: suite.configurations.slice(1), mutants: [] });
    expect(dark.proved).toBe(false);
    expect(exploreText(dark)).toContain('never reached: sender: idle x acknowledged');
    expect(runExplore(suite, { statesMax: 10 })).toMatchObject({ proved: false });
  });

  it('walks long configurations only when they are asked for', () => {
    const suite = stopAndWaitSuite();
    const [lossy, perfect] = suite.configurations;
    const patient = { ...suite, configurations: [lossy!], long: [perfect!] };
    const names = (options: Parameters<typeof runExplore>[1]): string[] =>
      runExplore(patient, { ...options, skipMutants: true }).entries.map(({ name }) => name);
    expect(names({})).toEqual(['lossy link']);
    expect(names({ long: true })).toEqual(['lossy link', 'perfect link']);
    expect(names({ configuration: 'perfect link' })).toEqual(['perfect link']);
  });

  it('shows a violation as a numbered list of steps', () => {
    const report = runExplore(stopAndWaitSuite({ ...goodRules, dropsRepetitions: false }), { skipMutants: true });
    const text = exploreText(report);
    expect(text).toContain(
      'always violated: delivers in order: a value other than 1 was delivered\n  1. a is called: put',
    );
    expect(text).toMatch(/ {2}2\. b receives .*delivers 0/);
    expect(text).toContain('NOT proved');
  });

  it('refuses a seeded bug of no configuration, and two configurations of one name', () => {
    const suite = stopAndWaitSuite();
    const [first] = suite.configurations;
    expect(() => runExplore({ ...suite, configurations: [first!, first!] })).toThrow('share a name');
    expect(() => runExplore({ ...suite, configurations: [{ ...first!, name: 'other' }] })).toThrow(
      'names no configuration',
    );
  });

  it('runs one configuration alone when asked', () => {
    const report = runExplore(stopAndWaitSuite(), { configuration: 'perfect link' });
    expect(report.entries.map(({ name }) => name)).toEqual(['perfect link']);
    expect(report.mutants).toEqual([]);
  });
});
