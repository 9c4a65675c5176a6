import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutantText, runExplore, runSim, violationText } from '../../src/index.ts';
import { lockSuite, lockWorld } from './lock-service.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it('shows the lock service as it is', () => {
    const source = readFileSync(new URL('./lock-service.ts', import.meta.url), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``);
  });

  it('shows what exploring it prints', () => {
    const { entries, proved, mutants } = runExplore(lockSuite);
    expect(proved).toBe(true);
    const { name, states, transitions } = entries[0]!;
    expect(readme).toContain(`${name}: ${states} states, ${transitions.toLocaleString('en-US')} transitions`);
    const [bug] = mutants;
    expect(readme).toContain(mutantText(bug!));
    expect(readme).toContain(violationText(bug!.violation!));
  });

  it('shows what simulating it prints', () => {
    const { digest, events, violations } = runSim(lockSuite, { seed: 1, runs: 200 });
    expect(violations).toEqual([]);
    expect(readme).toContain(`200 runs from seed 1, digest ${digest}\n  ${events.toLocaleString('en-US')} events`);
  });

  it('is right that the simulator finds the same bug and shrinks it', () => {
    const world = lockWorld('buggy', 200, { checksReleases: false });
    const { violations } = runSim(
      { ...lockSuite, simulation: { ...lockSuite.simulation, world } },
      { seed: 1, runs: 200 },
    );
    expect(violations).toMatchObject([{ kind: 'always', property: 'mutual exclusion' }]);
    expect(violations[0]?.shrunk.after).toBeLessThanOrEqual(8);
  });
});
