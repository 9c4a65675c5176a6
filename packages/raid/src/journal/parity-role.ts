import type { Handle } from '@holdfast/kernel';
import { ClaimedError, NoSpaceError } from '../errors.ts';
import type { WriteCall } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { type Address, type JournalId, noAddress, type Peer, type PjEntry } from '../kernel/journal.ts';
import { type GroupName, isGroup } from '../kernel/named-table.ts';
import { chainOf, hasGap, type ParityState, type ParityUpdate, versionsWith } from '../kernel/parity-state.ts';
import { proxyIom } from '../kernel/proxy-iom.ts';
import { isSure } from '../kernel/proxy-locks.ts';
import {
  isProxyId,
  type MemberBlock,
  type ProxyAnswer,
  type ProxyRequest,
  type ProxyResult,
  type ToMember,
  type ToProxy,
  type ViewEvent,
} from '../kernel/proxy-messages.ts';
import { proxyRules } from '../kernel/proxy-rules.ts';
import type { ProxyEnv, ProxyEvent, ProxyState } from '../kernel/proxy-state.ts';
import { raidRules } from '../kernel/raid-rules.ts';
import { AddressSupply, waitForSpace } from './address-supply.ts';
import { Changes } from './changes.ts';
import { HeldPages } from './held-pages.ts';
import { forgetIdleParity } from './idle-blocks.ts';
import { Inbox } from './inbox.ts';
import type { Hardening } from './journal-storage.ts';
import { KernelRunner } from './kernel-runner.ts';
import { membersOfRow, paritiesOfRow } from './object-members.ts';
import { pageOfHandle } from './page-handles.ts';
import { isRowReserved } from './reservations.ts';
import type { RoleHost } from './role-host.ts';
import { RowPromises } from './row-promises.ts';
import { rowsUnderWay } from './under-way.ts';
import { UpdatePages } from './update-pages.ts';

/** A parity block as it is, all updates that are held merged in: where it is, and the update of each member in it. */
export interface LocatedParity {
  readonly address: Address;
  readonly vv: readonly number[];
  /** It is not what its blocks say. */
  readonly stale?: boolean;
  /** It lacks an update of one of its blocks. */
  readonly lost?: boolean;
}

/** Runs the kernel of a parity IOM, which also stands in for members that are away, on its drive and its links. */
export class ParityRole {
  readonly #host: RoleHost<ToMember>;
  readonly #env: ProxyEnv;
  readonly #runner: KernelRunner<ProxyState, ProxyEvent, ProxyEnv, ToMember, ProxyResult, ProxyRequest>;
  readonly #addresses: AddressSupply;
  /** Places promised to rows whose blocks are about to be written for the first time. */
  readonly rows: RowPromises;
  readonly #calls = new Map<number, PromiseWithResolvers<ProxyResult>>();
  /** Deltas that are held and not merged yet, and blocks of members. */
  readonly #held: HeldPages;
  readonly #merging = new Map<number, Handle>();
  /** The toughness of each update of a member that is under way, by its mj. */
  readonly #toughness = new Map<Peer, Map<JournalId, Toughness>>();
  /** The difference of each update that was recalled. */
  readonly #differences: UpdatePages;
  readonly #ready = Promise.withResolvers<void>();
  readonly #changes = new Changes();
  readonly #inbox = new Inbox((error) => this.fail(this.#host.store.stop(error)));
  #isReady = false;
  #nextCall = 1;
  #failure: Error | undefined;
  #blocksSent = 0;
  #blocksHeard = 0;

