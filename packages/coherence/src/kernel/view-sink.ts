import type { CallId, CallResult, NodeId, ObjectMessage, ObjectNotice, ObjectSink } from './object-types.ts';
import type { ViewKey, ViewSink, ViewState } from './view-types.ts';

/** For what is to send nothing. */
export const silent = -1;

/** Names object and epoch in what the kernel of an object does, and sends nothing while the view changes. */
export class ObjectVoice implements ObjectSink {
  readonly #state: ViewState;
  readonly #key: ViewKey;
  readonly #out: ViewSink;
  readonly #epoch: number;

  /** @param epoch of what is sent, or {@link silent}. */
  constructor(state: ViewState, key: ViewKey, out: ViewSink, epoch: number) {
    this.#state = state;
    this.#key = key;
    this.#out = out;
    this.#epoch = epoch;
  }

  send(to: NodeId, message: ObjectMessage): void {
    if (this.#epoch === silent || !this.#state.view.members.includes(to)) return;
    this.#out.send(to, { type: 'OBJECT', epoch: this.#epoch, key: this.#key, message });
  }

  reply(call: CallId, result: CallResult): void {
    this.#out.reply(call, { key: this.#key, result });
  }

  deliver(notice: ObjectNotice): void {
    this.#out.deliver({ type: 'object', key: this.#key, notice });
  }

  /** The second number tells which object it is about, where keys are numbers. */
  trace(step: string, a?: number): void {
    this.#out.trace(step, a, typeof this.#key === 'number' ? this.#key : 0);
  }

  setTimer(timer: number, afterMs: number): void {
    this.#out.setTimer(timer, afterMs);
  }

  cancelTimer(timer: number): void {
    this.#out.cancelTimer(timer);
  }

  diskRead(op: number, address: number, blocks: number): void {
    this.#out.diskRead(op, address, blocks);
  }

  diskWrite(op: number, address: number, payload: number): void {
    this.#out.diskWrite(op, address, payload);
  }

  diskFlush(op: number): void {
    this.#out.diskFlush(op);
  }
}
