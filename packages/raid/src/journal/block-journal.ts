import type { PagePool } from '@holdfast/runtime';
import { BlockDamagedError, DriveClosedError } from '../errors.ts';
import { type MjEntry, noAddress, type Peer, parityPeers } from '../kernel/journal.ts';
import type { GroupName } from '../kernel/named-table.ts';
import type { MemberBlock, ProxyResult, ToMember, ToProxy } from '../kernel/proxy-messages.ts';
import { blanksPerStepMax } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { ArrayView } from '../store/identity.ts';
import { type BlockWrite, DataRole } from './data-role.ts';
import type { RowOfWrite } from './first-places.ts';
import type { ConnectIom } from './iom-link.ts';
import { JournalStorage } from './journal-storage.ts';
import {
  decodeLinkMessage,
  encodeLinkMessage,
  type HurryUp,
  type LinkMessage,
  type PageTaken,
  type RowPlace,
} from './link-messages.ts';
import { MemberLinks } from './member-links.ts';
import { membersOfRow, paritiesOfRow, rowOfBlock } from './object-members.ts';
import { Outbox } from './outbox.ts';
import { handleOfPage } from './page-handles.ts';
import { PageLoans } from './page-loans.ts';
import { ParityRole } from './parity-role.ts';
import { Reservations } from './reservations.ts';
import type { NoteStep, RoleHost, Sending } from './role-host.ts';
import { RowQuestions } from './row-questions.ts';

export interface JournalHost {
  readonly store: BlockStore;
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
  readonly connect: ConnectIom;
  readonly trace: NoteStep;
  beforeFlush(entry: MjEntry): Promise<void> | undefined;
}

/** What a member has to catch up on, as one I/O manager knows, and what travelled for resync so far. */
export interface BehindCount {
  /** Blocks that are not where they belong, and groups whose parity is not right. */
  readonly blocks: number;
  readonly groups: number;
  /** Blocks that this I/O manager was sent, or sent, in its present life so that others, or parity, catch up. */
  readonly blocksMoved: number;
}

/** The journaled write of one I/O manager: both its roles, and its links to those of the other members. */
export class BlockJournal {
  readonly data: DataRole;
  readonly parity: ParityRole;
  readonly #host: JournalHost;
  readonly #storage: JournalStorage;
  readonly #links: MemberLinks;
  readonly #outbox = new Outbox((to, bytes) => this.#links.send(to, bytes));
  readonly #loans: PageLoans;
  readonly #self: Peer | undefined;
  readonly #questions: RowQuestions;
  /** Writes of each object that began in this life. */
  readonly #changes = new Map<number, number>();
  readonly reservations: Reservations;
  #closed = false;

