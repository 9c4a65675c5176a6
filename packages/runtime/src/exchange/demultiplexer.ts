import { Subject } from 'rxjs/internal/Subject';
import { portNumberMax } from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import { frameHeaderBytes, frameLength, framePort } from './frame-layout.ts';
import type { FrameHandler, PortNumber, TrafficClass } from './types.ts';

/**
 * The frames of one arrived record: `bytes[start..end)`, laid out as `frame-layout.ts` says. One object serves a whole
 * link and its memory belongs to that link: look at it during the call, copy what must outlive it.
 */
export interface RecordBatch {
  from: MemberSlot;
  trafficClass: TrafficClass;
  bytes: Uint8Array;
  words: Int32Array;
  start: number;
  end: number;
  /** Frames in it: known once it was delivered. */
  frames: number;
}

/**
 * Hands the frames of arrived records to the consumers of their ports: a table look-up, one plain call per frame.
 *
 * Records come in through one RxJS subject, so that whatever observes traffic (traces, counters, the dashboard) hooks in
 * there, once per record, and the cost of the subject is spread over all frames of a record.
 */
export class Demultiplexer {
  readonly #handlers: (FrameHandler | undefined)[] = [];
  readonly #onThrow: (error: unknown) => void;
  /** Where arrived records come in. */
  readonly records = new Subject<RecordBatch>();
  frames = 0;
  /** Frames for a port that nobody consumes: its consumer left, or the peer is ahead of this member. */
  unclaimed = 0;

  /** @param onThrow a consumer threw; the other frames are delivered all the same. */
  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
    this.records.subscribe((batch) => this.#deliver(batch));
  }

  /** Observe every record; the function that ends it. An observer that throws is reported like a consumer. */
  observe(observer: (batch: RecordBatch) => void): () => void {
    const subscription = this.records.subscribe((batch) => {
      try {
        observer(batch);
      } catch (error) {
        this.#onThrow(error);
      }
    });
    return () => subscription.unsubscribe();
  }

  /** Receive the frames of `port`; the function that ends it. One consumer a port. */
  consume(port: PortNumber, handler: FrameHandler): () => void {
    if (!Number.isInteger(port) || port < 1 || port > portNumberMax) {
      throw new RangeError(`a port is a number from 1 to ${portNumberMax}, not ${port}`);
    }
    if (this.#handlers[port] !== undefined) throw new RangeError(`port ${port} has a consumer`);
    this.#handlers[port] = handler;
    return () => {
      if (this.#handlers[port] === handler) this.#handlers[port] = undefined;
    };
  }

  #deliver(batch: RecordBatch): void {
    const { from, bytes, words, start, end } = batch;
    let frames = 0;
    for (let at = start; at + frameHeaderBytes <= end; ) {
      const header = words[at >> 2] as number;
      if (header === 0) break;
      const frameStart = at + frameHeaderBytes;
      const frameEnd = frameStart + frameLength(header);
      frames++;
      this.frames++;
      const handler = this.#handlers[framePort(header)];
      if (handler === undefined) this.unclaimed++;
      else this.#call(handler, from, bytes, frameStart, frameEnd);
      at = (frameEnd + 3) & ~3;
    }
    batch.frames = frames;
  }

  #call(handler: FrameHandler, from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    try {
      handler(from, bytes, start, end);
    } catch (error) {
      this.#onThrow(error);
    }
  }
}
