import type { Decoder, Encoder } from '@holdfast/kernel';
import { clientsPerBlockMax, knownBlocksMax } from '../limits.ts';
import type { JournalId, MjEntry } from './journal.ts';
import { type BlockName, byBlock, NamedTable } from './named-table.ts';
import type { AppliedRequest } from './proxy-messages.ts';

/** A request that a block has, and the entry of parity by which it is known; 0 for the proxy's own. */
export interface KnownRequest extends AppliedRequest {
  readonly pj: JournalId;
}

/** The requests of one block, the latest last. */
interface KnownBlock extends BlockName {
  readonly requests: readonly KnownRequest[];
}

/**
 * The requests that blocks have, as a parity IOM knows them, so that one that was carried out by the data IOM is only
 * answered at the proxy. Of the {@link knownBlocksMax} blocks written last: what is older is not asked for again, since a
 * caller asks again as soon as it hears of the new view.
 */
export class KnownRequests {
  readonly #blocks: NamedTable<BlockName, KnownBlock>;

  constructor(blocks = new NamedTable<BlockName, KnownBlock>(byBlock)) {
    this.#blocks = blocks;
  }

  of(block: BlockName): readonly KnownRequest[] {
    return this.#blocks.get(block)?.requests ?? [];
  }

  know(pj: JournalId, { gfid, lblk, client, request }: Pick<MjEntry, 'gfid' | 'lblk' | 'client' | 'request'>): void {
    const others = this.of({ gfid, lblk }).filter((other) => other.client !== client || other.request !== request);
    const requests = [...others, { client, request, pj }].slice(-clientsPerBlockMax);
    this.#blocks.delete({ gfid, lblk });
    this.#blocks.set({ gfid, lblk, requests });
    if (this.#blocks.size <= knownBlocksMax) return;
    for (const oldest of this.#blocks) {
      this.#blocks.delete(oldest);
      break;
    }
  }

  /** The update by which some were known does not count. */
  forget(pj: JournalId): void {
    for (const { gfid, lblk, requests } of [...this.#blocks]) {
      if (!requests.some((known) => known.pj === pj)) continue;
      const left = requests.filter((known) => known.pj !== pj);
      if (left.length === 0) this.#blocks.delete({ gfid, lblk });
      else this.#blocks.set({ gfid, lblk, requests: left });
    }
  }

  encode(into: Encoder): void {
    this.#blocks.encode(into, ({ gfid, lblk, requests }, to) => {
      to.uint(gfid);
      to.uint(lblk);
      to.list(requests, ({ client, request, pj }, each) => {
        each.uint(client);
        each.uint(request);
        each.uint(pj);
      });
    });
  }

  static decode(from: Decoder): KnownRequests {
    const blocks = NamedTable.decode<BlockName, KnownBlock>(byBlock, from, (each) => ({
      gfid: each.uint(),
      lblk: each.uint(),
      requests: each.list((known) => ({ client: known.uint(), request: known.uint(), pj: known.uint() })),
    }));
    return new KnownRequests(blocks);
  }
}
