import type { JournalEntry, MjEntry } from './journal.ts';
import type { ParityBlock } from './parity-state.ts';
import type { ProxyEntry, ProxySink } from './proxy-messages.ts';
import { stepParity } from './proxy-parity.ts';
import { mark, type ProxyEnv, type ProxyState, unmark } from './proxy-state.ts';

/**
 * Read what the log says of marks and requests, and hand the rest to the parity IOM. A move of parity by the proxy is to
 * it an update that began and ended: no other of the group was open then.
 */
export function recover(
  state: ProxyState,
  blocks: readonly ParityBlock[],
  entries: readonly (JournalEntry | ProxyEntry)[],
  env: ProxyEnv,
  out: ProxySink,
): void {
  const inner: JournalEntry[] = [];
  for (const entry of entries) {
    switch (entry.type) {
      case 'proxied':
        inner.push(...asUpdate(entry, entry.slot, entry.seq));
        if (env.proxyRules.marksWrites()) mark(state, entry);
        state.requests.know(0, entry);
        break;
      case 'encoded':
        for (const [slot, seq] of entry.vv.entries()) inner.push(...asUpdate(entry, slot, seq));
        break;
      case 'marked':
        mark(state, entry);
        if (entry.client !== 0) state.requests.know(0, entry);
        break;
      case 'unmarked':
        unmark(state, entry);
        break;
      case 'restored':
      case 'stale':
      case 'fresh':
        break;
      default:
        inner.push(entry);
        if (entry.type === 'pj') state.requests.know(entry.pj, entry.mj);
        else if (entry.type === 'pj_abort') state.requests.forget(entry.id);
    }
  }
  stepParity(state, { type: 'recovered', blocks, entries: inner }, env, out);
}

function asUpdate(
  { id, gfid, group, address, checksum }: Extract<ProxyEntry, { type: 'proxied' | 'encoded' }>,
  slot: number,
  seq: number,
): JournalEntry[] {
  const nothing = { lblk: 0, writeStart: 0, writeBytes: 0, client: 0, request: 0, parity: 0 };
  const addresses = { newAddress: address, oldAddress: 0, checksum };
  const mj: MjEntry = { type: 'mj', mj: id, gfid, group, slot, seq, ...nothing, ...addresses };
  return [
    { type: 'pj', pj: id, from: 0, mj, ...addresses },
    { type: 'pj_complete', id },
  ];
}
