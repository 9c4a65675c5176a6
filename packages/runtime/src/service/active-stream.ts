import { withWriter } from '../codec/writer-pool.ts';
import type { ActiveCall } from './active-call.ts';
import type { Courier } from './courier.ts';
import { packThrown } from './error-wire.ts';
import { StreamOverflowError } from './errors.ts';
import { sendPayload } from './frame-address.ts';
import { completeFrame, errorFrame, valueFrame } from './frame-kinds.ts';
import { type Running, type Sink, startSource } from './stream-source.ts';
import type { StreamMember } from './types.ts';

const nothing = new Uint8Array(0);

/** A stream at its producer: what the handler makes leaves as far as the consumer's credit goes and waits beyond it. */
export class ActiveStream implements Sink {
  readonly call: ActiveCall;
  readonly #declared: StreamMember;
  readonly #courier: Courier;
  readonly #onEnd: (stream: ActiveStream) => void;
  readonly #buffer: unknown[] = [];
  #credit: number;
  #running: Running | undefined;
  #ended = false;
  /** How the source ended, while values still wait. */
  #end: { readonly error?: unknown } | undefined;

  constructor(call: ActiveCall, credit: number, courier: Courier, onEnd: (stream: ActiveStream) => void) {
    this.call = call;
    this.#declared = call.member.declared as StreamMember;
    this.#credit = credit;
    this.#courier = courier;
    this.#onEnd = onEnd;
  }

  start(): void {
    try {
      const input = this.call.member.admit(this.call.input);
      const source = this.call.member.handler(input, this.call) as Parameters<typeof startSource>[0];
      const running = startSource(source, this, () => this.#credit > 0 && this.#buffer.length === 0);
      if (this.#ended) running.stop();
      else this.#running = running;
    } catch (error) {
      this.error(error);
    }
  }

  addCredit(values: number): void {
    this.#credit += values;
    while (this.#credit > 0 && this.#buffer.length > 0 && !this.#ended) this.#send(this.#buffer.shift());
    if (this.#ended) return;
    if (this.#buffer.length === 0 && this.#end !== undefined) this.#finish(this.#end);
    else this.#running?.wanted();
  }

  next(value: unknown): void {
    if (this.#ended || this.#end !== undefined) return;
    if (this.#credit > 0 && this.#buffer.length === 0) {
      this.#send(value);
      return;
    }
    if (this.#buffer.length < this.#declared.bufferValues) {
      this.#buffer.push(value);
      return;
    }
    switch (this.#declared.overflow) {
      case 'drop-newest':
        return;
      case 'drop-oldest':
        if (this.#buffer.length === 0) return;
        this.#buffer.shift();
        this.#buffer.push(value);
        return;
      case 'error':
        this.#running?.stop();
        this.error(new StreamOverflowError(this.call.member.label, this.#declared.bufferValues));
    }
  }

  error(thrown: unknown): void {
    this.#endAfterBuffer({ error: thrown });
  }

  complete(): void {
    this.#endAfterBuffer({});
  }

  /** The consumer is gone, or has enough: nothing more is sent. */
  stop(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#buffer.length = 0;
    this.call.cancel(reason);
    this.#running?.stop();
    this.#onEnd(this);
  }

  /** End the stream now, with an error its consumer sees. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#running?.stop();
    this.#buffer.length = 0;
    this.#finish({ error });
  }

  #endAfterBuffer(end: { readonly error?: unknown }): void {
    if (this.#ended || this.#end !== undefined) return;
    if (this.#buffer.length === 0) this.#finish(end);
    else this.#end = end;
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#ended = true;
    const kind = 'error' in end ? errorFrame : completeFrame;
    sendPayload(this.#courier, kind, this.call, 'error' in end ? packThrown(end.error) : nothing);
    this.call.cancel(new DOMException('The stream has ended', 'AbortError'));
    this.#onEnd(this);
  }

  #send(value: unknown): void {
    const { member } = this.call;
    try {
      const released = member.release(value);
      withWriter(
        (to) => member.output.encode(to, released),
        (payload) => sendPayload(this.#courier, valueFrame, this.call, payload),
      );
      this.#credit -= 1;
    } catch (error) {
      this.fail(error);
    }
  }
}
