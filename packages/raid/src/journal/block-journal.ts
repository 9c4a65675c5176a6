import type { PagePool } from '@holdfast/runtime';
import { BlockDamagedError, DriveClosedError } from '../errors.ts';
import type { IomMessage, ToData, ToParity } from '../kernel/iom-messages.ts';
import { type MjEntry, noAddress, type Peer } from '../kernel/journal.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { ArrayView } from '../store/identity.ts';
import { DataRole } from './data-role.ts';
import type { ConnectIom, IomLink } from './iom-link.ts';
import { JournalStorage } from './journal-storage.ts';
import { KeyLocks } from './key-locks.ts';
import { decodeLinkMessage, encodeLinkMessage, type LinkMessage } from './link-messages.ts';
import { handleOfPage } from './page-handles.ts';
import { ParityRole } from './parity-role.ts';
import { type ProxyWrite, ProxyWrites } from './proxy-writes.ts';
import type { NoteStep, RoleHost } from './role-host.ts';
import { absentPeer, answerForData, answerForParity } from './stand-ins.ts';

export interface JournalHost {
  readonly store: BlockStore;
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
  readonly connect: ConnectIom;
  readonly trace: NoteStep;
  beforeFlush(entry: MjEntry): Promise<void>;
}

/**
 * The journaled write of one I/O manager: both its roles, and its links to those of the other members. Members that are
 * not in the view have stand-ins.
 */
export class BlockJournal {
  readonly data: DataRole;
  readonly parity: ParityRole;
  readonly #host: JournalHost;
  readonly #storage: JournalStorage;
  readonly #links = new Map<number, IomLink>();
  readonly #standIns = new Set<Peer>();
  /** Marks on their way to the disk. */
  readonly #marking = new Map<string, Promise<void>>();
  readonly #proxies: ProxyWrites;
  readonly #name: string;
  #closed = false;

