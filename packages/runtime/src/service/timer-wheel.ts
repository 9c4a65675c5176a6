import { timerTickMs } from '../limits.ts';

/** Spokes of the wheel. Longer time-outs go round more than once. */
const spokes = 512;
/** Ticks without a timed item after which the interval stops: starting and stopping it for each call would cost more. */
const idleTicksMax = 64;

/** Something with a deadline, in at most one wheel. The wheel links these to one another and allocates nothing. */
export class Timed {
  timerNext: Timed | undefined = undefined;
  timerPrevious: Timed | undefined = undefined;
  timerTicks = 0;
}

/**
 * Deadlines for many short-lived things: adding and removing one is a few pointer writes and reads no clock.
 *
 * A new item waits in a list of its own until the next tick, and its time runs from there. So it never expires early,
 * however long the event loop was blocked before it was added, and most items are gone before they are looked at.
 * Before anything expires, `beforeExpiry` may take in what has arrived while the loop was blocked.
 */
export class TimerWheel {
  readonly #onExpire: (item: Timed) => void;
  readonly #beforeExpiry: () => void;
  readonly #wheel: Timed[] = Array.from({ length: spokes }, emptyList);
  readonly #fresh: Timed = emptyList();
  readonly #due: Timed = emptyList();
  #tick = 0;
  #lastMs = 0;
  #idleTicks = 0;
  #interval: NodeJS.Timeout | undefined;

  constructor(onExpire: (item: Timed) => void, beforeExpiry: () => void) {
    this.#onExpire = onExpire;
    this.#beforeExpiry = beforeExpiry;
  }

  add(item: Timed, ms: number): void {
    // One more, because the tick it will run from may be under way already.
    item.timerTicks = Math.ceil(ms / timerTickMs) + 1;
    link(this.#fresh, item);
    if (this.#interval === undefined) this.#start();
  }

  remove(item: Timed): void {
    if (item.timerNext !== undefined) unlink(item);
  }

  close(): void {
    clearInterval(this.#interval);
    this.#interval = undefined;
  }

  #start(): void {
    this.#lastMs = performance.now();
    this.#idleTicks = 0;
    this.#interval = setInterval(() => this.#advance(), timerTickMs);
    this.#interval.unref();
  }

  #advance(): void {
    const elapsedTicks = Math.floor((performance.now() - this.#lastMs) / timerTickMs);
    this.#lastMs += elapsedTicks * timerTickMs;
    let seen = this.#fresh.timerNext !== this.#fresh;
    for (let i = 0; i < elapsedTicks; i++) seen = this.#turn() || seen;
    this.#place();
    if (this.#due.timerNext !== this.#due) this.#expire();
    this.#idleTicks = seen ? 0 : this.#idleTicks + 1;
    if (this.#idleTicks > idleTicksMax && this.#isEmpty()) this.close();
  }

  /** One tick: what is due leaves the wheel. Answers whether the spoke held anything. */
  #turn(): boolean {
    this.#tick += 1;
    const spoke = this.#wheel[this.#tick % spokes]!;
    let item = spoke.timerNext!;
    const held = item !== spoke;
    while (item !== spoke) {
      const next = item.timerNext!;
      item.timerTicks -= spokes;
      if (item.timerTicks <= 0) {
        unlink(item);
        link(this.#due, item);
      }
      item = next;
    }
    return held;
  }

  #place(): void {
    while (this.#fresh.timerNext !== this.#fresh) {
      const item = this.#fresh.timerNext!;
      unlink(item);
      const spoke = this.#wheel[(this.#tick + item.timerTicks) % spokes]!;
      link(spoke, item);
    }
  }

  #expire(): void {
    this.#beforeExpiry();
    while (this.#due.timerNext !== this.#due) {
      const item = this.#due.timerNext!;
      unlink(item);
      this.#onExpire(item);
    }
  }

  #isEmpty(): boolean {
    return this.#fresh.timerNext === this.#fresh && this.#wheel.every((spoke) => spoke.timerNext === spoke);
  }
}

function emptyList(): Timed {
  const list = new Timed();
  list.timerNext = list;
  list.timerPrevious = list;
  return list;
}

function link(list: Timed, item: Timed): void {
  const last = list.timerPrevious!;
  item.timerNext = list;
  item.timerPrevious = last;
  last.timerNext = item;
  list.timerPrevious = item;
}

function unlink(item: Timed): void {
  item.timerPrevious!.timerNext = item.timerNext;
  item.timerNext!.timerPrevious = item.timerPrevious;
  item.timerNext = undefined;
  item.timerPrevious = undefined;
}
