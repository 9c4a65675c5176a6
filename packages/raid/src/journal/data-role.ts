import type { PageIndex, PagePool } from '@holdfast/runtime';
import { ClaimedError } from '../errors.ts';
import { dataIom } from '../kernel/data-iom.ts';
import type { DataBlock, DataEnv, DataEvent, DataState, DataUpdate, WriteCall } from '../kernel/data-state.ts';
import type {
  IomMessage,
  StorageAnswer,
  StorageRequest,
  ToData,
  Toughness,
  WriteResult,
} from '../kernel/iom-messages.ts';
import { type Address, noAddress, type Peer } from '../kernel/journal.ts';
import { raidRules } from '../kernel/raid-rules.ts';
import { updatesOpenMax } from '../limits.ts';
import { AddressSupply } from './address-supply.ts';
import { KernelRunner } from './kernel-runner.ts';
import { KeyLocks } from './key-locks.ts';
import { pageOfHandle } from './page-handles.ts';
import type { RoleHost } from './role-host.ts';
import { Slots } from './slots.ts';

/** A write as its caller means it; the call number is ours. */
export type BlockWrite = Omit<WriteCall, 'type' | 'call'>;

/** Where a block is, and which of its updates is there. */
export interface LocatedBlock {
  readonly address: Address;
  readonly seq: number;
}

const blockName = ({ gfid, lblk }: { readonly gfid: number; readonly lblk: number }) => `${gfid}.${lblk}`;

