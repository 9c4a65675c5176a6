import type { WorldSpec } from '../world/spec.ts';
import type { WorldView } from '../world/view.ts';

/**
 * How often faults may happen at most. Each run turns every class named here on or off and picks a rate up to the
 * one given. A class that is absent never happens: name only what the contract below the kernel allows.
 */
export interface FaultRates {
  /** Per message, 0 to 1: it is lost. */
  readonly drop?: number;
  /** Per message: it arrives twice. */
  readonly duplicate?: number;
  /** Per message: it overtakes what was sent before it on its link. */
  readonly reorder?: number;
  /** Per message: its bits flip, so that the frame check drops it. */
  readonly corrupt?: number;
  /** Per link and second: everything sent takes very long for a while. */
  readonly clog?: number;
  /** Per direction and second: it silently swallows everything for a while. */
  readonly cutOneWay?: number;
  /** Per link and second: both directions silently swallow everything for a while. */
  readonly cutBothWays?: number;
  /** Per link and second: it breaks, both ends notice for themselves, later it is whole again. */
  readonly linkDown?: number;
  /** Per notice of a broken link, 0 to 1: what was in flight to the end arrives after the link is up again. */
  readonly ghost?: number;
  /** Per link end and second: it takes a live link for down for a while. */
  readonly suspect?: number;
  /** Per node and second: it loses its memory and starts again after a while. */
  readonly crash?: number;
  /** Per node and second: it does nothing for a while, then everything that waited at once. */
  readonly pause?: number;
  /** Per armed timer: it ends late. */
  readonly lateTimer?: number;
  /** Per node and second: its clock jumps ahead, so that many timers end at once. */
  readonly clockJump?: number;
  /** Per disk operation: `io-error`. */
  readonly diskError?: number;
  /** Per write: `no-space`. */
  readonly diskFull?: number;
  /** Per disk operation: it takes very long. */
  readonly diskSlow?: number;
  /** Per write: it is reported done and never reaches the disk. */
  readonly lostWrite?: number;
  /** Per write: it lands at another address, and its own keeps what it had. */
  readonly misdirectedWrite?: number;
  /** Per write not flushed at a crash: it leaves its block bad. Others survive or not, evenly. */
  readonly tornWrite?: number;
  /** Per disk and second: a durable block turns bad. */
  readonly rot?: number;
}

export type SimulatedFault = keyof FaultRates | 'restart';

/** What must be true of a run that has converged. */
export interface Ending {
  readonly name: string;
  /**
   * What is wrong, as a sentence; undefined where nothing is. `isShrinking`: thousands of runs are looked at to make a
   * failing one small, so that a long search should give up early.
   */
  violation(view: WorldView, isShrinking: boolean): string | Undecided | undefined;
}

/** A search that a bound ended before it knew: no violation, and no proof that there is none. */
export interface Undecided {
  /** What was given up, as a sentence. */
  readonly undecided: string;
}

/** What the simulator needs to know of a world beyond what both hosts share. */
export interface SimulationSpec {
  /** Nodes, links, calls, monitors and properties. Its `faults`, `timers` and `symmetry` are the explorer's. */
  readonly world: WorldSpec;
  readonly faults: FaultRates;
  /** What is still missing, as a sentence; undefined once the chosen core is where it should be. */
  missing(view: WorldView, core: readonly number[]): string | undefined;
  /** What must be true of a run that has converged, looked at once: say, that the history of its calls is linearizable. */
  readonly ending?: Ending;
  /** The sets of nodes of which one must converge once faults stop there; where omitted, all nodes. */
  readonly cores?: readonly (readonly number[])[];
  /**
   * The sets of nodes of which one has disks that may lie (every disk fault but slowness); where omitted, all nodes.
   * A mix of faults that no protocol could survive proves nothing: leave as many disks sound as the protocol needs.
   */
  readonly faultyDisks?: readonly (readonly number[])[];
  /**
   * A disk operation that fails (`diskError`) stops its node, which starts again after a while; where omitted the part
   * is told. For kernels whose host ends with its drive: a failed write may be on the disk, in part, or not.
   */
  readonly failedDiskStops?: boolean;
  /** Nodes that may be down at once; where omitted, all. */
  readonly downMax?: number;
  /** Mean time a message is under way, in virtual ms; 1 where omitted. */
  readonly messageMs?: number;
  /** Mean time between two calls of one kind, in virtual ms; 1 where omitted. */
  readonly callMs?: number;
  /** Mean time of a disk operation, in virtual ms; 0.2 where omitted. */
  readonly diskMs?: number;
  /** Longest time with faults, in virtual ms; 2 s where omitted. It ends early once every bounded call was issued. */
  readonly safetyMs?: number;
  /** Time to converge in once faults stopped, in virtual ms; 60 s where omitted. */
  readonly livenessMs?: number;
  /** Clocks of nodes run faster or slower by at most this part; 0.05 where omitted. */
  readonly clockSkew?: number;
}
