import type { Delta, NfsState, Owner } from '../kernel/state-types.ts';
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

/** Sequence numbers go round at 2^32. */
const isLater = (seqid: number, than: number): boolean => {
  const ahead = (seqid - than) >>> 0;
  return ahead > 0 && ahead < 2 ** 31;
};

const isNews = (owner: Owner | undefined, { seqid }: Owner): boolean =>
  owner === undefined || isLater(seqid, owner.seqid);

/** Whether a change that another head made in its memory fits here, and is news: it may be late, or come alone. */
export function isApplicable(state: NfsState, delta: Delta): boolean {
  switch (delta.type) {
    case 'open-owner':
      return (
        state.clients.has(delta.client) && isNews(state.openOwners.get(ownerKey(delta.client, delta.owner)), delta.is)
      );
    case 'lock-owner':
      return (
        state.clients.has(delta.client) && isNews(state.lockOwners.get(ownerKey(delta.client, delta.owner)), delta.is)
      );
    case 'slot':
    case 'slot-step': {
      const slot = state.sessions.get(delta.session)?.slots[delta.slot];
      return slot !== undefined && isLater(delta.is.seqid, slot.seqid);
    }
    case 'open':
      return state.clients.has(delta.open.client);
    case 'close':
      return state.opens.has(delta.key);
    case 'locks':
      return state.opens.has(delta.locks.open);
    case 'session':
      return state.clients.has(delta.session.client);
    case 'session-gone':
      return state.sessions.has(delta.session);
    case 'client-gone':
    case 'client-kept':
      return state.clients.has(delta.client);
    case 'lock-owner-gone':
      return state.clients.has(delta.client);
    default:
      return true;
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
