import type { MemberSlot } from '../member.ts';
import type { FrameOwner, WaitingFrame } from './courier.ts';
import type { RpcTarget } from './rpc-target.ts';
import { Timed } from './timer-wheel.ts';

/** Who takes the values of a stream. `next` answers whether the value is consumed; later ones are told by `consumed`. */
export interface StreamConsumer {
  next(value: unknown): boolean;
  error(thrown: unknown): void;
  complete(): void;
}

/** A stream at its consumer. */
export class OpenStream extends Timed implements FrameOwner {
  readonly slot: number;
  readonly generation: number;
  readonly target: RpcTarget;
  readonly peer: MemberSlot;
  readonly consumer: StreamConsumer;
  readonly credit: number;
  readonly timeoutMs: number;
  sent = false;
  waiting: WaitingFrame | undefined = undefined;
  /** Values consumed since credit was last given. */
  consumed = 0;
  stopAbort: (() => void) | undefined = undefined;

  constructor(
    slot: number,
    generation: number,
    target: RpcTarget,
    peer: MemberSlot,
    consumer: StreamConsumer,
    credit: number,
    timeoutMs: number,
  ) {
    super();
    this.slot = slot;
    this.generation = generation;
    this.target = target;
    this.peer = peer;
    this.consumer = consumer;
    this.credit = credit;
    this.timeoutMs = timeoutMs;
  }
}
