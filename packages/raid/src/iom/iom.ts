import type { PagePool } from '@holdfast/runtime';
import { HoldfastError } from '@holdfast/runtime/service';
import type { DriveDirectory } from '../drive/drive-files.ts';
import { isSystemError, openDirectory } from '../drive/node-drive.ts';
import {
  DriveClosedError,
  DriveUnusableError,
  FencedError,
  ForeignDriveError,
  GeometryError,
  NoSpaceError,
  PagesGoneError,
} from '../errors.ts';
import { type BehindCount, BlockJournal } from '../journal/block-journal.ts';
import type { ConnectIom } from '../journal/iom-link.ts';
import type { NoteStep } from '../journal/role-host.ts';
import type { MjEntry } from '../kernel/journal.ts';
import { gfidsPerLifeMax, gfidsPerOpeningMax } from '../limits.ts';
import { openParity, type ParityKernel } from '../parity/parity-kernel.ts';
import type { FetchOutcome } from '../store/block-reader.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { ArrayView, DriveIdentity } from '../store/identity.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import { formatDrive, openDrive } from '../store/open-drive.ts';
import type { SlotPages } from '../store/slot-pages.ts';
import { BlockRequests } from './block-requests.ts';
import type { IomPort } from './iom-port.ts';
import type {
  ArrayViewAnswer,
  BlockRangeRequest,
  BlockUseAnswer,
  ClaimRequest,
  ClaimsAnswer,
  ClaimsRequest,
  DriveReport,
  FetchRequest,
  GroupRequest,
  HeldBlocksAnswer,
  HeldRequest,
  HoldRequest,
  LayOutRequest,
  MemberRequest,
  MendRequest,
  ReadBlocksAnswer,
  ReadBlocksRequest,
  ReadParityAnswer,
  ReadParityRequest,
  ReserveAnswer,
  ReserveRequest,
  ReservesAnswer,
  ReservesRequest,
  SlotMessage,
  Step,
  StoreRequest,
  TracedStep,
  WriteBlocksAnswer,
  WriteBlocksRequest,
} from './messages.ts';
import { StepGate } from './step-gate.ts';
import { StepTrace } from './step-trace.ts';

export interface IomHost {
  readonly member: number;
  readonly pages: PagePool;
  /** Directory of this member's drive. */
  readonly directory: string;
  /** Begins a link to the I/O manager of another member. */
  readonly connect: ConnectIom;
  /** Opens the directory. Default: the file system. */
  readonly openDirectory?: (path: string, options: { readonly create: boolean }) => Promise<DriveDirectory>;
}

/**
 * The I/O manager of one member: the only one who touches its drive. It writes from the pages of whoever asks, and
 * reads into them, holding them for that time; bytes never travel in messages.
 */
export class Iom implements IomPort {
  readonly #host: IomHost;
  readonly #kernel: ParityKernel;
  readonly #gate = new StepGate();
  readonly #trace = new StepTrace();
  #store: BlockStore | undefined;
  #journal: BlockJournal | undefined;
  #closed = Promise.withResolvers<undefined>();
  #gfids = 0;
  #firstEpoch = 0;

  constructor(host: IomHost) {
    this.#host = host;
    this.#kernel = openParity(host.pages.memory);
  }

  async create(identity: DriveIdentity): Promise<void> {
    await this.close();
    this.#store = await this.#usable(async () => formatDrive(await this.#driveHost(true), identity));
  }

  async open(): Promise<DriveReport> {
    await this.close();
    const { store, findings } = await this.#usable(async () => openDrive(await this.#driveHost(false)));
    if (store.identity.member !== this.#host.member) {
      await store.close();
      throw new ForeignDriveError(store.path, `is that of member ${store.identity.member}`);
    }
    this.#store = store;
    return {
      identity: { ...store.identity, members: [...store.identity.members] },
      view: liveView(store.view),
      ...findings,
    };
  }

