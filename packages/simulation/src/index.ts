/**
 * Runs protocol kernels exhaustively (explorer) and by seed with faults (simulator), and judges recorded histories.
 *
 * Not only worlds of kernels: any {@link Model} can be explored.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { always, explore, violationText } from '@holdfast/simulation';
 *
 * const { violations } = explore<number>({
 *   name: 'three lamps',
 *   properties: [always('never all on', (lamps) => (lamps === 0b111 ? 'all are on' : undefined))],
 *   initial: () => 0,
 *   encode: (lamps, into) => into.uint(lamps),
 *   decode: (from) => from.uint(),
 *   actions: (_, into) => into.push(0, 1, 2),
 *   label: (_, lamp) => `switch lamp ${lamp}`,
 *   apply: (lamps, lamp) => lamps ^ (1 << lamp),
 * });
 * for (const violation of violations) console.log(violationText(violation)); // three steps
 * ```
 */
export {
  HistoryError,
  NotPlainDataError,
  ReplayFileError,
  StackLoopError,
  StateTooLongError,
  WorldSpecError,
} from './errors.ts';
export {
  type Exploration,
  type ExploreOptions,
  explore,
  type StopReason,
  type Violation,
  type ViolationKind,
} from './explorer/explore.ts';
export {
  type Always,
  always,
  type CanFinish,
  type CellCounts,
  type CellEvidence,
  canFinish,
  type Model,
  type Property,
  type Quiescent,
  quiescent,
  type Sometimes,
  sometimes,
} from './explorer/model.ts';
export { exploreMutant, exploreMutants, type MutantOutcome, showsBug } from './explorer/mutants.ts';
export {
  checkHistory,
  type HistoryOptions,
  type HistoryReport,
  type HistoryViolation,
} from './history/check-history.ts';
export { type CounterCall, counterModel } from './history/counter.ts';
export { beginning, counted, type OracleCall, someOrderExplains } from './history/every-order.ts';
export { historyText } from './history/history-text.ts';
export type { Operation, OperationEnd, SequentialModel } from './history/operation.ts';
export {
  type RegisterCall,
  type RegisterResult,
  type RegisterState,
  type RegisterValue,
  registerModel,
} from './history/register.ts';
export { type ChoiceLists, ChoiceStream, Choices } from './simulator/choices.ts';
export type { SimulatedViolation } from './simulator/referee.ts';
export type { ReplayFile } from './simulator/replay-file.ts';
export { type Shrunk, shrink } from './simulator/shrink.ts';
export { type SimulatedRun, type SimulateOptions, simulate } from './simulator/simulation.ts';
export type { Ending, FaultRates, SimulatedFault, SimulationSpec, Undecided } from './simulator/simulation-spec.ts';
export {
  type ExplorationJob,
  type ExplorationResult,
  explorationJobs,
  type JobChoice,
  runExplorationJob,
} from './suite/exploration-jobs.ts';
export { cellsText, explorationText, exploreText, mutantText, simText, violationText } from './suite/report-text.ts';
export {
  type ExploreEntry,
  type ExploreReport,
  exploreReport,
  type RunExploreOptions,
  runExplore,
} from './suite/run-explore.ts';
export { type MadeRun, RunSeries, type SimFailure, type SimReport, type UndecidedRun } from './suite/run-series.ts';
export { RunMaker, type RunSimOptions, runSim } from './suite/run-sim.ts';
export type { FaultClass, Mutant, VerificationSuite } from './suite/suite.ts';
export type { CallSpec } from './world/call-spec.ts';
export { CellLog, type ReachedCell } from './world/cell-log.ts';
export { checkReduction, type ReductionCheck } from './world/check-reduction.ts';
export { type DiskEnding, DiskImage, type DiskRequest } from './world/disk-image.ts';
export { type Monitor, monitor, type Observation, type ObservedKind } from './world/monitor.ts';
export type { ReducibleStep, Reduction, StepTime } from './world/reduction.ts';
export {
  badBlock,
  type DiskMode,
  type DiskOutcome,
  type DiskResult,
  emptyBlock,
  type FaultBudget,
  type Input,
  type LinkEnd,
  type LinkSpec,
  mesh,
  type NodeSpec,
  type Part,
  parallelLinks,
  part,
  type Renumbering,
  type Symmetry,
  type TimerMode,
  type ValuePlace,
  type WorldSpec,
} from './world/spec.ts';
export type { WorldVector } from './world/vector-machine.ts';
export type { WorldView } from './world/view.ts';
export { type WorldAction, type WorldModel, worldModel } from './world/world-model.ts';
