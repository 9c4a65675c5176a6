import type { ClaimEpoch, LogRequest } from '../kernel/log-types.ts';
import { gatherMsMax } from '../limits.ts';

/** How much more is hoped for after each batch for which enough came: slowly, since hoping for too much costs a wait. */
const hopeStep = 1 / 32;

/**
 * When an appender closes its next batch. Those who were answered together ask again together, and for half of them a
 * batch costs as much as for all: so it waits for the share of them that came again before, and as long as a batch takes at most. They
 * come in bursts: what else a turn of the loop brings is waited for too.
 */
export class BatchGathering {
  readonly #closed: (epoch: ClaimEpoch) => void;
  /** Of those who could ask, how many do in time. */
  #share = 1;
  #epoch: ClaimEpoch = 0;
  /** Who could ask; 0 while nothing is gathered. */
  #able = 0;
  #waiting = 0;
  #wroteAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  /** `closed`: the next batch of that appender may be written. */
  constructor(closed: (epoch: ClaimEpoch) => void) {
    this.#closed = closed;
  }

  /** A batch is on its way to the disks. */
  writes(): void {
    this.#wroteAtMs = performance.now();
  }

  /** It was answered, and `waiting` records are there already. */
  begin({ epoch, answered }: Extract<LogRequest, { type: 'gather' }>, waiting: number): void {
    this.end();
    const tookMs = performance.now() - this.#wroteAtMs;
    this.#epoch = epoch;
    this.#able = answered + waiting;
    this.#timer = setTimeout(() => this.#late(), Math.min(gatherMsMax, tookMs));
    this.look(waiting);
  }

  /** So many wait now. */
  look(waiting: number): void {
    this.#waiting = waiting;
    if (this.#able === 0 || this.#turn !== undefined) return;
    if (waiting >= Math.max(1, Math.round(this.#share * this.#able))) this.#afterTurn(waiting);
  }

  end(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#able = 0;
  }

  /** Enough came: close once a turn brought no more. */
  #afterTurn(before: number): void {
    if (before >= this.#able) {
      this.#enough();
      return;
    }
    this.#turn = setImmediate(() => {
      if (this.#waiting > before) this.#afterTurn(this.#waiting);
      else this.#enough();
    });
  }

  #enough(): void {
    this.#share = Math.min(1, Math.max(this.#share + hopeStep, this.#waiting / this.#able));
    this.#close();
  }

  #late(): void {
    if (this.#waiting > 0) this.#share = Math.max(this.#waiting / this.#able, this.#share / 2);
    this.#close();
  }

  #close(): void {
    this.end();
    this.#closed(this.#epoch);
  }
}
