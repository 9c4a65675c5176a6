import type { Delta } from '../kernel/state-types.ts';
import { ownerKey } from '../kernel/state-types.ts';
import { outboxEntriesMax } from '../limits.ts';

/** What a change from memory is about: of several of one key only the last is sent. */
function keyOf(delta: Delta): string {
  switch (delta.type) {
    case 'open-owner':
    case 'lock-owner':
      return `${delta.type}/${ownerKey(delta.client, delta.owner)}`;
    case 'slot':
    case 'slot-step':
      return `slot/${delta.session}/${delta.slot}`;
    case 'open':
      return `open/${delta.open.key}`;
    case 'close':
      return `open/${delta.key}`;
    case 'locks':
      return `locks/${delta.locks.key}`;
    case 'renewed':
      return `renewed/${delta.client}`;
    default:
      return JSON.stringify(delta);
  }
}

/** What waits to be sent from memory. It may all be lost: whoever is asked next does some work again. */
export class Outbox {
  readonly #changes = new Map<string, Delta>();
  #droppedTotal = 0;

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  put(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      const key = keyOf(delta);
      if (!this.#changes.has(key) && this.#changes.size >= outboxEntriesMax) this.#droppedTotal++;
      else this.#changes.set(key, delta);
    }
  }

  take(): readonly Delta[] {
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    return changes;
  }
}
