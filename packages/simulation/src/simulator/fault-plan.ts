import { faultTickMs } from '../limits.ts';
import type { ChoiceStream } from './choices.ts';
import type { FaultRates, SimulationSpec } from './simulation-spec.ts';

export const rateClasses = [
  'drop',
  'duplicate',
  'reorder',
  'corrupt',
  'clog',
  'cutOneWay',
  'cutBothWays',
  'linkDown',
  'ghost',
  'suspect',
  'crash',
  'pause',
  'lateTimer',
  'clockJump',
  'diskError',
  'diskFull',
  'diskSlow',
  'lostWrite',
  'misdirectedWrite',
  'tornWrite',
  'rot',
] as const satisfies readonly (keyof FaultRates)[];

/** Parts of the highest rate that a run may pick; 0 turns the class off. */
const intensities = [0, 0, 1, 0.3, 0.1, 0.03];

/** The faults of one run: which classes are on, how often, and which nodes must converge in the end. */
export interface FaultPlan {
  readonly rates: Readonly<Record<keyof FaultRates, number>>;
  readonly core: readonly number[];
  /** Nodes whose disks may lie. */
  readonly faultyDisks: readonly number[];
  readonly downMax: number;
}

/** Swarm choice: every run leaves some classes out, so that no class always hides behind another. */
export function planFaults(spec: SimulationSpec, swarm: ChoiceStream): FaultPlan {
  const rates = Object.fromEntries(
    rateClasses.map((name) => {
      const highest = spec.faults[name] ?? 0;
      return [name, highest === 0 ? 0 : highest * (intensities[swarm.choose(intensities.length)] as number)];
    }),
  ) as Record<keyof FaultRates, number>;
  const all = [Array.from(spec.world.nodes.keys())];
  const oneOf = (sets: readonly (readonly number[])[]): readonly number[] => sets[swarm.choose(sets.length)] ?? [];
  return {
    rates,
    core: oneOf(spec.cores ?? all),
    faultyDisks: oneOf(spec.faultyDisks ?? all),
    downMax: spec.downMax ?? spec.world.nodes.length,
  };
}

/** Ends of the intervals that {@link ChoiceStream.weighted} draws from. */
export function ends(probabilities: readonly number[]): number[] {
  let sum = 0;
  return probabilities.map((probability) => {
    sum += probability;
    return sum;
  });
}

/** The chance within one tick of something that happens so often per second. */
export const perTick = (perSecond: number): number => (perSecond * faultTickMs) / 1000;
