/** Something that ends when a signal aborts. In at most one watch; the watch links these to one another. */
export interface Abortable {
  watch: SignalWatch | undefined;
  watchNext: Abortable | undefined;
  watchPrevious: Abortable | undefined;
}

/** Everything of one thread that waits on one signal: one listener, however many calls share the signal. */
export class SignalWatch {
  readonly signal: AbortSignal;
  first: Abortable | undefined;
  /** Sweeps that found nobody waiting. */
  idleSweeps = 0;
  readonly #listener: () => void;

  constructor(signal: AbortSignal, onAbort: (item: Abortable, reason: unknown) => void) {
    this.signal = signal;
    this.#listener = () => {
      while (this.first !== undefined) {
        const item = this.first;
        this.remove(item);
        onAbort(item, signal.reason);
      }
    };
    signal.addEventListener('abort', this.#listener, { once: true });
  }

  add(item: Abortable): void {
    item.watch = this;
    item.watchNext = this.first;
    item.watchPrevious = undefined;
    if (this.first !== undefined) this.first.watchPrevious = item;
    this.first = item;
    this.idleSweeps = 0;
  }

  remove(item: Abortable): void {
    if (item.watchPrevious === undefined) this.first = item.watchNext;
    else item.watchPrevious.watchNext = item.watchNext;
    if (item.watchNext !== undefined) item.watchNext.watchPrevious = item.watchPrevious;
    item.watch = undefined;
    item.watchNext = undefined;
    item.watchPrevious = undefined;
  }

  close(): void {
    this.signal.removeEventListener('abort', this.#listener);
  }
}

const sweepMs = 250;
const idleSweepsMax = 2;

/**
 * The signals this thread's calls wait on. A listener stays for a while after its last call, since the next call often
 * brings the same signal, and is then taken off, since signals may outlive their calls by far.
 */
export class SignalWatches {
  readonly #onAbort: (item: Abortable, reason: unknown) => void;
  readonly #watches = new Map<AbortSignal, SignalWatch>();
  #last: SignalWatch | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(onAbort: (item: Abortable, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  get size(): number {
    return this.#watches.size;
  }

  add(signal: AbortSignal, item: Abortable): void {
    const watch = this.#last?.signal === signal ? this.#last : this.#watchOf(signal);
    this.#last = watch;
    watch.add(item);
  }

  remove(item: Abortable): void {
    item.watch?.remove(item);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    this.#last = undefined;
  }

  #watchOf(signal: AbortSignal): SignalWatch {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      watch = new SignalWatch(signal, this.#onAbort);
      this.#watches.set(signal, watch);
      this.#sweep ??= setInterval(() => this.#dropIdle(), sweepMs).unref();
    }
    return watch;
  }

  #dropIdle(): void {
    for (const [signal, watch] of this.#watches) {
      if (watch.first !== undefined) continue;
      watch.idleSweeps += 1;
      if (watch.idleSweeps < idleSweepsMax && !signal.aborted) continue;
      watch.close();
      this.#watches.delete(signal);
      if (this.#last === watch) this.#last = undefined;
    }
    if (this.#watches.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
