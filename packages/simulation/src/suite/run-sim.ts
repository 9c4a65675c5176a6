import { ReplayFileError } from '../errors.ts';
import { Choices } from '../simulator/choices.ts';
import { seedOfRun } from '../simulator/random.ts';
import { choicesOf } from '../simulator/replay-file.ts';
import { type SimulatedRun, simulate } from '../simulator/simulation.ts';
import type { SimulationSpec } from '../simulator/simulation-spec.ts';
import { CellLog } from '../world/cell-log.ts';
import { type MadeRun, RunSeries, type SimReport, simulationsOf, specAt } from './run-series.ts';
import type { VerificationSuite } from './suite.ts';

export interface RunSimOptions {
  /** Everything follows from it; 1 where omitted. */
  readonly seed?: number;
  /** 100 where omitted. Ignored for a replay, which is one run. */
  readonly runs?: number;
  /** The parsed JSON of a replay file, run instead of a seed. */
  readonly replay?: unknown;
  /** Stop between two runs after this many seconds; runs left out are reported. */
  readonly secondsMax?: number;
  /** Told of each run as it ends. */
  onRun?(index: number, run: SimulatedRun): void;
}

/** Run the simulation of a suite by seed, or replay one run. Stops at the first failing run and shrinks it. */
export function runSim(suite: VerificationSuite, options: RunSimOptions = {}): SimReport {
  if (options.replay !== undefined) return replaySim(suite, options);
  const seed = options.seed ?? seedDefault;
  const maker = new RunMaker(suite, seed);
  const series = new RunSeries(suite, seed);
  const secondsMax = options.secondsMax ?? Number.POSITIVE_INFINITY;
  const runsMax = options.runs ?? runsDefault;
  for (let index = 0; index < runsMax && !series.hasFailed && series.seconds <= secondsMax; index++) {
    const made = maker.make(index);
    series.add(made);
    options.onRun?.(index, made.run);
  }
  return series.report();
}

function replaySim(suite: VerificationSuite, { replay, onRun }: RunSimOptions): SimReport {
  const { seed, world, lists } = choicesOf(suite.kernel, replay);
  const cells = new CellLog();
  const series = new RunSeries(suite, seed);
  const spec = specNamed(simulationsOf(suite), world);
  const run = simulate(spec, Choices.replaying(lists), cells);
  series.add({ run, reached: cells.takeNews() }, { spec, lists });
  onRun?.(0, run);
  return series.report();
}

const seedDefault = 1;
const runsDefault = 100;

/** Makes runs of a simulation, each by its place among those of the seed; several threads may have one each. */
export class RunMaker {
  readonly #specs: readonly SimulationSpec[];
  readonly #seed: number;
  readonly #cells = new CellLog();

  constructor(suite: VerificationSuite, seed: number) {
    this.#specs = simulationsOf(suite);
    this.#seed = seed;
  }

  /** Later ones after earlier ones. */
  make(index: number): MadeRun {
    const run = simulate(specAt(this.#specs, index), Choices.fromSeed(seedOfRun(this.#seed, index)), this.#cells);
    return { run, reached: this.#cells.takeNews() };
  }
}

function specNamed(specs: readonly SimulationSpec[], name: string): SimulationSpec {
  const found = specs.find(({ world }) => world.name === name);
  if (found === undefined)
    throw new ReplayFileError(`the replay file is of the world "${name}", which is not simulated`);
  return found;
}
