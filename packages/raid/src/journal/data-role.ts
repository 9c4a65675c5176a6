import { ClaimedError } from '../errors.ts';
import { type DataState, type DataUpdate, updatesOf, type WriteCall } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { type EndEntry, type JournalEntry, noAddress, type Peer, parityPeers } from '../kernel/journal.ts';
import { type BlockName, byBlock, type GroupName, isBlock } from '../kernel/named-table.ts';
import {
  isProxyId,
  type ProxyAnswer,
  type ProxyEntry,
  type ProxyRequest,
  type ProxyResult,
  type ToMember,
  type ToProxy,
  type ViewEvent,
} from '../kernel/proxy-messages.ts';
import { proxyRules } from '../kernel/proxy-rules.ts';
import { raidRules } from '../kernel/raid-rules.ts';
import { resyncIom } from '../kernel/resync-iom.ts';
import { isStaleHere, type ResyncEnv, type ResyncEvent, type ResyncState } from '../kernel/resync-state.ts';
import { blockBytes, keptForParity, updatesOpenMax } from '../limits.ts';
import { AddressSupply, waitForSpace } from './address-supply.ts';
import { Admission } from './admission.ts';
import { Changes } from './changes.ts';
import { FirstPlaces } from './first-places.ts';
import { Hearing } from './hearing.ts';
import { HeldPages } from './held-pages.ts';
import { forgetIdleBlocks } from './idle-blocks.ts';
import { Inbox } from './inbox.ts';
import { KernelRunner } from './kernel-runner.ts';
import { KeyLocks } from './key-locks.ts';
import type { LocatedBlock } from './located-block.ts';
import { paritiesOfRow } from './object-members.ts';
import { pageOfHandle } from './page-handles.ts';
import type { RoleHost } from './role-host.ts';
import { blocksUnderWay, isEverythingDecided, isWriteBelow, wantedPages } from './under-way.ts';
import { hardenedUpdate, isDecided, levelOf, urgencyOf } from './update-levels.ts';
import { UpdatePages } from './update-pages.ts';
import { afterDoing, type WriteWaiter } from './write-waiter.ts';

/** A write as its caller means it; the call number is ours. */
export type BlockWrite = Omit<WriteCall, 'type' | 'call'>;

/** Runs the kernel of a data IOM, which also comes back from an absence, on its drive and its links. */
export class DataRole {
  readonly #host: RoleHost<ToProxy>;
  readonly #env: ResyncEnv;
  readonly #runner: KernelRunner<ResyncState, ResyncEvent, ResyncEnv, ToProxy, ProxyResult, ProxyRequest>;
  readonly #addresses: AddressSupply;
  readonly #firstPlaces: FirstPlaces;
  readonly #calls = new Map<number, WriteWaiter>();
  /** The difference of each open update, in a page of ours. */
  readonly #deltas: UpdatePages;
  /** Blocks that came to be restored. */
  readonly #values: HeldPages;
  readonly #blockLocks = new KeyLocks();
  readonly #admission: Admission;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  readonly #changes = new Changes();
  readonly #hearing: Hearing;
  #nextCall = 1;
  readonly #inbox = new Inbox((error) => this.fail(this.#host.store.stop(error)));
  #failure: Error | undefined;

