import type { Decoder, Encoder } from './encoding.ts';
import type { CellTable } from './table.ts';

/** Where a payload lives. Kernels move handles; hosts own the bytes. */
export type Handle = number;

/** Anything a kernel reacts to: a message, a timer, a disk completion, a local call, a link change, a restart. */
export interface KernelEvent {
  readonly type: string;
}

/**
 * Where a kernel writes what it wants done. A host implements it, or uses {@link EffectBuffer}.
 *
 * A sink only records or performs the effect: it must never call `step` again before the current step returned.
 */
export interface EffectSink<Message = unknown, Result = unknown, Upward = unknown> {
  /**
   * Hand `message` to the network. `to` is a link for kernels that live on links, else a node. The message is the
   * sink's from here on: a kernel must not change it later, nor one that arrived in an event.
   */
  send(to: number, message: Message): void;
  /** Arm timer `timer`, replacing an armed one. It comes back as an event; kernels never see a clock. */
  setTimer(timer: number, afterMs: number): void;
  /** Disarm timer `timer`. Unknown timers are ignored. */
  cancelTimer(timer: number): void;
  /** Read `blocks` blocks at block address `address`; the completion event carries `op`. */
  diskRead(op: number, address: number, blocks: number): void;
  /** Write the payload at block address `address`; durable only after a later {@link diskFlush} completed. */
  diskWrite(op: number, address: number, payload: Handle): void;
  /** Make every write completed before this call durable. */
  diskFlush(op: number): void;
  /** Finish local call `call`. */
  reply(call: number, result: Result): void;
  /** Hand something to the kernel or host stacked above. */
  deliver(upward: Upward): void;
  /** Name a step of the protocol for traces and sequence diagrams. */
  trace(step: string, a?: number, b?: number): void;
}

/**
 * A protocol as a plain state machine: no clock, no randomness, no promises, no threads, no files.
 *
 * The same value runs in the worker host (threads and files), the explorer (every interleaving) and the simulator
 * (seeded faults). `Env` holds constants and the current view, never time.
 */
export interface Kernel<State, Event extends KernelEvent, Env, Message = unknown, Result = unknown, Upward = unknown> {
  readonly name: string;
  /** Every (row, column) pair with its class; {@link row} and {@link column} say which cell an event falls into. */
  readonly table: CellTable;
  initial(env: Env): State;
  /** The row of the table `state` is in as far as `event` is concerned. */
  row(state: State, event: Event, env: Env): string;
  /** The column of the table `event` belongs to. */
  column(event: Event): string;
  /**
   * Mutate `state` in place and write effects to `out`.
   * @throws ProtocolError when the cell is classed impossible: never a silent fall-through.
   */
  step(state: State, event: Event, env: Env, out: EffectSink<Message, Result, Upward>): void;
  /** Canonical: equal states give equal bytes, whatever path led to them. */
  encode(state: State, into: Encoder): void;
  /** The inverse of {@link encode}. */
  decode(from: Decoder): State;
}
