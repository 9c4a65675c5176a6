import { type Delta, type NfsState, type Owner, ownerKey } from './state-types.ts';
import { isOlder } from './stateids.ts';

/** Sequence numbers go round at 2^32. */
const isLater = (seqid: number, than: number): boolean => isOlder(than, seqid);

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
    case 'locks-gone':
      return state.locks.has(delta.key);
    case 'session':
      return state.clients.has(delta.session.client);
    case 'session-gone':
    case 'session-shared':
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