  /** @param view the first in which this member counts: a life begins. */
  constructor(host: JournalHost, view: ArrayView) {
    this.#host = host;
    this.#storage = new JournalStorage(host);
    const { identity } = host.store;
    this.#name = `raid ${identity.arrayId}`;
    const others = identity.members.filter((member) => member !== identity.member);
    const peers = [...others, ...identity.members.map(absentPeer)];
    const roleHost: Omit<RoleHost, 'send'> = {
      store: host.store,
      storage: this.#storage,
      pages: host.pages,
      incarnation: view.epoch,
      peers,
      trace: host.trace,
      beforeFlush: async (_, entry) => (entry === undefined ? undefined : host.beforeFlush(entry)),
      damaged: (gfid, lblk) => new BlockDamagedError(host.store.path, gfid, lblk),
    };
    this.data = new DataRole({ ...roleHost, send: (to, message) => this.#sendToParity(to, message) });
    this.parity = new ParityRole({ ...roleHost, send: (to, message) => this.#sendToData(to, message) });
    this.#proxies = new ProxyWrites({
      member: identity.member,
      incarnation: view.epoch,
      locks: new KeyLocks(),
      mergedSeq: (gfid, group, slot) => this.parity.locate(gfid, group).vv[slot] ?? 0,
      markStale: (gfid, member) => this.markStale(gfid, member),
      sendUpdate: (from, mj, page, generation) =>
        this.parity.message(from, { type: 'ios_updatepn', mj, delta: this.#adopt(page, generation) }),
    });
    // Whatever stopped the drive: a kernel has no answer for it, and those who wait must hear of it.
    void host.store.stopped.then((error) => this.fail(error));
    this.parity.start();
    this.data.start();
    for (const member of identity.members) this.#standIn(absentPeer(member));
    this.enter(view);
  }

  /** Resolves when everything the log left open is decided. */
  async ready(): Promise<void> {
    await Promise.all([this.data.ready, this.parity.ready]);
  }

  /** Resolves when every update that is open now has ended: its entries too. */
  async ended(): Promise<void> {
    await Promise.all([this.data.ended(), this.parity.ended()]);
  }

  /** A new view: links to those who came, stand-ins for those who went. */
  enter({ epoch, live }: ArrayView): void {
    const { member: self, members } = this.#host.store.identity;
    for (const member of members) {
      if (member === self) continue;
      const isLive = live.includes(member);
      if (isLive && !this.#links.has(member)) this.#open(member, epoch);
      if (!isLive && !this.#standIns.has(member)) {
        this.#links.get(member)?.close();
        if (this.#links.delete(member)) this.#peer(member, false);
        this.#standIn(member);
      }
    }
  }

  /** Make durable that a member missed a write of an object. */
  markStale(gfid: number, member: number): Promise<void> {
    const { store } = this.#host;
    const name = `${gfid}.${member}`;
    const underWay = this.#marking.get(name);
    if (underWay !== undefined) return underWay;
    // An object without parity has nothing that could be stale: its stand-in is that of its own member.
    if (member === store.identity.member || store.journaled.isStale(gfid, member)) return Promise.resolve();
    const marking = store.journal({ type: 'stale', gfid, member }, 0).finally(() => this.#marking.delete(name));
    this.#marking.set(name, marking);
    return marking;
  }

  /** Write in the place of a member that is not there; `changed`: not begun, since the block was written meanwhile. */
  writeFor(write: ProxyWrite, mayBegin: () => boolean): Promise<'done' | 'changed' | 'claimed'> {
    return this.#proxies.write(write, mayBegin);
  }

  /** Resolves when every write of an object that was begun here is at toughness 2. */
  async quiet(gfid: number, fromBlock = 0, toBlock = Number.MAX_SAFE_INTEGER): Promise<void> {
    await Promise.all([this.data.quiet(gfid, fromBlock, toBlock), this.#proxies.quiet(gfid)]);
  }

  /** Write a damaged block where it lies; false when these bytes are not what should be there. */
  async mend(gfid: number, lblk: number, bytes: Uint8Array): Promise<boolean> {
    const { address } = await this.data.locate(gfid, lblk, 0, 0);
    return address !== noAddress && this.#storage.mend(address, bytes);
  }

  /** Copy the block at an address; false when the drive cannot give it. */
  copy(address: number, into: Uint8Array): Promise<boolean> {
    return this.#storage.copy(address, into);
  }

  /** The drive failed, or the I/O manager is closed: everyone who waits is told. */
  fail(error: Error): void {
    this.data.fail(error);
    this.parity.fail(error);
    this.#proxies.fail(error);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.fail(new DriveClosedError(this.#host.store.path));
    await this.#storage.close();
    this.data.close();
    this.parity.close();
  }

  #open(member: number, epoch: number): void {
    if (this.#standIns.delete(member)) this.#peer(member, false);
    // A link whose other end was there first says so before it is handed to us.
    const early: (() => void)[] = [];
    let link: IomLink | undefined;
    const whenOurs = (tell: (ours: IomLink) => void) => {
      if (link === undefined) early.push(() => tell(link!));
      else tell(link);
    };
    link = this.#host.connect(member, `${this.#name} ${epoch}`, {
      up: () => whenOurs(() => this.#peer(member, true)),
      message: (bytes) => this.#received(member, bytes),
      down: () => whenOurs((ours) => this.#lost(member, ours)),
    });
    this.#links.set(member, link);
    for (const tell of early) tell();
  }

  /** The view will say what becomes of the member: until then nothing is sent to it. */
  #lost(member: number, link: IomLink): void {
    if (this.#links.get(member) !== link) return;
    this.#links.delete(member);
    this.#peer(member, false);
  }

  #standIn(peer: Peer): void {
    this.#standIns.add(peer);
    this.#peer(peer, true);
    // Its data role begins as every one does.
    this.parity.message(peer, { type: 'resolve' });
  }

  #peer(peer: Peer, up: boolean): void {
    this.data.peer(peer, up);
    this.parity.peer(peer, up);
  }

  #received(member: number, bytes: Uint8Array): void {
    let received: LinkMessage;
    try {
      received = decodeLinkMessage(bytes, (page, generation) => this.#adopt(page, generation));
    } catch (error) {
      this.fail(this.#host.store.stop(error));
      return;
    }
    if (received.role === 'data') this.data.message(member, received.message);
    else this.parity.message(member, received.message);
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

  #sendToParity(to: Peer, message: IomMessage): void {
    if (this.#standIns.has(to)) {
      const answer = (said: ToData) => this.#standIns.has(to) && this.data.message(to, said);
      this.#watch(answerForParity(to, message as ToParity, (...mark) => this.markStale(...mark), answer));
    } else this.#send(to, message);
  }

  #sendToData(to: Peer, message: IomMessage): void {
    if (this.#standIns.has(to)) {
      if (message.type === 'delta_held' || message.type === 'parity_hardened') {
        this.#proxies.heard(message.type, message.mj);
      }
      const answer = (said: ToParity) => this.#standIns.has(to) && this.parity.message(to, said);
      const gfidOf = (mj: number) => this.parity.gfidOf(to, mj);
      this.#watch(answerForData(to, message as ToData, gfidOf, (...mark) => this.markStale(...mark), answer));
    } else this.#send(to, message);
  }

  #send(to: Peer, message: IomMessage): void {
    this.#links.get(to)?.send(encodeLinkMessage(message, this.#host.pages));
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => this.fail(this.#host.store.stop(error)));
  }
}
