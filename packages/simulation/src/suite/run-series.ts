import type { CellEvidence } from '../explorer/model.ts';
import { undecidedRunsMax } from '../limits.ts';
import { type ChoiceLists, Choices } from '../simulator/choices.ts';
import { Digest } from '../simulator/digest.ts';
import { rateClasses } from '../simulator/fault-plan.ts';
import { seedOfRun } from '../simulator/random.ts';
import type { SimulatedViolation } from '../simulator/referee.ts';
import { type ReplayFile, replayFile } from '../simulator/replay-file.ts';
import { type Shrunk, shrink } from '../simulator/shrink.ts';
import { type SimulatedRun, simulate } from '../simulator/simulation.ts';
import type { FaultRates, SimulatedFault, SimulationSpec } from '../simulator/simulation-spec.ts';
import { CellLog, type ReachedCell } from '../world/cell-log.ts';
import type { VerificationSuite } from './suite.ts';

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

/** A run at whose end a search gave up. */
export interface UndecidedRun {
  readonly run: number;
  readonly seed: number;
  readonly message: string;
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
  /** Runs of which nobody knows whether they end in a violation. */
  readonly undecidedRuns: number;
  /** The first of them. */
  readonly undecided: readonly UndecidedRun[];
  /** 64 bits over the digests of all runs. */
  readonly digest: string;
  readonly cells: CellEvidence;
  /** `sometimes` properties that held in no run. */
  readonly neverReached: readonly string[];
}

/** One run and what it was the first to reach of those its maker made: plain data. */
export interface MadeRun {
  readonly run: SimulatedRun;
  readonly reached: readonly ReachedCell[];
}

/** The runs of a simulation added up in their order, up to the first that fails, whoever made them. */
export class RunSeries {
  /** Since it began, when the last run was added. */
  seconds = 0;
  readonly #suite: VerificationSuite;
  readonly #specs: readonly SimulationSpec[];
  readonly #seed: number;
  readonly #cells = new CellLog();
  readonly #tally: Tally;
  readonly #startedMs = performance.now();
  #failure: Found | undefined;
  readonly #undecided: UndecidedRun[] = [];
  #undecidedRuns = 0;

  constructor(suite: VerificationSuite, seed: number) {
    this.#suite = suite;
    this.#specs = simulationsOf(suite);
    this.#seed = seed;
    this.#tally = new Tally(this.#specs);
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Add the next run; `replayed` where it was none of the seed. Runs after one that failed do not count. */
  add({ run, reached }: MadeRun, replayed?: Pick<Found, 'spec' | 'lists'>): void {
    if (this.hasFailed) return;
    const index = this.#tally.runs;
    const spec = replayed?.spec ?? specAt(this.#specs, index);
    this.#tally.add(run);
    for (const { parts } of spec.world.nodes) {
      for (const { kernel } of parts) this.#cells.declare(kernel.name, kernel.table);
    }
    for (const [kernel, row, column] of reached) this.#cells.reached(kernel, row, column);
    this.seconds = (performance.now() - this.#startedMs) / 1000;
    const seed = replayed === undefined ? seedOfRun(this.#seed, index) : this.#seed;
    if (run.undecided !== undefined) this.#leaveOpen({ run: index, seed, message: run.undecided.undecided });
    if (run.violation === undefined) return;
    this.#failure = { run: index, seed, spec, violation: run.violation, lists: replayed?.lists };
  }

  #leaveOpen(run: UndecidedRun): void {
    this.#undecidedRuns++;
    if (this.#undecided.length < undecidedRunsMax) this.#undecided.push(run);
  }

  /** What all runs came to. The one that failed, if one did, is made small now. */
  report(): SimReport {
    const totals = this.#tally.totals();
    const classes = (this.#suite.faultClasses ?? []).map(({ name, of }) => {
      return [name, of.reduce((sum, fault) => sum + (totals.faults[fault] ?? 0), 0)] as const;
    });
    return {
      kernel: this.#suite.kernel,
      seed: this.#seed,
      ...totals,
      classes: Object.fromEntries(classes),
      eventsPerSecond: Math.round(totals.events / this.seconds),
      seconds: this.seconds,
      violations: this.#failure === undefined ? [] : [failureOf(this.#suite.kernel, this.#failure)],
      undecidedRuns: this.#undecidedRuns,
      undecided: this.#undecided,
      cells: this.#cells.evidence(),
    };
  }
}

export const simulationsOf = ({
  simulation,
  furtherSimulations = [],
}: VerificationSuite): readonly SimulationSpec[] => [simulation, ...furtherSimulations];

/** Runs take the worlds in turn. */
export const specAt = (specs: readonly SimulationSpec[], index: number): SimulationSpec => specs[index % specs.length]!;

class Tally {
  runs = 0;
  readonly #specs: readonly SimulationSpec[];
  readonly #digest = new Digest();
  readonly #faults: Partial<Record<SimulatedFault, number>> = {};
  readonly #reached = new Set<string>();
  #events = 0;
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
    this.runs++;
    this.#events += run.events;
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
      runs: this.runs,
      events: this.#events,
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
  readonly spec: SimulationSpec;
  readonly violation: SimulatedViolation;
  /** Of a replay, what was chosen. */
  readonly lists: ChoiceLists | undefined;
}

function failureOf(kernel: string, { run, seed, spec, violation, lists }: Found): SimFailure {
  // Evidence counts only what the runs themselves reached.
  const aside = new CellLog();
  const fails = (candidate: ChoiceLists): ChoiceLists | undefined => {
    const choices = Choices.replaying(candidate);
    const outcome = simulate(spec, choices, aside, { isShrinking: true }).violation;
    const same = outcome?.kind === violation.kind && outcome.property === violation.property;
    return same ? choices.lists() : undefined;
  };
  const { choices, ...shrunk } =
    lists === undefined ? shrink(listsOf(spec, seed, aside), fails) : { choices: lists, before: 0, after: 0, runs: 0 };
  const told = simulate(spec, Choices.replaying(choices), aside, { wantStory: true });
  return {
    ...(told.violation ?? violation),
    run,
    seed,
    story: told.story,
    replay: replayFile(kernel, spec.world.name, seed, choices),
    shrunk,
  };
}

/** What a run of that seed draws. */
function listsOf(spec: SimulationSpec, seed: number, cells: CellLog): ChoiceLists {
  const choices = Choices.fromSeed(seed);
  simulate(spec, choices, cells);
  return choices.lists();
}