  constructor(host: RoleHost<ToProxy>) {
    this.#host = host;
    this.#values = new HeldPages(host.pages);
    this.#deltas = new UpdatePages(host.pages);
    this.#addresses = new AddressSupply(host.store, host.storage, {
      pool: () => this.#state.pool,
      needed: () => this.#waiting + this.#runner.state.restoring.length,
      left: keptForParity,
    });
    this.#firstPlaces = new FirstPlaces(host.store, host.reservations, host.askRowPlace);
    const { incarnation, peers } = host;
    this.#env = {
      incarnation,
      addresses: [],
      reserve: 0,
      peers,
      push: true,
      rules: raidRules,
      proxyRules,
      startsWithout: [],
      map: ({ gfid, lblk }) => host.store.journaled.data(gfid, lblk),
      ...(host.self !== undefined && { self: host.self }),
      paritiesOf: ({ gfid, group }) => {
        const layout = host.store.journaled.layout(gfid);
        return layout === undefined ? [] : paritiesOfRow(layout, group);
      },
    };
    const perMember = Math.floor(host.pages.pages / (4 * (peers.length + 1)));
    const updatesMax = Math.max(1, Math.min(updatesOpenMax, perMember));
    this.#admission = new Admission(() => updatesMax - this.#state.updates.length - this.#waiting);
    this.#ready.promise.catch(() => undefined);
    this.#runner = new KernelRunner(resyncIom, this.#env, {
      send: (to, message) => this.#send(to, message),
      reply: (call, result) => this.#reply(call, result),
      deliver: (request) => this.#deliver(request),
      trace: (step, id) => this.#host.trace('data', step, id, () => this.#update(id)?.entry.gfid),
      settled: () => this.#settled(),
    });
    const layout = (gfid: number) => host.store.journaled.layout(gfid);
    this.#hearing = new Hearing(() => this.#runner.state, peers, layout);
  }

  /** Begin with what the log says is open. */
  start(): void {
    this.#dispatch({ type: 'recovered', ...this.#host.store.journaled.openEntries().data });
  }

  /** Whether every update that the log left open is decided. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when every update that the log left open is decided, and every parity IOM was heard. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Groups of blocks here whose parity at a peer is not right. */
  behind(peer: Peer): { readonly groups: number } {
    const { staleParity } = this.#runner.state;
    return { groups: [...staleParity].filter((each) => each.peer === peer).length };
  }

  /** A view is durable on everyone in it. */
  view(view: ViewEvent): void {
    this.#dispatch(view);
  }

  peer(peer: Peer, up: boolean): void {
    this.#dispatch({ type: 'peer', peer, up });
  }

  /** A parity IOM will come back with nothing: none of these groups has parity there. */
  blank(peer: Peer, groups: readonly GroupName[]): void {
    this.#dispatch({ type: 'blank', peer, groups });
  }

  /** An object was removed. */
  removed(gfid: number): void {
    this.#dispatch({ type: 'removed', gfid });
  }

  /** A message of a parity IOM: in the order they come, each once there is space for what it may need. */
  message(from: Peer, message: ToMember): void {
    this.#inbox.put(
      () => (message.type === 'resolved' ? this.#makeRoomFor(message) : undefined),
      () => {
        // Not before its turn: until the kernel has heard of them these pages are wanted by nobody.
        if (message.type === 'recalled') this.#deltas.keep(message.mj, pageOfHandle(message.delta));
        if (message.type === 'restore_value') this.#values.hold(message.value);
        if (message.type === 'in_place' && message.message.type === 'recalled')
          this.#values.hold(message.message.delta);
        this.#dispatch({ type: 'message', from, message });
      },
    );
  }

  /**
   * Carry a write out, and tell `waiter` when it is as tough as it asked to be. Writes of one block are carried out in the
   * order of these calls.
   * @param mayBegin asked in the moment it begins
   * @param waiter also told of NoSpaceError, BlockDamagedError, ClaimedError, DriveStoppedError
   */
  write(write: BlockWrite, mayBegin: () => boolean, waiter: WriteWaiter): void {
    const waited = this.#admission.enter();
    if (waited !== undefined || this.#blockLocks.isBusy(byBlock.key(write)) || !this.#mayBeginAtOnce(write)) {
      this.#beginLater(write, mayBegin, waiter, waited).catch((error: unknown) => waiter.failed(error));
      return;
    }
    try {
      this.#begin(write, mayBegin, waiter);
    } catch (error) {
      waiter.failed(error);
    } finally {
      this.#admission.leave();
    }
  }

  async #beginLater(
    write: BlockWrite,
    mayBegin: () => boolean,
    waiter: WriteWaiter,
    waited: Promise<void> | undefined,
  ): Promise<void> {
    await waited;
    try {
      await this.#blockLocks.run(byBlock.key(write), () => this.#beginWhenReady(write, mayBegin, waiter));
    } finally {
      this.#admission.leave();
    }
  }

  /** Write in the place of another member. */
  writeFor(of: Peer, write: BlockWrite): Promise<ProxyResult> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#host.noteChange(write.gfid);
    return new Promise((done, failed) => {
      const call = this.#nextCall++;
      this.#calls.set(call, { done, failed });
      this.#dispatch({ type: 'write_for', of, call: { type: 'write', call, ...write } });
    });
  }

  /** Whether all is decided and in memory that the write begins with. */
  #mayBeginAtOnce(write: BlockWrite): boolean {
    const update = this.#openUpdate(write);
    if (!this.#isReady || !this.#hasAddress() || (update !== undefined && !isDecided(update))) return false;
    const { address, stale, lost } = this.#latest(write);
    const isThere = address !== noAddress && !stale && !lost;
    return isThere && this.#host.store.hasRoomFor(0) && this.#host.storage.isLoaded(address);
  }

  /** As many as may begin without another look, so that none waits for an address when nothing is under way. */
  #hasAddress(): boolean {
    return this.#state.pool.free.length > this.#waiting;
  }

  async #beginWhenReady(write: BlockWrite, mayBegin: () => boolean, waiter: WriteWaiter): Promise<void> {
    await this.#decided(write);
    const { address, stale, lost } = this.#latest(write);
    // One that is stale is restored before it is written; of one that is lost nothing is left to merge a part with.
    const isGone = lost === true && write.writeBytes < blockBytes;
    if (isGone || (!stale && !(await this.#host.storage.load(address))))
      throw this.#host.damaged(write.gfid, write.lblk);
    if (!this.#host.store.hasRoomFor(0)) await this.#host.store.promise(0);
    if (address !== noAddress || stale) {
      while (!this.#hasAddress()) await this.#makeAddress();
      this.#begin(write, mayBegin, waiter);
      return;
    }
    await this.#firstPlaces.promise(write);
    try {
      while (!this.#hasAddress()) await this.#makeAddress();
      const over = () => this.#firstPlaces.over(write);
      this.#begin(write, mayBegin, afterDoing(over, waiter));
    } catch (error) {
      this.#firstPlaces.over(write);
      this.#host.giveUpRowPlace(write);
      throw error;
    }
  }

  /** Ask for more; on a drive that is full, wait for what is under way, which gives its old places back. */
  async #makeAddress(): Promise<void> {
    try {
      await this.#addresses.more();
    } catch (error) {
      if (!this.#host.arePlacesComing()) throw error;
      await waitForSpace(error, this.#host.store);
    }
  }

  /** Whether something is under way that gives its old place back. */
  get arePlacesComing(): boolean {
    return this.#state.updates.length + this.#state.pool.retiring.length > 0;
  }

  /**
   * Where a reader finds a block: waits until its last update is as tough as the reader asks, and never less than 1,
   * except for the client that wrote it; and until it is known whether the block changed while this member was away.
   */
  async locate(gfid: number, lblk: number, client: number, atLeast: Toughness): Promise<LocatedBlock> {
    for (;;) {
      this.#assertRunning();
      const update = this.#openUpdate({ gfid, lblk });
      if (!this.#hearing.isHeard({ gfid, lblk })) {
        if (this.#hearing.isUnknowable({ gfid, lblk })) return { ...this.#blockAt({ gfid, lblk }), stale: true };
        await this.#changes.next();
        continue;
      }
      if (update === undefined || update.stage === 'preparing') return this.#blockAt({ gfid, lblk });
      const { entry } = update;
      const own = entry.client === client && atLeast === 0 && update.stage === 'updating';
      if (own || levelOf(update) >= Math.max(1, atLeast)) return { address: entry.newAddress, seq: entry.seq };
      await this.#hurriedChange();
    }
  }

  /**
   * Give back the place of a block that is zeros: what lies nowhere reads as zeros too, so that nothing else changes, and
   * nobody else need know. False when there is nothing to give, or a write of the block is under way.
   */
  async giveBack(gfid: number, lblk: number): Promise<boolean> {
    await this.ready;
    const name: BlockName = { gfid, lblk };
    return this.#blockLocks.run(byBlock.key(name), async () => {
      const { address, stale } = this.#blockAt(name);
      const isReserved = this.#host.store.journaled.isReserved(gfid, lblk);
      if (address === noAddress || stale || isReserved || !this.#isIdle(name)) return false;
      if (!(await this.#host.storage.isZeros(address))) return false;
      const before = this.#host.store.journaled.data(gfid, lblk);
      if (before?.address !== address || !this.#isIdle(name)) return false;
      const block = { ...before, address: noAddress };
      if (this.#state.blocks.has(name)) this.#state.blocks.set(block);
      await this.#host.storage.giveBack({ type: 'data block', gfid, block, checksum: 0 }, address);
      return true;
    });
  }

  /** Blocks of an object that a write is under way for, or that are still to be restored: the map does not have them yet. */
  openBlocks(gfid: number): number[] {
    const named = [...blocksUnderWay(this.#runner.state), ...this.#runner.state.stale];
    return named.filter((of) => of.gfid === gfid).map(({ lblk }) => lblk);
  }

  /** Resolves when it is known which blocks of an object changed while this member was away. */
  async heard(gfid: number): Promise<void> {
    while (!this.#hearing.isAllHeard(gfid)) {
      this.#assertRunning();
      await this.#changes.next();
    }
  }

  /** Nothing is under way for a block, and it is known whether it changed elsewhere. */
  #isIdle(name: BlockName): boolean {
    return this.#hearing.isHeard(name) && !blocksUnderWay(this.#runner.state).some((of) => isBlock(of, name));
  }

  /** Resolves when every write of the object within the blocks that was begun is at toughness 2. */
  async quiet(gfid: number, fromBlock: number, toBlock: number): Promise<void> {
    const isAsked = (of: BlockName) => of.gfid === gfid && of.lblk >= fromBlock && of.lblk < toBlock;
    while (isWriteBelow(this.#runner.state, isAsked)) await this.#hurriedChange();
  }

  /** Resolves when every update that is open now has ended. */
  async ended(): Promise<void> {
    await this.ready;
    const open = new Set(this.#state.updates.map(({ entry }) => entry.mj));
    while (this.#state.updates.some(({ entry }) => open.has(entry.mj))) await this.#hurriedChange();
  }

  /** The next change, for which somebody waits who may be behind writes that nobody waits for. */
  #hurriedChange(): Promise<void> {
    this.#host.store.hurry();
    return this.#changes.next();
  }

  /** The drive or the I/O manager is at its end: everyone who waits is told. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(error);
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.failed(error);
    this.#changes.fail(error);
  }

  close(): void {
    this.#deltas.close();
    this.#values.close();
  }

  get #state(): DataState {
    return this.#runner.state.data;
  }

  /** Writes that take an address when they begin. */
  get #waiting(): number {
    return this.#state.waiting.length + this.#runner.state.calls.length;
  }

  #send(to: Peer, message: ToProxy): void {
    if (message.type === 'member_value') this.#values.handOver(message.value);
    const toughness = message.type === 'ios_updatepn' ? this.#update(message.mj.mj)?.toughness : undefined;
    this.#host.send(to, message, { isUrgent: message.type !== 'data_hardened', toughness });
  }

  #deliver(request: ProxyRequest): void {
    this.#note(request);
    const id = hardenedUpdate(request);
    const urgency = id === undefined ? undefined : urgencyOf(this.#update(id));
    this.#host.storage.serve(request, this.#answered, urgency && { beforeFlush: this.#beforeFlush, urgency });
    if (request.type === 'journal' && isEnd(request.entry)) this.#deltas.give(request.entry.id);
  }

  #note(request: ProxyRequest): void {
    // What is written in the place of another member lies nowhere here.
    if (request.type === 'prepare' && request.old === undefined) {
      const entry = this.#update(request.id)!.entry;
      this.#host.noteChange(entry.gfid);
      if (request.oldAddress === noAddress) this.#firstPlaces.taken(entry);
    } else if (request.type === 'encode' || request.type === 'solve') {
      const block = this.#runner.state.restoring.find(({ id }) => id === request.id);
      if (block !== undefined) this.#firstPlaces.restored(block);
    }
  }

  readonly #beforeFlush = (id: number): Promise<void> | undefined => {
    const entry = this.#update(id)?.entry;
    return entry === undefined ? undefined : this.#host.beforeFlush(entry);
  };

  #update(id: number): DataUpdate | undefined {
    return this.#state.updates.get(id);
  }

  #begin(write: BlockWrite, mayBegin: () => boolean, waiter: WriteWaiter): void {
    this.#assertRunning();
    if (!mayBegin()) throw new ClaimedError(`${write.gfid}`);
    const call = this.#nextCall++;
    this.#calls.set(call, waiter);
    this.#dispatch({ type: 'write', call, ...write });
    // It may wait for a write of the same block that was in no hurry.
    if (this.#waiting > 0) this.#host.hurry(parityPeers(write));
  }

  readonly #answered = (answer: ProxyAnswer): void => {
    if ('id' in answer && isProxyId(answer.id)) {
      // A block that a proxy wants to know: lent to it, unless it wants it no more.
      if (answer.type === 'difference' || answer.type === 'combined') this.#values.hold(answer.delta);
    } else if (answer.type === 'combined' || answer.type === 'difference') {
      this.#deltas.keep(answer.id, pageOfHandle(answer.delta));
    }
    this.#dispatch(answer);
  };

  #reply(call: number, result: ProxyResult): void {
    const waiter = this.#calls.get(call);
    this.#calls.delete(call);
    waiter?.done(result);
  }

  #dispatch(event: ResyncEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.#runner.dispatch(event);
    } catch (error) {
      this.fail(this.#host.store.stop(error));
      return;
    }
    if (this.#values.size === 0 || this.#runner.isBusy) return;
    this.#values.keep(wantedPages(this.#runner.state));
  }

  #settled(): void {
    const { updates } = this.#state;
    // Of an update that ended without a word in the log.
    if (this.#deltas.size > updates.length) this.#deltas.keepOnly((id) => updates.get(id) !== undefined);
    forgetIdleBlocks(this.#runner.state);
    const { restoring } = this.#runner.state;
    if (updates.length + restoring.length > 0) this.#addresses.balance(this.#hasSpace);
    if (!this.#isReady && isEverythingDecided(this.#runner.state)) {
      this.#isReady = true;
      this.#ready.resolve();
    }
    this.#admission.look();
    this.#changes.tell();
  }

  readonly #hasSpace = () => this.#dispatch({ type: 'space' });
  /** Resolves when it is decided what becomes of the updates of a block that the log left open. */
  async #decided(name: BlockName): Promise<void> {
    const isOpen = (update: DataUpdate | undefined) => update !== undefined && !isDecided(update);
    while (isOpen(this.#openUpdate(name))) await this.#changes.next();
  }

  /** The block as it will be when all that is open of it has ended. */
  #latest(name: BlockName): LocatedBlock {
    const update = this.#openUpdate(name);
    if (update !== undefined) return { address: update.entry.newAddress, seq: update.entry.seq };
    return this.#blockAt(name);
  }

  #blockAt(name: BlockName): LocatedBlock {
    const known = this.#state.blocks.get(name) ?? this.#env.map?.(name);
    const { address, seq } = known ?? { address: noAddress, seq: 0 };
    if (seq === 0 && this.#host.store.journaled.layout(name.gfid)?.lost === true) return { address, seq, lost: true };
    return { address, seq, ...(isStaleHere(this.#runner.state, name) && { stale: true }) };
  }

  #openUpdate(name: BlockName): DataUpdate | undefined {
    return updatesOf(this.#state, name).at(-1);
  }

  /** What the parity IOM knows and we do not is taken over at its own address, if that is free. */
  async #makeRoomFor(message: Extract<ToMember, { type: 'resolved' }>): Promise<void> {
    const unknown = message.open.filter(({ mj }) => this.#update(mj.mj) === undefined);
    for (const { mj } of unknown) this.#addresses.want(mj.newAddress);
    while (this.#state.pool.free.length < unknown.length) {
      await this.#addresses.more().catch((error: unknown) => waitForSpace(error, this.#host.store));
    }
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const isEnd = (entry: JournalEntry | ProxyEntry): entry is EndEntry =>
  entry.type === 'mj_complete' || entry.type === 'mj_abort';
