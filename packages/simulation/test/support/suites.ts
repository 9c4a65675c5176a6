import type { SimulationSpec, VerificationSuite } from '../../src/index.ts';
import { deliveredOf, goodRules, type StopAndWaitRules, stopAndWait } from './stop-and-wait.ts';

export function stopAndWaitSimulation(values: number, rules: StopAndWaitRules = goodRules): SimulationSpec {
  return {
    world: stopAndWait(values, rules),
    faults: {
      drop: 0.2,
      duplicate: 0.2,
      reorder: 0.1,
      corrupt: 0.05,
      clog: 2,
      cutOneWay: 2,
      cutBothWays: 2,
      pause: 2,
      lateTimer: 0.2,
    },
    missing: (view) =>
      deliveredOf(view) === view.issued(0) ? undefined : `${deliveredOf(view)} of ${view.issued(0)} were delivered`,
  };
}

/** Two configurations of stop-and-wait, a seeded bug for each rule, and its simulation. */
export function stopAndWaitSuite(rules: StopAndWaitRules = goodRules): VerificationSuite {
  const lossy = { name: 'lossy link', faults: { drop: 2, duplicate: 1 } };
  const perfect = { name: 'perfect link' };
  return {
    kernel: 'stop-and-wait',
    configurations: [stopAndWait(3, rules, lossy), stopAndWait(3, rules, perfect)],
    mutants: [
      {
        name: 'delivers repetitions',
        configuration: 'lossy link',
        world: stopAndWait(3, { ...rules, dropsRepetitions: false }, lossy),
      },
      {
        name: 'never repeats',
        configuration: 'lossy link',
        world: stopAndWait(3, { ...rules, repeats: false }, lossy),
      },
      {
        name: 'takes any acknowledgement',
        configuration: 'lossy link',
        world: stopAndWait(3, { ...rules, checksAcknowledgements: false }, lossy),
      },
    ],
    simulation: stopAndWaitSimulation(200, rules),
  };
}
