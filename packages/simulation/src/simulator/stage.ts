import type { KernelEvent } from '@holdfast/kernel';
import type { Choices } from './choices.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { LiveNode } from './live-node.ts';
import type { SimulatedFault } from './simulation-spec.ts';

/** Something due in a run. */
export interface SimulatedEvent {
  dueNs: number;
  order: number;
  /** The node it happens at: it waits while the node is paused and is lost when the node goes down. */
  readonly node: LiveNode | undefined;
  /** It dies with this incarnation of the node. */
  readonly incarnation: number;
  act(): void;
}

/** What the parts of a simulation share. */
export interface Stage {
  readonly choices: Choices;
  readonly plan: FaultPlan;
  readonly nodes: readonly LiveNode[];
  /** Virtual time since the run began. */
  readonly nowNs: number;
  /** Faults may still be injected. */
  readonly safety: boolean;
  /** Messages, disk operations and notices of link changes that have not arrived yet. */
  inFlight: number;
  /** Messages handed to kernels so far. */
  messages: number;
  /** Let `act` happen at a node after `delayMs`, as long as its present incarnation lives. */
  afterAt(node: LiveNode, delayMs: number, act: () => void): void;
  /** Let `act` happen after `delayMs`, whatever node is up. */
  after(delayMs: number, act: () => void): void;
  /** Said by an event that left everything as it was, so that the world need not be judged anew. */
  nothingHappened(): void;
  /** Step a part, and the parts of its node with what follows. */
  input(node: number, part: number, event: KernelEvent | undefined): void;
  count(fault: SimulatedFault): void;
  /** Add a line to the story of the run; `line` is called only when a story is wanted. */
  tell(line: () => string): void;
}
