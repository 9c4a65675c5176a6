import { rightMarginMs, rightMs } from '../limits.ts';

/**
 * How long a head may serve without having been in touch: monotonic clocks, never compared between heads. A right begins
 * when its holder sent what was answered; whoever waits for its end begins later, when it received that, and waits longer.
 */
export class ServingRight {
  #untilMs = Number.NEGATIVE_INFINITY;

  /** Something that was sent then has been answered. */
  renew(sentAtMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, sentAtMs + rightMs);
  }

  end(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }

  isOver(nowMs: number): boolean {
    return nowMs > this.#untilMs;
  }
}

/** When each follower was last heard of. */
export class FollowerClock {
  readonly #heardAtMs = new Map<number, number>();

  heard(head: number, nowMs: number): void {
    this.#heardAtMs.set(head, nowMs);
  }

  /** An appender begins: whoever may still serve under the one before has as long as anybody. */
  restart(heads: readonly number[], nowMs: number): void {
    this.#heardAtMs.clear();
    for (const head of heads) this.#heardAtMs.set(head, nowMs);
  }

  /** Whether the right of a follower to serve has certainly ended. */
  isSilent(head: number, nowMs: number): boolean {
    return nowMs - (this.#heardAtMs.get(head) ?? nowMs) > rightMs + rightMarginMs;
  }
}