  async setView(view: ArrayView): Promise<void> {
    const store = this.#open();
    if (view.epoch < store.view.epoch) throw new FencedError(view.epoch, store.view.epoch);
    await store.setView(view);
    if (this.#journal === undefined && view.live.includes(this.#host.member)) this.#begin(store, view);
  }

  async enterView({ epoch }: { readonly epoch: number }): Promise<void> {
    // Of a view that was overtaken nothing is made any more.
    const store = this.#at(epoch);
    await store.workBy(epoch);
    if (store.view.epoch === epoch) this.#journal?.enter(store.view);
  }

  async view(): Promise<ArrayViewAnswer> {
    const { identity, view } = this.#open();
    const { arrayId, data, parity, unitBlocks, members } = identity;
    return {
      arrayId,
      data,
      parity,
      unitBlocks,
      members: [...members],
      ...liveView(view),
      returning: [...(view.returning ?? [])],
    };
  }

  async newGfid({ epoch }: { readonly epoch: number }): Promise<number> {
    this.#at(epoch);
    if (this.#gfids === gfidsPerLifeMax) {
      throw new GeometryError(`This node has made ${gfidsPerLifeMax} objects.`, 'Open the array again.');
    }
    return this.#firstEpoch * 2 ** 32 + gfidsPerOpeningMax + this.#host.member * gfidsPerLifeMax + this.#gfids++;
  }

  async claim(request: ClaimRequest): Promise<number> {
    // Before its life of journaled writes began a member has none to wait for.
    if (this.#journal !== undefined) return this.#blocks(request.epoch).claim(request);
    const { gfid, token } = request;
    await this.#at(request.epoch).journal({ type: 'claim', gfid, token }, 0);
    return this.#at(request.epoch).journaled.claim(gfid);
  }

  async writeBlocks(request: WriteBlocksRequest): Promise<WriteBlocksAnswer> {
    return this.#blocks(request.epoch).write(request);
  }

  async proxyWrites(request: WriteBlocksRequest): Promise<WriteBlocksAnswer> {
    return this.#blocks(request.epoch).proxyWrites(request);
  }

  async layOut({ epoch, layouts }: LayOutRequest): Promise<void> {
    const store = this.#at(epoch);
    const fresh = layouts.filter(({ gfid }) => store.journaled.layout(gfid) === undefined);
    await Promise.all(fresh.map((layout) => store.journal({ type: 'layout', ...layout }, 0)));
  }

  async blank({ epoch, member }: MemberRequest): Promise<void> {
    this.#at(epoch);
    await this.#journal?.blank(member);
  }

  async behind({ epoch, member }: MemberRequest): Promise<BehindCount> {
    this.#at(epoch);
    return this.#journal?.behind(member) ?? { blocks: 0, groups: 0, blocksMoved: 0 };
  }

  async mendBlock(request: MendRequest): Promise<boolean> {
    return this.#blocks(request.epoch).mend(request);
  }

  async encodeParity({ epoch, gfid, group }: GroupRequest): Promise<boolean> {
    this.#at(epoch);
    return (await this.#journal?.parity.encode(gfid, group)) === true;
  }

  async readBlocks(request: ReadBlocksRequest): Promise<ReadBlocksAnswer> {
    return this.#blocks(request.epoch).read(request);
  }

  async readParity(request: ReadParityRequest): Promise<ReadParityAnswer> {
    return this.#blocks(request.epoch).readParity(request);
  }

  async syncBlocks(request: BlockRangeRequest): Promise<void> {
    await this.#blocks(request.epoch).sync(request);
  }

  async blockUse(request: BlockRangeRequest): Promise<BlockUseAnswer> {
    return this.#blocks(request.epoch).use(request);
  }

  async heldBlocks(request: HeldRequest): Promise<HeldBlocksAnswer> {
    return this.#blocks(request.epoch).heldBlocks(request);
  }

  async giveBack(request: HeldRequest): Promise<number> {
    return this.#blocks(request.epoch).giveBack(request);
  }

  async decided({ epoch }: { readonly epoch: number }): Promise<void> {
    // Where nothing was ever journaled nothing can be open here; what another member has open that one waits for.
    if (!this.#at(epoch).journaled.isEmpty) await this.#journal?.ended();
  }

  async claims({ epoch, after, limit }: ClaimsRequest): Promise<ClaimsAnswer> {
    return Array.from(this.#at(epoch).journaled.claims(), ([gfid, claim]) => ({ gfid, claim }))
      .filter(({ gfid }) => gfid > after)
      .sort((a, b) => a.gfid - b.gfid)
      .slice(0, limit);
  }

  async reserve({ epoch, gfid, reserve }: ReserveRequest): Promise<ReserveAnswer> {
    const store = this.#at(epoch);
    let full = false;
    try {
      if (reserve !== undefined && this.#journal === undefined)
        await store.journal({ type: 'reserve', gfid, ...reserve }, 0);
      else if (reserve !== undefined) await this.#journal?.reservations.set(gfid, reserve.version, reserve.ranges);
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error;
      full = true;
    }
    const { version = 0, ranges = [] } = store.journaled.reserve(gfid) ?? {};
    return { version, ranges: [...ranges], full };
  }

  async reserves({ epoch, after, limit }: ReservesRequest): Promise<ReservesAnswer> {
    return [...this.#at(epoch).journaled.reserves()]
      .filter(({ gfid }) => gfid > after)
      .sort((a, b) => a.gfid - b.gfid)
      .slice(0, limit)
      .map(({ gfid, version, ranges }) => ({ gfid, version, ranges: [...ranges] }));
  }

  async store({ epoch, gfid, slots, harden }: StoreRequest): Promise<void> {
    const store = this.#at(epoch);
    await this.#holding(slots, () => store.store(slotPages(gfid, slots)));
    const step = { gfid, group: slots[0]?.group };
    await this.#gate.pass('block-written', step);
    if (!harden) return;
    await store.harden();
    await this.#gate.pass('hardened', step);
  }

  async harden({ epoch }: { readonly epoch: number }): Promise<void> {
    await this.#at(epoch).harden();
  }

  async fetch({ epoch, gfid, slots }: FetchRequest): Promise<readonly FetchOutcome[]> {
    const store = this.#at(epoch);
    return this.#holding(slots, () => store.fetch(slotPages(gfid, slots)));
  }

  async putObject({ epoch, object }: Parameters<IomPort['putObject']>[0]): Promise<readonly ObjectRecord[]> {
    const store = this.#at(epoch);
    await store.putObject(object);
    await this.#gate.pass('object-recorded', { gfid: object.gfid, group: undefined });
    return store.versions(object.key).filter(({ gfid }) => gfid < object.gfid);
  }

  async forget({ epoch, gfids }: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void> {
    await this.#at(epoch).forget(gfids);
  }

  async drop({ epoch, gfids }: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void> {
    this.#at(epoch);
    // An update that ended after the blocks were given up would give its old one up a second time.
    await Promise.all(gfids.map((gfid) => this.#journal?.ending(gfid)));
    await this.#at(epoch).drop(gfids);
    for (const gfid of gfids) this.#journal?.removed(gfid);
  }

  async versions(key: string) {
    return this.#open().versions(key);
  }

  async objects({ prefix, after, limit }: Parameters<IomPort['objects']>[0]) {
    return this.#open().objects(prefix, after, limit);
  }

  async gfids({ after, limit }: Parameters<IomPort['gfids']>[0]) {
    return this.#open().gfids(after, limit);
  }

  async use() {
    return this.#open().use;
  }

  async stopped(): Promise<string | undefined> {
    const stopped = this.#open().stopped.then(({ message }) => message);
    return Promise.race([stopped, this.#closed.promise]);
  }

  async hold(request: HoldRequest): Promise<void> {
    this.#gate.hold(request);
  }

  held({ step }: { readonly step: Step }) {
    return this.#gate.held(step);
  }

  async letGo({ step }: { readonly step: Step }): Promise<void> {
    this.#gate.release(step);
  }

  async beginTrace({ gfid }: { readonly gfid: number }): Promise<void> {
    this.#trace.begin(gfid);
  }

  async endTrace(): Promise<readonly TracedStep[]> {
    return this.#trace.end();
  }

  async close(): Promise<void> {
    const store = this.#store;
    const journal = this.#journal;
    this.#store = undefined;
    this.#journal = undefined;
    this.#closed.resolve(undefined);
    this.#closed = Promise.withResolvers();
    this.#gate.releaseAll();
    await journal?.close();
    await store?.close();
  }

  /** Begin a life of the journaled write. */
  #begin(store: BlockStore, view: ArrayView): void {
    this.#firstEpoch = view.epoch;
    this.#gfids = 0;
    const { pages, connect } = this.#host;
    const trace: NoteStep = (...step) => this.#trace.note(...step);
    const kernel = this.#kernel;
    const beforeFlush = ({ gfid, group }: MjEntry) => this.#gate.pass('delta-sent', { gfid, group });
    this.#journal = new BlockJournal({ store, pages, kernel, connect, trace, beforeFlush }, view);
  }

  #blocks(epoch: number): BlockRequests {
    const store = this.#at(epoch);
    if (this.#journal === undefined) throw new FencedError(epoch, store.view.epoch);
    return new BlockRequests(this.#journal, store, this.#host.pages);
  }

  async #driveHost(create: boolean) {
    const open = this.#host.openDirectory ?? openDirectory;
    const directory = await open(this.#host.directory, { create });
    return { directory, pages: this.#host.pages, kernel: this.#kernel };
  }

  /** Whatever the system says about the directory becomes one error that names it. */
  async #usable<T>(open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      if (error instanceof HoldfastError || !isSystemError(error)) throw error;
      throw new DriveUnusableError(this.#host.directory, error);
    }
  }

  #open(): BlockStore {
    if (this.#store === undefined) throw new DriveClosedError(this.#host.directory);
    return this.#store;
  }

  /** The drive, for a caller of its own view of the array: any other view, older or newer, is refused. */
  #at(epoch: number): BlockStore {
    const store = this.#open();
    if (store.failure !== undefined) throw store.failure;
    if (epoch !== store.view.epoch) throw new FencedError(epoch, store.view.epoch);
    return store;
  }

  /** Keep the sender's pages from being used again until the work on them is over. */
  async #holding<T>(slots: readonly SlotMessage[], work: () => Promise<T>): Promise<T> {
    const { pages } = this.#host;
    const held: SlotMessage[] = [];
    try {
      for (const slot of slots) {
        if (!pages.hold(slot.page, slot.blocks, slot.generation)) throw new PagesGoneError();
        held.push(slot);
      }
      return await work();
    } finally {
      for (const { page, blocks } of held) pages.release(page, blocks);
    }
  }
}

const slotPages = (gfid: number, slots: readonly SlotMessage[]): SlotPages[] =>
  slots.map(({ group, slot, blocks, page }) => ({ gfid, group, slot, blocks, page }));

const liveView = ({ epoch, live, returning }: ArrayView) => ({
  epoch,
  live: [...live],
  ...(returning !== undefined && { returning: [...returning] }),
});
