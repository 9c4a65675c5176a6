import type { Kernel, KernelEvent } from '@holdfast/kernel';
import type { Property } from '../explorer/model.ts';
import type { CallSpec } from './call-spec.ts';
import type { Monitor } from './monitor.ts';
import type { Reduction } from './reduction.ts';
import type { WorldView } from './view.ts';

/** An event on its way to a part of the same node. */
export interface Input {
  readonly part: number;
  readonly event: KernelEvent;
}

/** How a disk operation ended. A kernel sees no other error than these. */
export type DiskOutcome = 'ok' | 'io-error' | 'no-space';

/** What a read finds in a block never written. */
export const emptyBlock = 0;

/** What a read finds in a block whose checksum does not fit: torn, rotten or misdirected. */
export const badBlock = -1;

/** The completion of a disk operation. `blocks` holds the handles a read found. */
export interface DiskResult {
  readonly kind: 'read' | 'write' | 'flush';
  readonly outcome: DiskOutcome;
  readonly blocks: readonly number[];
}

/**
 * One kernel in the stack of a node, and how its events and effects are wired.
 *
 * Events and messages are plain data: numbers, strings, booleans, null, arrays, objects and typed arrays.
 * Everything here must be a pure function of its arguments.
 */
export interface Part<
  State = unknown,
  Event extends KernelEvent = KernelEvent,
  Env = unknown,
  Message = unknown,
  Result = unknown,
  Upward = unknown,
> {
  readonly name: string;
  readonly kernel: Kernel<State, Event, Env, Message, Result, Upward>;
  /** The constants of this part in the given incarnation of its node: 0 at first, one more after each restart. */
  env(incarnation: number): Env;
  /** The network ports of the node whose messages and link changes come to this part. */
  readonly ports?: readonly number[];
  /** What an arriving message becomes; undefined when the host would drop it. */
  message?(port: number, message: Message): Event | undefined;
  /** What the end of a timer becomes. */
  timer?(timer: number): Event;
  /**
   * What a change of a link becomes. A part with this hook is told of each link that is up when it
   * starts, unless the link {@link LinkSpec.startsUp | starts up}. `undelivered` is what a part that
   * {@link takesBack} sent to a node that crashed and certainly never received it, oldest first.
   */
  link?(port: number, up: boolean, undelivered: readonly Message[]): Event | undefined;
  /**
   * Whether the links of this part keep what a crashed node did not receive. As the end notices the crash, the part is
   * handed it, or, in another history, nothing: whether it arrived is not known. The simulator never knows.
   */
  readonly takesBack?: boolean;
  /** Of what a crashed node did not receive, which messages are kept; where omitted, all. */
  wantsBack?(message: Message): boolean;
  /** What the completion of a disk operation becomes. */
  disk?(op: number, result: DiskResult): Event;
  /** What the part is told when its node starts or restarts. */
  start?(incarnation: number): Event | undefined;
  /** Where a `send` goes; where omitted it goes out of the network port `to`. */
  below?(to: number, message: Message): Input;
  /** Where a `deliver` goes; where omitted only monitors see it. */
  above?(upward: Upward): Input | undefined;
}

/** Types of one part checked against each other, then forgotten, so that different kernels stack. */
export function part<State, Event extends KernelEvent, Env, Message, Result, Upward>(
  typed: Part<State, Event, Env, Message, Result, Upward>,
): Part {
  return typed;
}

/** The kernels of one node, lowest first. */
export interface NodeSpec {
  readonly name: string;
  readonly parts: readonly Part[];
  /** It never crashes: it stands for what a layer below keeps. */
  readonly immortal?: boolean;
}

export interface LinkEnd {
  readonly node: number;
  /** The number the node's kernels know the link by. */
  readonly port: number;
}

/** A link in both directions, each a queue in order. */
export interface LinkSpec {
  readonly name: string;
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** Both ends take the link for up from the start and are not told, so that fewer beginnings are explored. */
  readonly startsUp?: boolean;
  /**
   * What was sent before the link broke never arrives after it came up again, as sessions give it. Without it, a message
   * to an end that had not heard of the link being up may.
   */
  readonly resets?: boolean;
}

/** How many faults of each class may happen in one history. Absent means none. */
export interface FaultBudget {
  /** The message at the head of a link is lost. */
  readonly drop?: number;
  /** The message at the head of a link is delivered, and stays. */
  readonly duplicate?: number;
  /** A message overtakes those before it on its link. */
  readonly reorder?: number;
  /** A link breaks; each end notices for itself, and what it has not received by then is lost. */
  readonly linkDown?: number;
  /** As an end notices a broken link, what was in flight to it is kept and arrives once the link is up again. */
  readonly ghost?: number;
  /** One end is told that a live link broke; it is told later that the link is back. */
  readonly suspect?: number;
  /** One direction of a link silently swallows everything until it is mended. */
  readonly cut?: number;
  readonly crash?: number;
  /** Crashed nodes that start again, with empty memory and what the disk kept. */
  readonly restart?: number;
  /** A disk operation fails with `io-error`. */
  readonly diskError?: number;
  /** A disk write fails with `no-space`. */
  readonly diskFull?: number;
  /** A write is reported done and never reaches the disk. */
  readonly lostWrite?: number;
  /** A write is reported done and lands on another durable block, which turns bad; its own keeps what it had. */
  readonly misdirectedWrite?: number;
  /** A durable block turns bad. */
  readonly rot?: number;
  /** A write not flushed at a crash leaves its block bad. */
  readonly torn?: number;
}