/** Runs the data kernel of an I/O manager on its drive and its links. */
export class DataRole {
  readonly #host: RoleHost;
  readonly #pages: PagePool;
  readonly #env: DataEnv;
  readonly #runner: KernelRunner<DataState, DataEvent, DataEnv, IomMessage, WriteResult, StorageRequest>;
  readonly #addresses: AddressSupply;
  readonly #calls = new Map<number, PromiseWithResolvers<WriteResult>>();
  /** The difference of each open update, in a page of ours. */
  readonly #deltas = new Map<number, PageIndex>();
  readonly #blockLocks = new KeyLocks();
  readonly #slots: Slots;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  #changed = Promise.withResolvers<void>();
  #nextCall = 1;
  #inbox: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(host: RoleHost) {
    this.#host = host;
    this.#pages = host.pages;
    this.#addresses = new AddressSupply(host.store, host.storage);
    const { incarnation, peers } = host;
    this.#env = { incarnation, addresses: [], reserve: 0, peers, push: true, rules: raidRules };
    const perMember = Math.floor(host.pages.pages / (4 * (peers.length + 1)));
    this.#slots = new Slots(Math.max(1, Math.min(updatesOpenMax, perMember)));
    this.#ready.promise.catch(() => undefined);
    this.#changed.promise.catch(() => undefined);
    this.#runner = new KernelRunner(dataIom, this.#env, {
      send: (to, message) => this.#host.send(to, message),
      reply: (call, result) => this.#reply(call, result),
      deliver: (request) => this.#host.storage.serve(request, (answer) => this.#answered(answer), this.#beforeFlush),
      trace: (step, id) => this.#host.trace('data', step, id, () => this.#entryOf(id)?.gfid),
      settled: () => this.#settled(),
    });
  }

  /** Begin with what the log says is open. */
  start(): void {
    this.#dispatch({ type: 'recovered', ...this.#host.store.journaled.openEntries().data });
  }

  /** Resolves when every update that the log left open is decided, and every parity IOM was heard. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  peer(peer: Peer, up: boolean): void {
    this.#dispatch({ type: 'peer', peer, up });
  }

  /** A message of a parity IOM: in the order they come, each once there is space for what it may need. */
  message(from: Peer, message: ToData): void {
    if (message.type === 'recalled') this.#deltas.set(message.mj, pageOfHandle(message.delta));
    this.#inbox = this.#inbox.then(async () => {
      if (message.type === 'resolved') await this.#makeRoomFor(message);
      this.#dispatch({ type: 'message', from, message });
    });
    this.#inbox.catch((error: unknown) => this.fail(this.#host.store.stop(error)));
  }

  /**
   * Carry a write out; resolves when it is as tough as it asked to be. Writes of one block are carried out in the order of
   * these calls.
   * @param mayBegin asked in the moment it begins
   * @throws NoSpaceError, BlockDamagedError, ClaimedError, DriveStoppedError
   */
  async write(write: BlockWrite, mayBegin: () => boolean): Promise<WriteResult> {
    await this.ready;
    return this.#slots.run(async () => {
      const answer = await this.#blockLocks.run(blockName(write), async () => {
        const { address } = this.#latest(write);
        if (!(await this.#host.storage.load(address))) throw this.#host.damaged(write.gfid, write.lblk);
        // As many as may begin without another look, so that none waits for an address when nothing is under way.
        const pool = () => this.#state.pool;
        while (pool().free.length <= this.#state.waiting.length) await this.#addresses.more(pool);
        if (!mayBegin()) throw new ClaimedError(`${write.gfid}`);
        return this.#begin(write);
      });
      return answer.promise;
    });
  }

  /**
   * Where a reader finds a block: waits until its last update is as tough as the reader asks, and never less than 1,
   * except for the client that wrote it.
   */
  async locate(gfid: number, lblk: number, client: number, atLeast: Toughness): Promise<LocatedBlock> {
    await this.ready;
    for (;;) {
      this.#assertRunning();
      const update = this.#openUpdate(gfid, lblk);
      if (update === undefined || update.stage === 'preparing') return this.#blockAt(gfid, lblk);
      const { entry } = update;
      const own = entry.client === client && atLeast === 0;
      if (own || levelOf(update) >= Math.max(1, atLeast)) return { address: entry.newAddress, seq: entry.seq };
      await this.#changed.promise;
    }
  }

  /** Resolves when every write of the object within the blocks that was begun is at toughness 2. */
  async quiet(gfid: number, fromBlock: number, toBlock: number): Promise<void> {
    await this.ready;
    const isAsked = (of: { readonly gfid: number; readonly lblk: number }) =>
      of.gfid === gfid && of.lblk >= fromBlock && of.lblk < toBlock;
    const concerns = (update: DataUpdate) => isAsked(update.entry) && levelOf(update) < 2;
    while (this.#state.updates.some(concerns) || this.#state.waiting.some(isAsked)) {
      await this.#changed.promise;
      this.#assertRunning();
    }
  }

  /** Resolves when every update that is open now has ended. */
  async ended(): Promise<void> {
    await this.ready;
    const open = new Set(this.#state.updates.map(({ entry }) => entry.mj));
    while (this.#state.updates.some(({ entry }) => open.has(entry.mj))) {
      await this.#changed.promise;
      this.#assertRunning();
    }
  }

  /** The drive or the I/O manager is at its end: everyone who waits is told. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#changed.reject(error);
  }

  close(): void {
    for (const page of this.#deltas.values()) this.#pages.give(page);
    this.#deltas.clear();
  }

  get #state(): DataState {
    return this.#runner.state;
  }

  readonly #beforeFlush = (id: number): Promise<void> => this.#host.beforeFlush(id, this.#entryOf(id));

  #entryOf(id: number) {
    return this.#state.updates.find(({ entry }) => entry.mj === id)?.entry;
  }

  #begin(write: BlockWrite): PromiseWithResolvers<WriteResult> {
    this.#assertRunning();
    const call = this.#nextCall++;
    const answer = Promise.withResolvers<WriteResult>();
    answer.promise.catch(() => undefined);
    this.#calls.set(call, answer);
    this.#load(write);
    this.#dispatch({ type: 'write', call, ...write });
    return answer;
  }

  #answered(answer: StorageAnswer): void {
    if (answer.type === 'combined' || answer.type === 'difference')
      this.#keepDelta(answer.id, pageOfHandle(answer.delta));
    this.#dispatch(answer);
  }

  #keepDelta(id: number, page: PageIndex): void {
    const before = this.#deltas.get(id);
    if (before !== undefined && before !== page) this.#pages.give(before);
    this.#deltas.set(id, page);
  }

  #reply(call: number, result: WriteResult): void {
    this.#calls.get(call)?.resolve(result);
    this.#calls.delete(call);
  }

  #dispatch(event: DataEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.#runner.dispatch(event);
    } catch (error) {
      this.fail(this.#host.store.stop(error));
    }
  }

  #settled(): void {
    const { updates } = this.#state;
    if (this.#deltas.size > updates.length) {
      const open = new Set(updates.map(({ entry }) => entry.mj));
      for (const [id, page] of this.#deltas) {
        if (open.has(id)) continue;
        this.#pages.give(page);
        this.#deltas.delete(id);
      }
    }
    this.#forgetIdleBlocks();
    if (this.#state.updates.length > 0) this.#addresses.balance(() => this.#state.pool);
    if (!this.#isReady && this.#everythingDecided()) {
      this.#isReady = true;
      this.#ready.resolve();
    }
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    this.#changed.promise.catch(() => undefined);
    changed.resolve();
  }

  #everythingDecided(): boolean {
    const { recovering, peers, updates } = this.#state;
    if (recovering || peers.some((peer) => peer !== 'known')) return false;
    return updates.every(({ stage }) => stage === 'updating' || stage === 'preparing');
  }

  /** Take the block into the kernel's cnodes, if it is not there. */
  #load({ gfid, lblk }: { readonly gfid: number; readonly lblk: number }): void {
    const { blocks } = this.#state;
    if (blocks.some((block) => block.gfid === gfid && block.lblk === lblk)) return;
    const block = this.#host.store.journaled.data(gfid, lblk);
    if (block === undefined) return;
    blocks.push({ ...block });
    blocks.sort((a, b) => a.gfid - b.gfid || a.lblk - b.lblk);
  }

  /** The kernel keeps the blocks that something is under way for; the map has them all. */
  #forgetIdleBlocks(): void {
    const state = this.#state;
    if (state.blocks.length <= 2 * (state.updates.length + state.waiting.length) + idleBlocksKept) return;
    const busy = new Set([...state.updates.map(({ entry }) => blockName(entry)), ...state.waiting.map(blockName)]);
    state.blocks = state.blocks.filter((block) => busy.has(blockName(block)));
  }

  /** The block as it will be when all that is open of it has ended. */
  #latest({ gfid, lblk }: { readonly gfid: number; readonly lblk: number }): LocatedBlock {
    const update = this.#openUpdate(gfid, lblk);
    if (update !== undefined) return { address: update.entry.newAddress, seq: update.entry.seq };
    return this.#blockAt(gfid, lblk);
  }

  #blockAt(gfid: number, lblk: number): LocatedBlock {
    const isIt = (block: DataBlock) => block.gfid === gfid && block.lblk === lblk;
    const block = this.#state.blocks.find(isIt) ?? this.#host.store.journaled.data(gfid, lblk);
    return block ?? { address: noAddress, seq: 0 };
  }

  #openUpdate(gfid: number, lblk: number): DataUpdate | undefined {
    return this.#state.updates.findLast(({ entry }) => entry.gfid === gfid && entry.lblk === lblk);
  }

  /** What the parity IOM knows and we do not is taken over at its own address, if that is free. */
  async #makeRoomFor(message: Extract<ToData, { type: 'resolved' }>): Promise<void> {
    const pool = () => this.#state.pool;
    while (pool().free.length < message.open.length) await this.#addresses.more(pool);
    for (const { mj } of message.open) {
      this.#load(mj);
      if (this.#entryOf(mj.mj) === undefined) this.#addresses.want(pool, mj.newAddress);
    }
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const idleBlocksKept = 64;

/** How tough an update is now. */
function levelOf({ stage, journaled, hardened, partners }: DataUpdate): Toughness {
  if (stage !== 'updating') return 0;
  if (journaled && hardened && partners.every((partner) => partner.hardened)) return 2;
  return partners.every((partner) => partner.deltaHeld || partner.hardened) ? 1 : 0;
}
