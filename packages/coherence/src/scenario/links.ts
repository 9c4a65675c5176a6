import type { ViewMessage } from '../kernel/view-types.ts';

/** A message on its way. */
export interface Envelope {
  readonly from: number;
  readonly to: number;
  /** Undefined for one of a change of view. */
  readonly key: string | undefined;
  readonly message: ViewMessage;
  /** A duplicate, which the session drops where it arrives: the kernel never sees it. */
  readonly isDropped: boolean;
}

export type Link = readonly [from: number, to: number];

/** Which messages of a link are meant; all where omitted. */
export type Choice = (envelope: Envelope) => boolean;

const any: Choice = () => true;

/** One queue for each ordered pair of nodes. */
export class Links {
  readonly #nodes: number;
  /** Only links with a message on them, by the place of the link. */
  readonly #queues = new Map<number, Envelope[]>();
  readonly #held = new Set<number>();

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  send(from: number, to: number, key: string | undefined, message: ViewMessage): void {
    this.#append({ from, to, key, message, isDropped: false });
  }

  #append(envelope: Envelope): void {
    const place = this.#place([envelope.from, envelope.to]);
    const queue = this.#queues.get(place);
    if (queue === undefined) this.#queues.set(place, [envelope]);
    else queue.push(envelope);
  }

  #place([from, to]: Link): number {
    return from * this.#nodes + to;
  }

  on(link: Link): readonly Envelope[] {
    return this.#queues.get(this.#place(link)) ?? [];
  }

  get areEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** Everything under way. */
  all(): Envelope[] {
    return [...this.#queues.values()].flat();
  }

  /** Takes the first message of a link that is meant. */
  take(link: Link, choice = any): Envelope | undefined {
    const place = this.#place(link);
    const queue = this.#queues.get(place) ?? [];
    const index = queue.findIndex(choice);
    if (index < 0) return undefined;
    const [envelope] = queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(place);
    return envelope;
  }

  /** Takes the first message that is meant on the lowest link that is not held. */
  takeLowest(choice = any): Envelope | undefined {
    for (const place of [...this.#queues.keys()].sort((a, b) => a - b)) {
      if (this.#held.has(place)) continue;
      const taken = this.take([Math.floor(place / this.#nodes), place % this.#nodes], choice);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }

  /** Whether a message that is meant is on a link that is not held. */
  hasDeliverable(choice = any): boolean {
    return [...this.#queues].some(([place, queue]) => !this.#held.has(place) && queue.some(choice));
  }

  /** Takes all messages of a link but the first few, which still arrive; answers those taken. */
  cut(link: Link, kept: number): Envelope[] {
    const place = this.#place(link);
    const queue = this.#queues.get(place) ?? [];
    const lost = queue.splice(kept);
    if (queue.length === 0) this.#queues.delete(place);
    return lost.filter(({ isDropped }) => !isDropped);
  }

  /** Puts a copy of the next message right behind it. */
  duplicate(link: Link, isDropped: boolean, choice = any): Envelope | undefined {
    const queue = this.#queues.get(this.#place(link)) ?? [];
    const index = queue.findIndex(choice);
    const original = queue[index];
    if (original === undefined) return undefined;
    queue.splice(index + 1, 0, { ...original, isDropped });
    return original;
  }

  hold(link: Link): void {
    this.#held.add(this.#place(link));
  }

  release(link: Link): void {
    this.#held.delete(this.#place(link));
  }
}
