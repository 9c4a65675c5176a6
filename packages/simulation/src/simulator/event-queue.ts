/** Something due at a virtual time. */
export interface DueEvent {
  dueNs: number;
  /** Ties are broken by the order of scheduling. */
  order: number;
}

/** The events of a run by virtual time: a binary heap. */
export class EventQueue<Event extends DueEvent> {
  readonly #heap: Event[] = [];
  #scheduled = 0;

  get length(): number {
    return this.#heap.length;
  }

  /** Add an event, after all those already there for the same time. */
  schedule(event: Event): void {
    event.order = this.#scheduled++;
    this.reschedule(event);
  }

  /** Add an event that keeps its place among those of the same time. */
  reschedule(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  /** Take the earliest event out. */
  next(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      const below = heap[child] as Event;
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: DueEvent, b: DueEvent): boolean => a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order);