  /** @param view the first in which this member counts: a life begins. */
  constructor(host: JournalHost, view: ArrayView) {
    this.#host = host;
    this.#storage = new JournalStorage(host);
    this.#loans = new PageLoans(host.pages);
    const { identity } = host.store;
    // In groups with two parities a data IOM may write for another one, also with the parity IOM beside it.
    this.#self = identity.parity === 2 ? identity.member : undefined;
    const peers = identity.members.filter((member) => member !== identity.member || member === this.#self);
    this.#questions = new RowQuestions(
      (to, message) => this.#say(to, message),
      (peer) => host.store.view.live.includes(peer),
    );
    this.reservations = new Reservations(host.store, {
      blocks: (gfid) => this.data.openBlocks(gfid),
      groups: (gfid) => this.parity.openGroups(gfid),
    });
    const roleHost: Omit<RoleHost<never>, 'send'> = {
      store: host.store,
      storage: this.#storage,
      pages: host.pages,
      reservations: this.reservations,
      askRowPlace: this.#questions.ask,
      noteChange: (gfid) => this.#changes.set(gfid, (this.#changes.get(gfid) ?? 0) + 1),
      arePlacesComing: () => host.store.hasPlaces || this.data.arePlacesComing || this.parity.arePlacesComing,
      giveUpRowPlace: (write) => this.#giveUpRowPlace(write),
      incarnation: view.epoch,
      peers,
      self: this.#self,
      writeFor: (of, write) => this.data.writeFor(of, write),
      hurry: (peers) => this.#hurry(peers),
      trace: host.trace,
      beforeFlush: (entry) => host.beforeFlush(entry),
      damaged: (gfid, lblk) => new BlockDamagedError(host.store.path, gfid, lblk),
    };
    this.data = new DataRole({ ...roleHost, send: (to, message, how) => this.#send(to, message, how) });
    this.parity = new ParityRole({ ...roleHost, send: (to, message, how) => this.#send(to, message, how) });
    this.#links = new MemberLinks(host.connect, `raid ${identity.arrayId}`, identity.member, view.epoch, {
      changed: (member, up) => this.#linkChanged(member, up),
      message: (member, bytes) => this.#received(member, bytes),
      garbled: (error) => this.fail(host.store.stop(error)),
    });
    // Whatever stopped the drive: a kernel has no answer for it, and those who wait must hear of it.
    void host.store.stopped.then((error) => this.fail(error));
    this.parity.start();
    this.data.start();
    if (this.#self !== undefined) this.#linkChanged(this.#self, true);
    this.reservations.restore();
  }

  /** Resolves when everything the log left open is decided. */
  async ready(): Promise<void> {
    await Promise.all([this.data.ready, this.parity.ready]);
  }

  /** Resolves when every update that is open now has ended: its entries too. */
  async ended(): Promise<void> {
    await Promise.all([this.data.ended(), this.parity.ended()]);
  }

  /** A view that is durable on everyone in it: who came and who went. */
  enter({ epoch, live, returning = [] }: ArrayView): void {
    const { member: self, members } = this.#host.store.identity;
    const out = members.filter((member) => member !== self && !live.includes(member));
    // Those who went are not heard any more when the roles work by the view; those who came are heard in it.
    const view = { type: 'view', epoch, out, returning: returning.length > 0, back: [...returning] } as const;
    this.parity.view(view);
    this.data.view(view);
    this.#links.enter(epoch, live);
    this.#questions.view();
    for (const peer of out) this.parity.rows.gone(peer);
  }

  /** Write in the place of a member that is not there. */
  writeFor(write: BlockWrite, mayBegin: () => boolean): Promise<ProxyResult> {
    return this.parity.write(write, mayBegin);
  }

  /**
   * A member that is away will come back with a new drive: resolves when it is on record that all it should have is to be
   * made again.
   */
  async blank(member: number): Promise<void> {
    const { journaled } = this.#host.store;
    const blocks: MemberBlock[] = [];
    const groups = new Map<string, GroupName>();
    for (const layout of journaled.layouts()) {
      const { gfid } = layout;
      for (const { group } of journaled.parityBlocks(gfid)) {
        for (const [slot, { peer, lblk }] of membersOfRow(layout, group).entries()) {
          if (peer === member) blocks.push({ gfid, lblk, group, slot });
        }
      }
      for (const { lblk } of journaled.dataBlocks(gfid)) {
        const group = rowOfBlock(layout, lblk);
        if (paritiesOfRow(layout, group).includes(member)) groups.set(`${gfid}.${group}`, { gfid, group });
      }
      // Of a row of which only blocks of others were written the other parity tells.
      for (const { group } of journaled.parityBlocks(gfid)) {
        if (paritiesOfRow(layout, group).includes(member)) groups.set(`${gfid}.${group}`, { gfid, group });
      }
    }
    for (let at = 0; at < blocks.length; at += blanksPerStepMax) {
      this.parity.blank(blocks.slice(at, at + blanksPerStepMax));
    }
    const named = [...groups.values()];
    for (let at = 0; at < named.length; at += blanksPerStepMax) {
      this.data.blank(member, named.slice(at, at + blanksPerStepMax));
    }
    await this.#storage.idle();
  }

  /** Rises with every write of an object that begins here, and when what the log left open is decided. */
  changesOf(gfid: number): number {
    return (this.#changes.get(gfid) ?? 0) + (this.data.isReady && this.parity.isReady ? 1 : 0);
  }

  /** An object was removed: nothing of it is caught up on. */
  removed(gfid: number): void {
    this.reservations.drop(gfid);
    this.#changes.delete(gfid);
    this.parity.removed(gfid);
    this.data.removed(gfid);
  }

  /** What a member has to catch up on, as far as is known here, and what travelled from here for that. */
  behind(member: number): BehindCount {
    const { sent, heard } = this.parity.resyncTraffic;
    const traffic = { blocksMoved: sent + heard };
    // What is to be said by others is not counted twice: blocks by those who keep the marks, groups by those who wrote.
    if (member === this.#host.store.identity.member) return { blocks: 0, groups: 0, ...traffic };
    return { blocks: this.parity.behind(member).blocks, groups: this.data.behind(member).groups, ...traffic };
  }

  /** Resolves when every write of an object that was begun here is at toughness 2. */
  async quiet(gfid: number, fromBlock = 0, toBlock = Number.MAX_SAFE_INTEGER): Promise<void> {
    this.#host.store.hurry();
    await Promise.all([this.data.quiet(gfid, fromBlock, toBlock), this.parity.quiet(gfid)]);
    // Whoever asked may count on others hearing of it before anything that is asked of them next.
    this.#outbox.sendAll();
  }

  /** Resolves when nothing of an object, which nobody writes any more, is about to end here. */
  ending(gfid: number): Promise<void> {
    return this.parity.ending((row) => row.gfid === gfid);
  }

  /** Write a damaged block where it lies; false when these bytes are not what should be there. */
  async mend(gfid: number, lblk: number, bytes: Uint8Array): Promise<boolean> {
    const { address, stale } = await this.data.locate(gfid, lblk, 0, 0);
    return address !== noAddress && stale !== true && this.#storage.mend(address, bytes);
  }

  /** Copy the block at an address; false when the drive cannot give it. */
  copy(address: number, into: Uint8Array): Promise<boolean> {
    return this.#storage.copy(address, into);
  }

  /** The drive failed, or the I/O manager is closed: everyone who waits is told. */
  fail(error: Error): void {
    this.data.fail(error);
    this.parity.fail(error);
    this.#questions.fail(error);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    this.#links.close();
    this.fail(new DriveClosedError(this.#host.store.path));
    await this.#storage.close();
    this.data.close();
    this.parity.close();
    this.#loans.close();
  }

  #linkChanged(peer: Peer, up: boolean): void {
    this.data.peer(peer, up);
    this.parity.peer(peer, up);
    if (up) {
      this.#questions.linkUp(peer);
    } else {
      this.#loans.ended(peer);
      this.#outbox.ended(peer);
    }
  }

  #received(member: number, bytes: Uint8Array): void {
    let received: LinkMessage;
    let copied = 0;
    try {
      received = decodeLinkMessage(bytes, (page, generation) => {
        copied = page;
        return this.#adopt(page, generation);
      });
    } catch (error) {
      this.fail(this.#host.store.stop(error));
      return;
    }
    const { type } = received.message;
    if (type === 'member_value' || type === 'restore_value') this.#say(member, { type: 'taken', page: copied });
    if (received.role === 'link') this.#heard(member, received.message);
    else if (received.role === 'space') this.#heardOfPlace(member, received.message);
    else if (received.role === 'data') this.data.message(member, received.message);
    else this.parity.message(member, received.message, received.toughness);
  }

  #heard(member: number, message: PageTaken | HurryUp): void {
    if (message.type === 'taken') this.#loans.returned(member, message.page);
    else this.#host.store.hurry();
  }

  #hurry(peers: readonly Peer[]): void {
    this.#host.store.hurry();
    for (const peer of peers) this.#say(peer, { type: 'hurry' });
  }

  #heardOfPlace(member: number, message: RowPlace): void {
    if (message.type === 'place_promised') this.#questions.answered(member, message);
    else if (message.type === 'place_given_up') this.parity.rows.giveUp(member, message);
    else {
      const { gfid, group } = message;
      const answer = (has: boolean) => this.#say(member, { type: 'place_promised', gfid, group, has });
      // What goes wrong otherwise stops the drive, and this link with it.
      this.parity.rows.promise(member, { gfid, group }).then(answer, () => undefined);
    }
  }

  #giveUpRowPlace(write: RowOfWrite): void {
    const { gfid, group } = write;
    for (const peer of parityPeers(write)) this.#say(peer, { type: 'place_given_up', gfid, group });
  }

  /** Copy a page of a sender into one of ours: what we say of it must not rest on the sender's. */
  #adopt(page: number, generation: number): number {
    const { pages } = this.#host;
    // A sender that is gone takes its page with it: its link is down, and what came last from it was never answered.
    if (!pages.hold(page, 1, generation)) return 0;
    const own = pages.take();
    pages.bytes(own).set(pages.bytes(page));
    pages.release(page, 1);
    return handleOfPage(own);
  }

  /** Pages of values are lent until they were copied; those of deltas stay until their update is over. */
  #send(to: Peer, message: ToProxy | ToMember, how?: Sending): void {
    if (message.type === 'member_value' || message.type === 'restore_value') this.#loans.lend(to, message.value);
    this.#say(to, message, how);
  }

  #say(
    to: Peer,
    message: ToProxy | ToMember | PageTaken | HurryUp | RowPlace,
    { isUrgent = true, toughness }: Sending = {},
  ): void {
    const bytes = encodeLinkMessage(message, this.#host.pages, toughness);
    if (to !== this.#self) {
      this.#outbox.send(to, bytes, isUrgent);
      return;
    }
    const own = bytes.slice();
    queueMicrotask(() => {
      if (!this.#closed) this.#received(to, own);
    });
  }
}
