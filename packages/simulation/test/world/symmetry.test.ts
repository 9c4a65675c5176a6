import { describe, expect, it } from 'vitest';
import { explore, type Symmetry, type WorldSpec, worldModel } from '../../src/index.ts';
import { lockWorld } from '../readme/lock-service.ts';

/** Anna and Ben are interchangeable. */
const swapClients: Symmetry = {
  permutations: [[0, 2, 1]],
  state: (node, _part, state, permutation) => {
    if (node !== 0) return state;
    const queue = state as { client: number; ticket: number }[];
    return queue.map(({ client, ticket }) => ({ client: permutation[client], ticket }));
  },
  message: (message) => message,
};

const symmetric = (world: WorldSpec): WorldSpec => ({ ...world, symmetry: swapClients });

describe('symmetry of worlds', () => {
  it('halves the states and proves the same', () => {
    const world = lockWorld('locks', 3);
    const plain = explore(worldModel(world));
    const reduced = explore(worldModel(symmetric(world)));
    for (const { fixpoint, violations } of [plain, reduced])
      expect({ fixpoint, violations }).toEqual({ fixpoint: true, violations: [] });
    expect(reduced.depth).toBe(plain.depth);
    expect(reduced.states / plain.states).toBeLessThan(0.52);
    expect(reduced.states / plain.states).toBeGreaterThanOrEqual(0.5);
  });

  it('finds the same bug in as many steps, told with names that stay the same', () => {
    const buggy = lockWorld('buggy', 2, { checksReleases: false });
    const [plain] = explore(worldModel(buggy)).violations;
    const [reduced] = explore(worldModel(symmetric(buggy))).violations;
    expect(reduced?.message).toBe(plain?.message);
    expect(reduced?.steps).toHaveLength(plain?.steps.length ?? 0);
    // A client answers only for what it did itself: each grant goes to one that asked before.
    const asked = new Set<string>();
    for (const step of reduced?.steps ?? []) {
      const [name] = step.split(' ');
      if (step.includes('is called: lock')) asked.add(name ?? '');
      if (step.includes('receives grant')) expect(asked, step).toContain(name);
    }
  });

  it.each([
    ['not a permutation', [[0, 1, 1]], 'does not permute 3 nodes'],
    ['too short', [[1, 0]], 'does not permute 3 nodes'],
    ['no group', [[1, 2, 0]], 'are no group'],
  ])('refuses permutations that are %s', (_, permutations, message) => {
    const world = { ...lockWorld('locks', 1), symmetry: { ...swapClients, permutations } };
    expect(() => worldModel(world)).toThrow(message);
  });

  it('refuses to swap nodes that are linked or called differently', () => {
    const oneSided = lockWorld('locks', 1);
    expect(() => worldModel(symmetric({ ...oneSided, calls: oneSided.calls.slice(0, 2) }))).toThrow(
      'no like at node 2',
    );
    expect(() => worldModel(symmetric({ ...oneSided, links: oneSided.links.slice(0, 1) }))).toThrow('exactly one link');
  });
});
