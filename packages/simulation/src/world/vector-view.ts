import type { DiskImage } from './disk-image.ts';
import { linkBroken, linkKnownDown } from './layout.ts';
import type { WorldView } from './view.ts';
import type { WorldStore } from './world-store.ts';

/** A state vector as properties and workloads see it. */
export class VectorView implements WorldView {
  readonly #store: WorldStore;
  #vector: readonly number[] = [];
  /** The messages of each list that was asked for. */
  readonly #queues: (readonly unknown[])[] = [];

  constructor(store: WorldStore) {
    this.#store = store;
  }

  /** Look at `vector` from now on. */
  at(vector: readonly number[]): this {
    this.#vector = vector;
    return this;
  }

  state<State>(node: number, part: number): Readonly<State> {
    const word = this.#word(this.#store.layout.state(node, part));
    return this.#store.states(node, part).shared(word) as State;
  }

  up(node: number): boolean {
    return (this.#word(this.#store.layout.life(node)) & 1) === 1;
  }

  incarnation(node: number): number {
    return this.#word(this.#store.layout.life(node)) >>> 1;
  }

  get messagesInFlight(): number {
    const { layout, topology, lists } = this.#store;
    let count = 0;
    for (let direction = 0; direction < topology.directions.length; direction++) {
      const queue = this.#word(layout.queues + direction);
      if (queue !== 0) count += lists.list(queue).length;
    }
    return count;
  }

  get diskOpsInFlight(): number {
    const { layout, spec, disks } = this.#store;
    let count = 0;
    for (let node = 0; node < spec.nodes.length; node++) {
      count += (disks.shared(this.#word(layout.disk(node))) as DiskImage).pending.length;
    }
    return count;
  }

  block(node: number, address: number): number {
    return (this.#store.disks.shared(this.#word(this.#store.layout.disk(node))) as DiskImage).durable(address);
  }

  messages(link: number, end: 0 | 1): readonly unknown[] {
    const { layout, lists, values } = this.#store;
    const queue = this.#word(layout.queues + 2 * link + end);
    this.#queues[queue] ??= lists.list(queue).map((message) => values.value(message));
    return this.#queues[queue];
  }

  armed(node: number, part: number): readonly number[] {
    return this.#store.lists.list(this.#word(this.#store.layout.timers(node, part)));
  }

  issued(call: number): number {
    const at = this.#store.layout.issued(call);
    return at === undefined ? 0 : this.#word(at);
  }

  monitor<State>(index: number): Readonly<State> {
    const word = this.#word(this.#store.layout.monitors + index);
    return this.#store.monitors[index]?.shared(word) as State;
  }

  /** No message, disk operation or notice of a link change is under way. */
  get quiet(): boolean {
    return this.messagesInFlight === 0 && this.diskOpsInFlight === 0 && !this.#noticesPending;
  }

  get #noticesPending(): boolean {
    const { layout, topology } = this.#store;
    return topology.listeners.some((listener, direction) => {
      if (listener === undefined || !this.up(topology.directions[direction]?.from ?? 0)) return false;
      const word = this.#word(layout.links + (direction >>> 1));
      const knownDown = (word & (linkKnownDown << (direction & 1))) !== 0;
      return knownDown !== ((word & linkBroken) !== 0);
    });
  }

  #word(at: number): number {
    return this.#vector[at] as number;
  }
}