/** Which armed timers may end: at any moment, or only while no message is in flight. */
export type TimerMode = 'always' | 'quiet';

/**
 * How a renaming of nodes acts on what the nodes hold. `permutation[i]` is the new number of node i.
 *
 * Sound when the world looks the same after it: the same parts, links, calls and properties up to the names.
 */
export interface Symmetry {
  /** Every allowed renaming but the identity; together with the identity they must form a group. */
  readonly permutations: readonly (readonly number[])[];
  /** The state of part `part` of node `node`, with the nodes it names renamed. */
  state(node: number, part: number, state: unknown, permutation: readonly number[]): unknown;
  message(message: unknown, permutation: readonly number[]): unknown;
  /** New number of a timer; where omitted timers keep their numbers. */
  timer?(node: number, part: number, timer: number, permutation: readonly number[]): number;
  /** The state of monitor `monitor` renamed; where omitted monitors name no nodes. */
  monitor?(monitor: number, state: unknown, permutation: readonly number[]): unknown;
}

/** Where a value is that holds versions. */
export type ValuePlace =
  | { readonly kind: 'state'; readonly node: number; readonly part: number }
  | { readonly kind: 'message' }
  | { readonly kind: 'monitor'; readonly monitor: number };

/**
 * Versions, tickets and other numbers of which only equality and order matter. Before a state is stored the ones in use
 * become 1, 2, 3 and so on; 0 stays 0. So a world in which versions grow for ever can still have a fixpoint.
 *
 * Sound when nothing but comparisons and `the next one` depends on them, and when every place that holds them is named.
 */
export interface Renumbering {
  /**
   * Numbers that divided by this and rounded down give the same are a family: each family is ranked by itself, from 1 on.
   * For numbers that are never compared with each other; where omitted, all are one family.
   */
  readonly familySpan?: number;
  /** The versions in the value, in any order. */
  numbers(value: unknown, place: ValuePlace): readonly number[];
  /** The value with every version replaced by its image. */
  renumbered(value: unknown, place: ValuePlace, image: (number: number) => number): unknown;
}

export type DiskMode = 'write-back' | 'write-through';

/** Nodes, links, workload and faults: all that both hosts need to run stacks of kernels. */
export interface WorldSpec {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  readonly links: readonly LinkSpec[];
  readonly calls: readonly CallSpec[];
  readonly timers?: TimerMode;
  readonly faults?: FaultBudget;
  /**
   * Messages whose arrival changes nothing, now and whenever else they might arrive. Such a message at the head of its
   * queue is taken before anything else happens, which leaves out interleavings that differ in nothing.
   *
   * Sound when it is true: the explorer checks the first half, that nothing changes, at each such arrival.
   */
  inert?(view: WorldView, node: number, port: number, message: unknown): boolean;
  readonly reduction?: Reduction;
  /**
   * When a write is durable: once a flush covered it, or, `write-through`, once it completed. The second suits kernels
   * that stand on a contract of durable items which another kernel keeps. Default `write-back`.
   */
  readonly disks?: DiskMode;
  /**
   * Whether a node may notice now that its link by this port is down; where omitted, at any moment. For hosts that learn of
   * deaths one after the other, in an order that all share. Of the explorer: in the simulator a node may notice at any moment.
   */
  notices?(view: WorldView, node: number, port: number): boolean;
  /** Which messages `drop` may lose; where omitted, all. */
  droppable?(message: unknown): boolean;
  readonly monitors?: readonly Monitor[];
  readonly properties?: readonly Property<WorldView>[];
  /** Whether it is fine that nothing more can happen; where omitted, when every bounded call was issued. */
  final?(view: WorldView): boolean;
  readonly symmetry?: Symmetry;
  readonly renumbering?: Renumbering;
}

/** Every node linked with every other by one link; a node's port number is the number of the node at the far end. */
export function mesh(nodes: number): LinkSpec[] {
  const links: LinkSpec[] = [];
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) {
      const ends = [
        { node: a, port: b },
        { node: b, port: a },
      ] as const;
      links.push({ name: `${a}-${b}`, ends });
    }
  }
  return links;
}

/** Two nodes, 0 and 1, with `count` links; the port number at either end is the number of the link. */
export function parallelLinks(count: number, startsUp = false): LinkSpec[] {
  return Array.from({ length: count }, (_, link) => ({
    name: `link ${link}`,
    startsUp,
    ends: [
      { node: 0, port: link },
      { node: 1, port: link },
    ],
  }));
}
