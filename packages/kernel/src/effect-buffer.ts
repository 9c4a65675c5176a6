import type { EffectSink, Handle } from './contract.ts';
import { EffectOverflowError } from './errors.ts';
import { effectsPerStepMax } from './limits.ts';

export type EffectKind =
  | 'send'
  | 'setTimer'
  | 'cancelTimer'
  | 'diskRead'
  | 'diskWrite'
  | 'diskFlush'
  | 'reply'
  | 'deliver'
  | 'trace';

/** One slot of an {@link EffectBuffer}. Slots are reused: read them before the next step. */
export interface RecordedEffect<Message, Result, Upward> {
  kind: EffectKind;
  /** Node or link, timer, disk op or call. */
  target: number;
  /** Milliseconds of a timer, address of a disk op, first number of a trace. */
  a: number;
  /** Blocks or payload of a disk op, second number of a trace. */
  b: number;
  message: Message | undefined;
  result: Result | undefined;
  upward: Upward | undefined;
  step: string;
}

/** A sink that records into preallocated slots, in order. */
export class EffectBuffer<Message = unknown, Result = unknown, Upward = unknown>
  implements EffectSink<Message, Result, Upward>
{
  readonly #slots: RecordedEffect<Message, Result, Upward>[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The effect at `index`, in the order the kernel wrote them. */
  at(index: number): RecordedEffect<Message, Result, Upward> {
    const slot = index < this.#length ? this.#slots[index] : undefined;
    if (slot === undefined) throw new RangeError(`no effect at ${index} of ${this.#length}`);
    return slot;
  }

  clear(): void {
    this.#length = 0;
  }

  send(to: number, message: Message): void {
    this.#take('send', to).message = message;
  }

  setTimer(timer: number, afterMs: number): void {
    this.#take('setTimer', timer).a = afterMs;
  }

  cancelTimer(timer: number): void {
    this.#take('cancelTimer', timer);
  }

  diskRead(op: number, address: number, blocks: number): void {
    const slot = this.#take('diskRead', op);
    slot.a = address;
    slot.b = blocks;
  }

  diskWrite(op: number, address: number, payload: Handle): void {
    const slot = this.#take('diskWrite', op);
    slot.a = address;
    slot.b = payload;
  }

  diskFlush(op: number): void {
    this.#take('diskFlush', op);
  }

  reply(call: number, result: Result): void {
    this.#take('reply', call).result = result;
  }

  deliver(upward: Upward): void {
    this.#take('deliver', 0).upward = upward;
  }

  trace(step: string, a = 0, b = 0): void {
    const slot = this.#take('trace', 0);
    slot.step = step;
    slot.a = a;
    slot.b = b;
  }

  #take(kind: EffectKind, target: number): RecordedEffect<Message, Result, Upward> {
    if (this.#length === effectsPerStepMax) throw new EffectOverflowError(effectsPerStepMax);
    let slot = this.#slots[this.#length];
    if (slot === undefined) {
      slot = { kind, target, a: 0, b: 0, message: undefined, result: undefined, upward: undefined, step: '' };
      this.#slots.push(slot);
    }
    this.#length++;
    slot.kind = kind;
    slot.target = target;
    slot.a = 0;
    slot.b = 0;
    slot.message = undefined;
    slot.result = undefined;
    slot.upward = undefined;
    slot.step = '';
    return slot;
  }
}
