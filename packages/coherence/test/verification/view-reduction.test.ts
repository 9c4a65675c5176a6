import { checkReduction } from '@holdfast/simulation';
import { expect, test } from 'vitest';
import type { ViewScenario } from '../../src/verification/view-scenario.ts';
import { viewWorld } from '../../src/verification/view-world.ts';

const small: ViewScenario = {
  name: '3 nodes, 1 call of two, a death',
  nodes: 3,
  callsPerNode: 1,
  callers: [0, 1],
  crashes: 1,
  isReduced: true,
  operations: [{ type: 'grab', absence: 'touch', try: false }, { type: 'flush' }],
};

/** The worlds of the suite take minutes this way; docs/coherence-views.md says which were checked. */
test.each([small, { ...small, name: `${small.name}, backup`, backup: true }])(
  '$name: what is left out of a change of view leads nowhere else',
  (scenario) => {
    const { soon, late, failures } = checkReduction(viewWorld(scenario), 200_000);
    expect(failures).toEqual([]);
    expect(soon).toBeGreaterThan(1000);
    expect(late).toBeGreaterThan(100);
  },
);
