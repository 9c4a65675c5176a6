import type { PagePool } from '@holdfast/runtime';
import { BlockDamagedError, ClaimedError, NoSpaceError, PagesGoneError } from '../errors.ts';
import type { BlockJournal } from '../journal/block-journal.ts';
import type { BlockWrite } from '../journal/data-role.ts';
import { membersOfRow, paritiesOfRow } from '../journal/object-members.ts';
import { handleOfPage } from '../journal/page-handles.ts';
import type { WriteWaiter } from '../journal/write-waiter.ts';
import { type Address, noAddress, noPeer } from '../kernel/journal.ts';
import { heldBlocksMax, readAttemptsMax } from '../limits.ts';
import type { BlockStore } from '../store/block-store.ts';
import type {
  BlockRangeRequest,
  BlockUseAnswer,
  ClaimRequest,
  HeldBlocksAnswer,
  HeldRequest,
  MendRequest,
  ReadBlocksAnswer,
  ReadBlocksRequest,
  ReadOutcome,
  ReadParityAnswer,
  ReadParityRequest,
  WriteBlocksAnswer,
  WriteBlocksRequest,
} from './messages.ts';

/** Why a write was not begun; any other failure, undefined, is that of the drive, or of the whole I/O manager. */
function refusal(reason: unknown): 'claimed' | 'full' | 'damaged' | undefined {
  if (reason instanceof ClaimedError) return 'claimed';
  if (reason instanceof NoSpaceError) return 'full';
  if (reason instanceof BlockDamagedError) return 'damaged';
  return undefined;
}

type BlockWriteMessage = WriteBlocksRequest['writes'][number];

/**
 * How all of them ended, none of which may still be under way when one has failed: its page is held until then. One promise
 * for all: a request has up to 64 writes, and each was several.
 */
function outcomesOf(
  writes: readonly BlockWriteMessage[],
  carryOut: (write: BlockWriteMessage, waiter: WriteWaiter) => void,
): Promise<WriteBlocksAnswer> {
  return new Promise((resolve, reject) => {
    const outcomes: WriteBlocksAnswer = [];
    const failures: unknown[] = [];
    let left = writes.length;
    if (left === 0) resolve(outcomes);
    const over = () => {
      left--;
      if (left > 0) return;
      if (failures.length > 0) reject(failures[0]);
      else resolve(outcomes);
    };
    for (const [index, write] of writes.entries()) {
      carryOut(write, {
        done: ({ outcome }) => {
          outcomes[index] = outcome;
          over();
        },
        failed: (error) => {
          const refused = refusal(error);
          if (refused === undefined) failures.push(error);
          else outcomes[index] = refused;
          over();
        },
      });
    }
  });
}

interface PageMessage {
  readonly page: number;
  readonly generation: number;
}

/** Requests for single blocks of objects, served by the journaled write of one I/O manager. */
export class BlockRequests {
  readonly #journal: BlockJournal;
  readonly #store: BlockStore;
  readonly #pages: PagePool;

  constructor(journal: BlockJournal, store: BlockStore, pages: PagePool) {
    this.#journal = journal;
    this.#store = store;
    this.#pages = pages;
  }

  write(request: WriteBlocksRequest): Promise<WriteBlocksAnswer> {
    return this.#each(request, (write, mayBegin, waiter) => this.#journal.data.write(write, mayBegin, waiter));
  }

