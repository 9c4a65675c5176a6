import type { ObjectStatus } from '../kernel/object-types.ts';
import type { ViewPhase } from '../kernel/view-types.ts';
import type { ScenarioHeader } from './step-shapes.ts';
import type { ScenarioValue } from './values.ts';

/** An object as one node knows it. */
export interface NodeState {
  readonly node: number;
  readonly state: ObjectStatus | 'DOWN';
  /** Null where there is none. */
  readonly value: ScenarioValue | null;
  /** Null where the node is down. */
  readonly probOwner: number | null;
  /** At an owner: who may have a copy, itself included. Elsewhere empty. */
  readonly copyset: readonly number[];
  readonly version: number;
  readonly incarnation: number;
  /** Calls that hold a lease. */
  readonly holders: readonly string[];
  /** Calls and requests in the queue, in order. */
  readonly waiting: readonly string[];
  /** The view the node is in, from 0, and whether it serves calls in it: `open`. */
  readonly view: number;
  readonly phase: ViewPhase | 'down';
}

export interface ObjectReport {
  readonly key: string;
  readonly nodes: readonly NodeState[];
}

/** A message that a step delivered. */
export interface DeliveryReport {
  readonly from: number;
  readonly to: number;
  /** Missing where it is a message of a change of view. */
  readonly key?: string;
  readonly kind: string;
  /** A duplicate, which the session drops. */
  readonly dropped?: true;
}

export interface StepReport {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Which turn of each repeat around it, from 1, outermost first. */
  readonly turns: readonly number[];
  /** The step as the file has it. */
  readonly step: Readonly<Record<string, unknown>>;
  readonly passed: boolean;
  /** Why not. */
  readonly failures: readonly string[];
  /** In order; of very many the first. */
  readonly delivered: readonly DeliveryReport[];
  readonly deliveredCount: number;
  /** Nodes that died, of whose objects nobody knows any more: the event `objects-unknown`. */
  readonly unknown?: readonly number[];
  /** Every object after the step. */
  readonly objects: readonly ObjectReport[];
}

/** What a run of a scenario came to. */
export interface ScenarioReport {
  readonly passed: boolean;
  readonly header: ScenarioHeader;
  /** Every step that ran: the run ends at the first that breaks an invariant. */
  readonly steps: readonly StepReport[];
  /** Steps after that. */
  readonly stepsNotRun: number;
  /** The file, line by line: joined by line ends it runs again. */
  readonly lines: readonly string[];
}
