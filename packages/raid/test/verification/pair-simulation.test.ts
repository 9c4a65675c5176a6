import { CellLog, Choices, simulate } from '@holdfast/simulation';
import { expect, test } from 'vitest';
import { pairSimulation } from '../../src/verification/pair-simulation.ts';

/**
 * Runs that found a bug: an answer to a deputy before what is open was said (by the explorer first), a member that carried
 * on what was begun in its place as something else (7), the end of a half that was given up (8), a base that lay nowhere
 * (33), a recall of what had ended (82), an answer to nobody (26), a mark behind the block it was for (107); a block, an update
 * and a parity that waited for each other, and behind that a block told before its member knew that it had changed (35); an update
 * of a deputy that waited for the return of whom it was for (134); the end of one that was held, which went to nobody (225).
 */
const seeds = [7, 8, 26, 33, 35, 82, 107, 134, 225];

test.each(seeds)('four members with two parities, one or two lost, run %i: at rest all is right', (seed) => {
  const { violation } = simulate(pairSimulation, Choices.fromSeed(seed), new CellLog());
  expect(violation).toBeUndefined();
});