  /** The same in the place of a member that is not there. */
  proxyWrites(request: WriteBlocksRequest): Promise<WriteBlocksAnswer> {
    return this.#each(request, (write, mayBegin, { done, failed }) => {
      this.#journal.writeFor(write, mayBegin).then(done, failed);
    });
  }

  #each(
    { gfid, client, claim, toughness, writes }: WriteBlocksRequest,
    carryOut: (write: BlockWrite, mayBegin: () => boolean, waiter: WriteWaiter) => void,
  ): Promise<WriteBlocksAnswer> {
    return this.#holding([...writes, ...writes.flatMap(({ old }) => old ?? [])], () => {
      const mayBegin = () => this.#mayWrite(gfid, claim);
      return outcomesOf(writes, (write, waiter) => {
        const { lblk, group, slot, parities, request, start, bytes, page, old } = write;
        const payload = handleOfPage(page);
        const [parity = noPeer, second] = parities;
        const before = old && { old: { value: handleOfPage(old.page), seq: old.seq } };
        const where = { gfid, lblk, group, slot, parity, ...(second !== undefined && { second }), ...before };
        const what = { client, request, payload, writeStart: start, writeBytes: bytes, toughness };
        carryOut({ ...where, ...what }, mayBegin, waiter);
      });
    });
  }

  async claim({ gfid, token }: ClaimRequest): Promise<number> {
    const known = this.#store.journaled.claim(gfid);
    if (token <= known) return known;
    await this.#store.journal({ type: 'claim', gfid, token }, 0);
    await this.#journal.quiet(gfid);
    return this.#store.journaled.claim(gfid);
  }

  /** Whether a write with this claim may begin: nobody has claimed the object since. */
  #mayWrite(gfid: number, claim: number): boolean {
    return claim >= this.#store.journaled.claim(gfid);
  }

  mend({ gfid, lblk, page, generation }: MendRequest): Promise<boolean> {
    return this.#holding([{ page, generation }], () => this.#journal.mend(gfid, lblk, this.#pages.bytes(page)));
  }

  read({ gfid, client, atLeast, blocks }: ReadBlocksRequest): Promise<ReadBlocksAnswer> {
    return this.#holding(blocks, () =>
      Promise.all(
        blocks.map(async ({ lblk, page }) => {
          const locate = () => this.#journal.data.locate(gfid, lblk, client, atLeast);
          const { outcome, found } = await this.#copy(locate, page);
          return { outcome, seq: found.seq };
        }),
      ),
    );
  }

  readParity({ gfid, groups }: ReadParityRequest): Promise<ReadParityAnswer> {
    return this.#holding(groups, async () => {
      return Promise.all(
        groups.map(async ({ group, page }) => {
          const { outcome, found } = await this.#copy(() => this.#journal.parity.locateRight(gfid, group), page);
          return { outcome, vv: Array.from(found.vv, (seq) => seq ?? 0) };
        }),
      );
    });
  }

  sync({ gfid, fromBlock, toBlock }: BlockRangeRequest): Promise<void> {
    return this.#journal.quiet(gfid, fromBlock, toBlock);
  }

  use({ gfid, fromBlock, toBlock }: BlockRangeRequest): BlockUseAnswer {
    const { journaled } = this.#store;
    const isAsked = (lblk: number) => lblk >= fromBlock && lblk < toBlock;
    const held = [...journaled.dataBlocks(gfid)].filter(({ lblk, address }) => isAsked(lblk) && address !== noAddress);
    const away = [...this.#writtenElsewhere(gfid)].filter(isAsked);
    const endBlock = [...held.map(({ lblk }) => lblk), ...away].reduce((end, lblk) => Math.max(end, lblk + 1), 0);
    const parityBlocks = journaled.parityBlocks(gfid).length;
    const changes = this.#journal.changesOf(gfid);
    return { dataBlocks: held.length, awayBlocks: away.length, parityBlocks, endBlock, changes };
  }

  /** Blocks of members that are away of which parity here knows a write; of two that know the first says so. */
  *#writtenElsewhere(gfid: number): Generator<number> {
    const { journaled, view, identity } = this.#store;
    const layout = journaled.layout(gfid);
    const isAway = (member: number) => !view.live.includes(member);
    if (layout === undefined || !layout.span.some(isAway)) return;
    for (const { group, vv } of journaled.parityBlocks(gfid)) {
      const speaker = paritiesOfRow(layout, group).find((member) => !isAway(member));
      if (speaker !== identity.member) continue;
      for (const [slot, { peer, lblk }] of membersOfRow(layout, group).entries()) {
        if (isAway(peer) && (vv[slot] ?? 0) > 0) yield lblk;
      }
    }
  }

  /** What may be held of an object: known once a member that came back has heard what changed while it was away. */
  async heldBlocks(request: HeldRequest): Promise<HeldBlocksAnswer> {
    await this.#journal.data.heard(request.gfid);
    return this.#held(request);
  }

  #held({ gfid, fromBlock, toBlock, fromGroup, toGroup }: HeldRequest): HeldBlocksAnswer {
    const { journaled } = this.#store;
    const places = ({ address }: { readonly address: Address }) => address !== noAddress;
    const blocks = [
      ...[...journaled.dataBlocks(gfid)].filter(places).map(({ lblk }) => lblk),
      ...this.#journal.data.openBlocks(gfid),
    ].filter((lblk) => lblk >= fromBlock && lblk < toBlock);
    const groups = [
      ...journaled
        .parityBlocks(gfid)
        .filter(places)
        .map(({ group }) => group),
      ...this.#journal.parity.openGroups(gfid),
    ].filter((group) => group >= fromGroup && group < toGroup);
    return { blocks: firstOf(blocks), groups: firstOf(groups) };
  }

  async giveBack(request: HeldRequest): Promise<number> {
    const { gfid } = request;
    const { blocks, groups } = this.#held(request);
    const given = await Promise.all([
      ...blocks.map((lblk) => this.#journal.data.giveBack(gfid, lblk)),
      ...groups.map((group) => this.#journal.parity.giveBack(gfid, group)),
    ]);
    return given.filter(Boolean).length;
  }

  /**
   * Copy a block to a page of the caller. A block that was overwritten and its place used again while it was read is
   * looked up anew.
   */
  async #copy<Found extends { readonly address: Address; readonly stale?: boolean; readonly lost?: boolean }>(
    locate: () => Promise<Found>,
    page: number,
  ): Promise<{ readonly outcome: ReadOutcome; readonly found: Found }> {
    let found = await locate();
    for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
      if (found.stale === true) return { outcome: 'stale', found };
      if (found.lost === true) return { outcome: 'damaged', found };
      if (found.address === noAddress) return { outcome: 'hole', found };
      if (await this.#journal.copy(found.address, this.#pages.bytes(page))) return { outcome: 'ok', found };
      const now = await locate();
      if (now.address === found.address) break;
      found = now;
    }
    return { outcome: 'damaged', found };
  }

  /** Keep the sender's pages from being used again until the work on them is over. */
  async #holding<T>(messages: readonly PageMessage[], work: () => Promise<T>): Promise<T> {
    const held: PageMessage[] = [];
    try {
      for (const message of messages) {
        if (!this.#pages.hold(message.page, 1, message.generation)) throw new PagesGoneError();
        held.push(message);
      }
      return await work();
    } finally {
      for (const { page } of held) this.#pages.release(page, 1);
    }
  }
}

const firstOf = (numbers: readonly number[]): number[] =>
  [...new Set(numbers)].sort((a, b) => a - b).slice(0, heldBlocksMax);
