import type { Violation } from '../explorer/explore.ts';
import type { SimulatedFault, SimulationSpec } from '../simulator/simulation-spec.ts';
import type { WorldSpec } from '../world/spec.ts';

/** A seeded protocol bug: a configuration with a variant of a kernel or rule that a property must catch. */
export interface Mutant {
  /** What is wrong in it, such as `acknowledges before it delivers`. */
  readonly name: string;
  /** The name of the configuration it is a variant of; its own `world.name` may be anything. */
  readonly configuration: string;
  readonly world: WorldSpec;
}

/** Faults that a suite counts together, under a name of its own. */
export interface FaultClass {
  readonly name: string;
  readonly of: readonly SimulatedFault[];
}

/** All that is needed to verify a kernel: what `explore` and `sim` run. */
export interface VerificationSuite {
  /** The name it is asked for by. */
  readonly kernel: string;
  readonly configurations: readonly WorldSpec[];
  /** Configurations that take many minutes and gigabytes: explored only when asked for. */
  readonly long?: readonly WorldSpec[];
  readonly mutants: readonly Mutant[];
  readonly simulation: SimulationSpec;
  /** A counterexample of a configuration as a file that does the same by hand; undefined where there is no way. */
  asScenario?(configuration: string, violation: Violation): string | undefined;
  /** Further worlds to simulate: runs take them in turn, the first one first. Each has its own name. */
  readonly furtherSimulations?: readonly SimulationSpec[];
  /** How the report counts the faults of all runs beside each one by itself. */
  readonly faultClasses?: readonly FaultClass[];
}
