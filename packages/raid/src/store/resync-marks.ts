import type { JournalEntry, Peer } from '../kernel/journal.ts';
import { type BlockName, byBlock, byGroup, type GroupName, NamedTable } from '../kernel/named-table.ts';
import type { AppliedRequest, ProxyEntry, StaleBlock } from '../kernel/proxy-messages.ts';
import { clientsPerBlockMax } from '../limits.ts';

interface MarkedBlock extends StaleBlock {
  readonly applied: readonly AppliedRequest[];
}

interface StaleParity extends GroupName {
  readonly parity: Peer;
}

const bytesOfMark = 72;
/** Where a mark is written again nobody waits for it by its number. */
const noId = 0;

/**
 * What a drive knows others have to catch up on: blocks of stopped members that only the parity here has, and groups of
 * blocks here whose parity is not right. One for each such block and group, so that resync costs what has changed.
 */
export class ResyncMarks {
  readonly #marks = new NamedTable<BlockName, MarkedBlock>(byBlock);
  readonly #staleParity = new NamedTable<StaleParity, StaleParity>({
    key: (name) => `${name.parity}.${byGroup.key(name)}`,
    compare: byGroup.compare,
  });

  get isEmpty(): boolean {
    return this.#marks.size + this.#staleParity.size === 0;
  }

  get liveBytes(): number {
    return (this.#marks.size + this.#staleParity.size) * bytesOfMark;
  }

  apply(entry: JournalEntry | ProxyEntry): void {
    switch (entry.type) {
      case 'proxied':
      case 'marked':
        this.#mark(entry, entry);
        break;
      case 'unmarked':
        if ((this.#marks.get(entry)?.seq ?? Number.POSITIVE_INFINITY) <= entry.seq) this.#marks.delete(entry);
        break;
      case 'stale':
        this.#staleParity.set({ gfid: entry.gfid, group: entry.group, parity: entry.parity });
        break;
      case 'fresh':
        this.#staleParity.delete({ gfid: entry.gfid, group: entry.group, parity: entry.parity });
        break;
      default:
        break;
    }
  }

  /** An object is gone. */
  drop(gfid: number): void {
    for (const mark of [...this.#marks]) if (mark.gfid === gfid) this.#marks.delete(mark);
    for (const stale of [...this.#staleParity]) if (stale.gfid === gfid) this.#staleParity.delete(stale);
  }

  /** The marks as entries of a log: one for each request that the block has. */
  *markEntries(): Generator<ProxyEntry> {
    for (const { applied, ...block } of this.#marks) {
      const requests = applied.length > 0 ? applied : [{ client: 0, request: 0 }];
      for (const request of requests) yield { type: 'marked', id: noId, ...block, ...request };
    }
  }

  *staleParityEntries(): Generator<ProxyEntry> {
    for (const stale of this.#staleParity) yield { type: 'stale', id: noId, ...stale };
  }

  #mark({ gfid, lblk, group, slot, seq }: StaleBlock, { client, request }: AppliedRequest): void {
    const known = this.#marks.get({ gfid, lblk });
    const others = (known?.applied ?? []).filter((each) => each.client !== client);
    const applied = client === 0 ? others : [...others, { client, request }].slice(-clientsPerBlockMax);
    this.#marks.set({ gfid, lblk, group, slot, seq: Math.max(seq, known?.seq ?? 0), applied });
  }
}
