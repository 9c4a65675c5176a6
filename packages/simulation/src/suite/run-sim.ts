import { ReplayFileError } from '../errors.ts';
import type { CellEvidence } from '../explorer/model.ts';
import { type ChoiceLists, Choices } from '../simulator/choices.ts';
import { Digest } from '../simulator/digest.ts';
import { rateClasses } from '../simulator/fault-plan.ts';
import { seedOfRun } from '../simulator/random.ts';
import type { SimulatedViolation } from '../simulator/referee.ts';
import { choicesOf, type ReplayFile, replayFile } from '../simulator/replay-file.ts';
import { type Shrunk, shrink } from '../simulator/shrink.ts';
import { type SimulatedRun, simulate } from '../simulator/simulation.ts';
import type { FaultRates, SimulatedFault, SimulationSpec } from '../simulator/simulation-spec.ts';
import { CellLog } from '../world/cell-log.ts';
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

/** A failing run, made small. */
export interface SimFailure extends SimulatedViolation {
  readonly run: number;
  readonly seed: number;
  /** What happened in the shrunk run, its last lines. */
  readonly story: readonly string[];
  /** Replays the shrunk run. */
  readonly replay: ReplayFile;
  readonly shrunk: Omit<Shrunk, 'choices'>;
}

/** What `sim --json` writes. */
export interface SimReport {
  readonly kernel: string;
  readonly seed: number;
  readonly runs: number;
  /** Kernel steps. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Messages that reached a kernel. */
  readonly messages: number;
  readonly virtualSeconds: number;
  readonly seconds: number;
  /** How often each class happened that the suite names; 0 shows a class that never did. */
  readonly faults: Readonly<Partial<Record<SimulatedFault, number>>>;
  /** By class of the suite, how often its faults happened. */
  readonly classes: Readonly<Record<string, number>>;
  readonly violations: readonly SimFailure[];
  /** 64 bits over the digests of all runs. */
  readonly digest: string;
  readonly cells: CellEvidence;
  /** `sometimes` properties that held in no run. */
  readonly neverReached: readonly string[];
}

/** Run the simulation of a suite by seed, or replay one run. Stops at the first failing run and shrinks it. */
export function runSim(suite: VerificationSuite, options: RunSimOptions = {}): SimReport {
  const specs = simulationsOf(suite);
  const replayed = options.replay === undefined ? undefined : choicesOf(suite.kernel, options.replay);
  const seed = replayed?.seed ?? options.seed ?? 1;
  const runsMax = replayed === undefined ? (options.runs ?? 100) : 1;
  const secondsMax = options.secondsMax ?? Number.POSITIVE_INFINITY;
  const cells = new CellLog();
  const tally = new Tally(specs);
  const failures: SimFailure[] = [];
  const startedMs = performance.now();
  let seconds = 0;
  for (let index = 0; index < runsMax && failures.length === 0; index++) {
    const runSeed = replayed === undefined ? seedOfRun(seed, index) : seed;
    const choices = replayed === undefined ? Choices.fromSeed(runSeed) : Choices.replaying(replayed.lists);
    const spec = replayed === undefined ? specs[index % specs.length]! : specNamed(specs, replayed.world);
    const run = simulate(spec, choices, cells);
    tally.add(run);
    seconds = (performance.now() - startedMs) / 1000;
    if (run.violation !== undefined) {
      const found = { run: index, seed: runSeed, violation: run.violation, lists: choices.lists() };
      failures.push(failureOf(suite.kernel, spec, found, replayed !== undefined));
    }
    options.onRun?.(index, run);
    if (seconds > secondsMax) break;
  }
  const totals = tally.totals();
  return {
    kernel: suite.kernel,
    seed,
    ...totals,
    classes: Object.fromEntries(
      (suite.faultClasses ?? []).map(({ name, of }) => [
        name,
        of.reduce((sum, fault) => sum + (totals.faults[fault] ?? 0), 0),
      ]),
    ),
    eventsPerSecond: Math.round(tally.events / seconds),
    seconds,
    violations: failures,
    cells: cells.evidence(),
  };
}

const simulationsOf = ({ simulation, furtherSimulations = [] }: VerificationSuite): readonly SimulationSpec[] => [
  simulation,
  ...furtherSimulations,
];

function specNamed(specs: readonly SimulationSpec[], name: string): SimulationSpec {
  const found = specs.find(({ world }) => world.name === name);
  if (found === undefined)
    throw new ReplayFileError(`the replay file is of the world "${name}", which is not simulated`);
  return found;
}

class Tally {
  events = 0;
  readonly #specs: readonly SimulationSpec[];
  readonly #digest = new Digest();
  readonly #faults: Partial<Record<SimulatedFault, number>> = {};
  readonly #reached = new Set<string>();
  #runs = 0;
  #messages = 0;
  #virtualMs = 0;

  constructor(specs: readonly SimulationSpec[]) {
    this.#specs = specs;
    const mayHappen = (name: SimulatedFault & keyof FaultRates): boolean =>
      specs.some(({ faults }) => (faults[name] ?? 0) > 0);
    for (const name of rateClasses) if (mayHappen(name)) this.#faults[name] = 0;
    if (mayHappen('crash')) this.#faults.restart = 0;
  }

  add(run: SimulatedRun): void {
    this.#runs++;
    this.events += run.events;
    this.#messages += run.messages;
    this.#virtualMs += run.virtualMs;
    this.#digest.text(run.digest);
    for (const name of run.reached) this.#reached.add(name);
    for (const [name, count] of Object.entries(run.faults) as [SimulatedFault, number][]) {
      this.#faults[name] = (this.#faults[name] ?? 0) + count;
    }
  }

  totals() {
    const properties = this.#specs.flatMap(({ world }) => world.properties ?? []);
    const wanted = properties.filter(({ kind }) => kind === 'sometimes');
    return {
      runs: this.#runs,
      events: this.events,
      messages: this.#messages,
      virtualSeconds: this.#virtualMs / 1000,
      faults: this.#faults,
      digest: this.#digest.hex(),
      neverReached: wanted.map(({ name }) => name).filter((name) => !this.#reached.has(name)),
    };
  }
}

interface Found {
  readonly run: number;
  readonly seed: number;
  readonly violation: SimulatedViolation;
  readonly lists: ChoiceLists;
}

function failureOf(
  kernel: string,
  spec: SimulationSpec,
  { run, seed, violation, lists }: Found,
  isReplay: boolean,
): SimFailure {
  // Evidence counts only what the runs themselves reached.
  const aside = new CellLog();
  const fails = (candidate: ChoiceLists): ChoiceLists | undefined => {
    const choices = Choices.replaying(candidate);
    const outcome = simulate(spec, choices, aside).violation;
    const same = outcome?.kind === violation.kind && outcome.property === violation.property;
    return same ? choices.lists() : undefined;
  };
  const { choices, ...shrunk } = isReplay ? { choices: lists, before: 0, after: 0, runs: 0 } : shrink(lists, fails);
  const told = simulate(spec, Choices.replaying(choices), aside, true);
  return {
    ...(told.violation ?? violation),
    run,
    seed,
    story: told.story,
    replay: replayFile(kernel, spec.world.name, seed, choices),
    shrunk,
  };
}