  constructor(host: RoleHost<ToMember>) {
    this.#host = host;
    this.#held = new HeldPages(host.pages);
    this.#differences = new UpdatePages(host.pages);
    this.#addresses = new AddressSupply(host.store, host.storage, {
      pool: () => this.#state.pool,
      needed: () => this.#state.requested.length + this.#runner.state.operations.length,
      left: 0,
    });
    const hasPlace = ({ gfid, group }: GroupName) => this.locate(gfid, group).address !== noAddress;
    this.rows = new RowPromises(host.store, hasPlace);
    const { incarnation, peers } = host;
    const { journaled } = host.store;
    this.#ready.promise.catch(() => undefined);
    this.#env = {
      incarnation,
      addresses: [],
      peers,
      rules: raidRules,
      proxyRules,
      startsWithout: [],
      parityMap: ({ gfid, group }) => journaled.parity(gfid, group),
      membersOf: ({ gfid, group }) => {
        const layout = journaled.layout(gfid);
        // Of an object that was removed nothing is asked any more.
        return layout === undefined ? [] : membersOfRow(layout, group);
      },
      ...(host.self !== undefined && { self: host.self, pairOf: (name: GroupName) => this.#pairOf(name) }),
    };
    this.#runner = new KernelRunner(proxyIom, this.#env, {
      send: (to, message) => this.#send(to, message),
      reply: (call, result) => this.#reply(call, result),
      deliver: (request) => this.#deliver(request),
      trace: (step, id) => this.#host.trace('parity', step, id, () => this.#entryOf(id)?.mj.gfid),
      settled: () => this.#settled(),
    });
  }

  #pairOf({ gfid, group }: GroupName): readonly [Peer, Peer] | undefined {
    const layout = this.#host.store.journaled.layout(gfid);
    if (layout?.parity !== 2) return undefined;
    const [first, second] = paritiesOfRow(layout, group);
    return [first!, second!];
  }

  start(): void {
    this.#dispatch({ type: 'recovered', ...this.#host.store.journaled.openEntries().parity });
  }

  /** Whether every update that the log left open is decided. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when every update that the log left open is decided, and every data IOM was heard. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Blocks that travelled for resync: those sent to members that came back, and those heard of members to make them. */
  get resyncTraffic(): { readonly sent: number; readonly heard: number } {
    return { sent: this.#blocksSent, heard: this.#blocksHeard };
  }

  /** Blocks of a member that only parity here has. */
  behind(peer: Peer): { readonly blocks: number } {
    const isOf = (block: MemberBlock) => this.#env.membersOf(block)[block.slot]?.peer === peer;
    return { blocks: [...this.#runner.state.marks].filter(isOf).length };
  }

  /** A view is durable on everyone in it. */
  view(view: ViewEvent): void {
    this.#dispatch(view);
  }

  peer(peer: Peer, up: boolean): void {
    this.#toughness.delete(peer);
    this.#dispatch({ type: 'peer', peer, up });
  }

  /** A member will come back with nothing: it has none of these blocks. */
  blank(blocks: readonly MemberBlock[]): void {
    this.#dispatch({ type: 'blank', blocks });
  }

  /** An object was removed. */
  removed(gfid: number): void {
    this.rows.removed(gfid);
    this.#dispatch({ type: 'removed', gfid });
  }

  /**
   * A message of a data IOM, in the order they come; bytes in it lie in a page of ours already.
   * @param toughness of the write that an update is of
   */
  message(from: Peer, message: ToProxy, toughness: Toughness = 2): void {
    const said = message.type === 'in_place' ? message.message : message;
    this.#inbox.put(
      () => (said.type === 'ios_updatepn' && !this.#hasAddress() ? this.#makeRoom() : undefined),
      () => {
        if (said.type === 'ios_updatepn' || said.type === 'delta') this.#held.hold(said.delta);
        if (message.type === 'ios_updatepn') this.#noteToughness(from, message.mj.mj, toughness);
        if (message.type === 'member_value') {
          this.#held.hold(message.value);
          const asked = this.#runner.state.operations.find(({ id }) => id === message.question);
          if (asked?.kind === 'restore' || asked?.kind === 'encode') this.#blocksHeard++;
        }
        this.#dispatch({ type: 'message', from, message });
      },
    );
  }

  /**
   * Write a block in the place of its member that is not there.
   * @param mayBegin asked in the moment it begins
   * @throws NoSpaceError, BlockDamagedError, ClaimedError, DriveStoppedError
   */
  async write(write: Omit<WriteCall, 'type' | 'call'>, mayBegin: () => boolean): Promise<ProxyResult> {
    if (write.old !== undefined) return this.#begin(write, mayBegin);
    const { address, lost } = this.locate(write.gfid, write.group);
    if (lost === true || !(await this.#host.storage.load(address))) throw this.#host.damaged(write.gfid, write.lblk);
    const { store } = this.#host;
    if (!store.hasRoomFor(0)) await store.promise(0);
    const row = { gfid: write.gfid, group: write.group };
    const isNew = address === noAddress;
    if (isNew && !(await this.rows.promise(store.identity.member, row))) throw new NoSpaceError(store.path);
    while (this.#state.pool.free.length <= this.#runner.state.operations.length) await this.#addresses.more();
    try {
      return this.#begin(write, mayBegin);
    } catch (error) {
      if (isNew) this.rows.giveUp(store.identity.member, row);
      throw error;
    }
  }

  #begin(write: Omit<WriteCall, 'type' | 'call'>, mayBegin: () => boolean): Promise<ProxyResult> {
    this.#assertRunning();
    if (!mayBegin()) throw new ClaimedError(`${write.gfid}`);
    const call = this.#nextCall++;
    const answer = Promise.withResolvers<ProxyResult>();
    answer.promise.catch(() => undefined);
    this.#calls.set(call, answer);
    this.#dispatch({ type: 'write', call, ...write });
    return answer.promise;
  }

  /** The parity block with everything that is held merged in. */
  locate(gfid: number, group: number): LocatedParity {
    const known = this.#state.blocks.get({ gfid, group }) ?? this.#env.parityMap?.({ gfid, group });
    let vv: readonly number[] = known?.vv ?? [];
    let address = known?.address ?? 0;
    for (const { entry } of chainOf(this.#state, { gfid, group })) {
      address = entry.newAddress;
      vv = versionsWith(vv, entry);
    }
    const isStale = this.#runner.state.stale.has({ gfid, group });
    return { address, vv, ...(isStale && { stale: true }), ...(hasGap(vv) && { lost: true }) };
  }

  /** Where a reader finds parity: waits until every member said whether it is right. */
  async locateRight(gfid: number, group: number): Promise<LocatedParity> {
    while (!isSure(this.#runner.state, { gfid, group }, this.#env)) {
      await this.#changes.next();
    }
    return this.locate(gfid, group);
  }

  /** Compute the parity of a group anew; false when a member of the group is not there, or has not caught up. */
  async encode(gfid: number, group: number): Promise<boolean> {
    const { stale } = this.#runner.state;
    this.#dispatch({ type: 'doubtful', gfid, group });
    if (!stale.has({ gfid, group })) return false;
    while (stale.has({ gfid, group })) {
      await this.#changes.next();
    }
    return true;
  }

  /** Resolves when every write of the object that was begun in the place of another member is durable. */
  async quiet(gfid: number): Promise<void> {
    const isOpen = () => this.#runner.state.operations.some((each) => each.kind === 'write' && each.gfid === gfid);
    while (isOpen()) {
      await this.#changes.next();
    }
  }

  /** Give back the place of a parity block that is zeros, as a data IOM does with a data block. */
  async giveBack(gfid: number, group: number): Promise<boolean> {
    await this.ready;
    const name: GroupName = { gfid, group };
    await this.ending((row) => isGroup(row, name));
    const known = () => this.#host.store.journaled.parity(gfid, group);
    const address = known()?.address ?? noAddress;
    if (
      address === noAddress ||
      this.#isReserved(name) ||
      !this.#isIdle(name) ||
      !(await this.#host.storage.isZeros(address))
    )
      return false;
    const before = known();
    if (before?.address !== address || !this.#isIdle(name)) return false;
    const block = { ...before, address: noAddress };
    if (this.#state.blocks.has(name)) this.#state.blocks.set(block);
    await this.#host.storage.giveBack({ type: 'parity block', gfid, block, checksum: 0 }, address);
    return true;
  }

  /** Rows of an object that an update is under way for: the map does not have them yet. */
  openGroups(gfid: number): number[] {
    return rowsUnderWay(this.#runner.state)
      .filter((of) => of.gfid === gfid)
      .map(({ group }) => group);
  }

  /**
   * Resolves when no update of such rows is about to end: parity is durable, and the data IOM, which is there, says that its
   * half is as soon as it is.
   */
  async ending(isAsked: (row: GroupName) => boolean): Promise<void> {
    const isEnding = ({ told, dataHardened, entry }: ParityUpdate) => {
      const { status } = this.#runner.state.members[this.#env.peers.indexOf(entry.from)] ?? {};
      return told && !dataHardened && status === 'member' && isAsked(entry.mj);
    };
    while (this.#state.updates.some(isEnding)) await this.#changes.next();
  }

  /** Nothing is under way for a row, and its parity is right. */
  #isIdle(name: GroupName): boolean {
    const { held, stale } = this.#runner.state;
    const isUnderWay = rowsUnderWay(this.#runner.state).some((of) => isGroup(of, name));
    return !stale.has(name) && held.length === 0 && !isUnderWay;
  }

  /** Resolves when every update that is open now has ended. */
  async ended(): Promise<void> {
    await this.ready;
    const open = new Set(this.#state.updates.map(({ entry }) => entry.pj));
    while (this.#state.updates.some(({ entry }) => open.has(entry.pj))) await this.#changes.next();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#changes.fail(error);
  }

  close(): void {
    this.#held.close();
    this.#differences.close();
  }

  /** Whether something is under way that gives its old place back. */
  get arePlacesComing(): boolean {
    const { parity, operations } = this.#runner.state;
    return parity.updates.length + parity.pool.retiring.length + operations.length > 0;
  }

  #hasAddress(): boolean {
    return this.#state.pool.free.length > this.#state.requested.length;
  }

  async #makeRoom(): Promise<void> {
    while (!this.#hasAddress())
      await this.#addresses.more().catch((error: unknown) => waitForSpace(error, this.#host.store));
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #entryOf(pj: number): PjEntry | undefined {
    return this.#state.updates.get(pj)?.entry;
  }

  get #state(): ParityState {
    return this.#runner.state.parity;
  }

  #send(to: Peer, message: ToMember): void {
    if (message.type === 'restore_value') {
      this.#held.handOver(message.value);
      this.#blocksSent++;
    }
    // Who writes at toughness 1 waits for this, all others for what follows it or for nothing.
    const isUrgent = message.type !== 'delta_held' || this.#toughnessOf(to, message.mj) === 1;
    if (message.type === 'parity_hardened') this.#toughness.get(to)?.delete(message.mj);
    this.#host.send(to, message, { isUrgent });
  }

  #noteToughness(from: Peer, mj: JournalId, toughness: Toughness): void {
    let updates = this.#toughness.get(from);
    if (updates === undefined) {
      updates = new Map();
      this.#toughness.set(from, updates);
    }
    updates.set(mj, toughness);
  }

  #toughnessOf(from: Peer, mj: JournalId): Toughness {
    return this.#toughness.get(from)?.get(mj) ?? 2;
  }

  #reply(call: number, result: ProxyResult): void {
    this.#calls.get(call)?.resolve(result);
    this.#calls.delete(call);
  }

  #deliver(request: ProxyRequest): void {
    if (request.type === 'write_for') {
      const { type: _, call, ...write } = request.call;
      const answer = (result: ProxyResult) => this.#reply(call, result);
      this.#host.writeFor(request.of, write).then(answer, (error) => this.#calls.get(call)?.reject(error));
      return;
    }
    if (request.type === 'merge') this.#merging.set(request.id, request.delta);
    this.#notePlace(request);
    this.#host.storage.serve(request, this.#answered, this.#hardening(request));
  }

  /** A write in the place of another member begins; parity of a row has its first place from now on. */
  #notePlace(request: ProxyRequest): void {
    if (request.type === 'fold') {
      const write = this.#runner.state.operations.find(({ id }) => id === request.id);
      if (write !== undefined) this.#host.noteChange(write.gfid);
    }
    const row = this.#rowPlacedBy(request);
    if (row === undefined) return;
    this.rows.taken(row);
    if (this.#isReserved(row)) this.#host.reservations.taken(row.gfid);
  }

  #isReserved({ gfid, group }: GroupName): boolean {
    const { journaled } = this.#host.store;
    return isRowReserved(journaled.layout(gfid), journaled.reservedRanges(gfid), group);
  }

  #rowPlacedBy(request: ProxyRequest): GroupName | undefined {
    if (request.type === 'merge' && request.oldAddress === noAddress) return this.#entryOf(request.id)?.mj;
    if (request.type !== 'encode' && request.type !== 'fold') return undefined;
    const row = this.#runner.state.operations.find(({ id }) => id === request.id);
    const before = row && (this.#host.store.journaled.parity(row.gfid, row.group)?.address ?? noAddress);
    return before === noAddress ? row : undefined;
  }

  /** What was answered before it is on the disk is in no hurry to be there. */
  #hardening(request: ProxyRequest): Hardening | undefined {
    const entry = request.type === 'harden' ? this.#entryOf(request.id) : journaledPj(request);
    const isAnswered = entry !== undefined && this.#toughnessOf(entry.from, entry.mj.mj) < 2;
    return isAnswered ? { urgency: 'soon' } : undefined;
  }

  readonly #answered = (answer: ProxyAnswer): void => {
    if (answer.type === 'summed') this.#held.hold(answer.value);
    if (answer.type === 'combined' && !isProxyId(answer.id)) {
      this.#merging.delete(answer.id);
      this.#held.letGo(answer.delta);
    }
    if (answer.type === 'difference') this.#differences.keep(answer.id, pageOfHandle(answer.delta));
    this.#dispatch(answer);
  };

  #dispatch(event: ProxyEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.#runner.dispatch(event);
    } catch (error) {
      this.fail(this.#host.store.stop(error));
      return;
    }
    // Only now: what an event brought may have been merged before, and is then wanted by nobody. While one is under way
    // what it wants sent or merged may be known to its effects alone.
    if (!this.#runner.isBusy) this.#letGoUnwanted();
  }

  #letGoUnwanted(): void {
    const { parity, operations, held, members } = this.#runner.state;
    const { requested } = parity;
    if (this.#held.size <= requested.length + this.#merging.size) return;
    const wanted = new Set([...requested.map(({ delta }) => delta), ...this.#merging.values()]);
    const early = members.flatMap((member) => member.early);
    for (const { message } of [...held, ...early]) if ('delta' in message) wanted.add(message.delta);
    for (const { values, value } of operations) for (const handle of [...values, value]) wanted.add(handle);
    this.#held.keep(wanted);
  }

  #settled(): void {
    const { parity: state, operations } = this.#runner.state;
    if (this.#differences.size > 0) this.#differences.keepOnly((id) => state.updates.get(id) !== undefined);
    forgetIdleParity(this.#runner.state);
    if (state.updates.length + operations.length > 0) this.#addresses.balance(this.#hasSpace);
    if (!this.#isReady && this.#everythingDecided()) {
      this.#isReady = true;
      this.#ready.resolve();
    }
    this.#changes.tell();
  }

  #everythingDecided(): boolean {
    const { parity, members } = this.#runner.state;
    if (parity.recovering || members.some(({ status }) => status !== 'member' && status !== 'out')) return false;
    return parity.updates.every(
      ({ stage, dataHardened }) => stage !== 'aside' && (stage !== 'hardening' || dataHardened),
    );
  }

  readonly #hasSpace = () => this.#dispatch({ type: 'space' });
}

const journaledPj = (request: ProxyRequest): PjEntry | undefined =>
  request.type === 'journal' && request.entry.type === 'pj' ? request.entry : undefined;
