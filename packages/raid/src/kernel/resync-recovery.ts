import type { DataBlock } from './data-state.ts';
import type { JournalEntry, MjEntry } from './journal.ts';
import type { MemberSink, ProxyEntry } from './proxy-messages.ts';
import { stepData } from './resync-data.ts';
import type { ResyncEnv, ResyncState } from './resync-state.ts';

/**
 * Read what the log says of parity that is stale, and hand the rest to the data IOM. A block that was restored is to it
 * one whose updates began and ended.
 */
export function recover(
  state: ResyncState,
  blocks: readonly DataBlock[],
  entries: readonly (JournalEntry | ProxyEntry)[],
  env: ResyncEnv,
  out: MemberSink,
): void {
  const inner: JournalEntry[] = [];
  for (const entry of entries) {
    switch (entry.type) {
      case 'stale': {
        const { gfid, group, parity: peer } = entry;
        state.staleParity.set({ gfid, group, peer });
        break;
      }
      case 'fresh':
        state.staleParity.delete({ gfid: entry.gfid, group: entry.group, peer: entry.parity });
        break;
      case 'restored':
        inner.push(...asUpdates(entry));
        break;
      case 'proxied':
      case 'encoded':
      case 'marked':
      case 'unmarked':
        break;
      default:
        inner.push(entry);
    }
  }
  stepData(state, { type: 'recovered', blocks, entries: inner }, env, out);
}

function asUpdates(entry: Extract<ProxyEntry, { type: 'restored' }>): JournalEntry[] {
  const { id, gfid, lblk, group, slot, seq, checksum, address: newAddress } = entry;
  const nothing = { oldAddress: 0, writeStart: 0, writeBytes: 0, parity: 0 };
  const applied = entry.applied.length > 0 ? entry.applied : [{ client: 0, request: 0 }];
  return applied.flatMap(({ client, request }): JournalEntry[] => {
    const write = { gfid, lblk, group, slot, seq, checksum, newAddress, client, request };
    const mj: MjEntry = { type: 'mj', mj: id, ...write, ...nothing };
    return [mj, { type: 'mj_complete', id }];
  });
}
