import { type Cluster, type MemberName, memberSlot, UnknownNodeError } from '@holdfast/runtime';
import type { Observable } from 'rxjs';
import { ArrayClosedError, NoObjectError } from '../errors.ts';
import type { Step } from '../iom/messages.ts';
import { KeyLocks } from '../journal/key-locks.ts';
import { Slots } from '../journal/slots.ts';
import type { Technique } from '../layout/technique.ts';
import { putsInFlightMax } from '../limits.ts';
import type { Mending, MendOptions } from '../mend/mend-types.ts';
import { RangeMender } from '../mend/range-mender.ts';
import { ArrayNames } from '../names/array-names.ts';
import { BlockObjects } from '../object/block-objects.ts';
import { newClient } from '../object/client-number.ts';
import type { ObjectHost } from '../object/object-host.ts';
import { isBlockObject } from '../object/object-record.ts';
import { openParity } from '../parity/parity-kernel.ts';
import { ArrayEvents } from './array-events.ts';
import type { ArrayHost } from './array-host.ts';
import { ArrayMending } from './array-mending.ts';
import { type CreateOptions, type OpenOptions, parseCreate, parseOpen } from './array-options.ts';
import { arrayStatus } from './array-status.ts';
import type { ArrayStatus, ChangeOptions, GetOptions, ObjectStat, PutOptions, StoredObject } from './array-types.ts';
import type { ByteSource } from './byte-source.ts';
import { clusterHost } from './cluster-host.ts';
import type { ArrayEvent, Reconciliation } from './events.ts';
import { gfidSource } from './gfid-source.ts';
import { settleWrites } from './journaled-writes.ts';
import { rawKey } from './key.ts';
import { LostOnTheWayError, withoutLost } from './lost-on-the-way.ts';
import { Membership } from './membership.ts';
import { ObjectDirectory } from './object-directory.ts';
import { ObjectReads } from './object-reads.ts';
import { objectStat } from './object-stat.ts';
import { createDrives, type OpenedArray, openDrives } from './open-array.ts';
import { PageBudget } from './page-budget.ts';
import { whyUnchanged } from './range-objects.ts';
import { letIn, openReturned, type ReturnHost } from './return-of-member.ts';
import { SharedGate } from './shared-gate.ts';
import { type StepHold, StepHolds } from './step-holds.ts';
import type { StoreHost } from './store-object.ts';
import { takePart } from './take-part.ts';
import { WholeObjects } from './whole-objects.ts';

/**
 * Objects spread over the drives of a cluster's nodes, with one or two parity slots in every group: any one node or drive,
 * or any two, may be gone, and everything acknowledged is read back unchanged.
 *
 * A put is acknowledged when its blocks and all copies of its metadata are durable, and it is atomic: after a crash at
 * any moment there is the old object or the new one, whole. One array at a time uses a cluster.
 *
 * @example
 * ```ts
 * await using cluster = await Cluster.start({ nodes: 4, storage: './.holdfast' });
 * const array = await RaidArray.create(cluster, { data: 3 });
 * await array.put('greeting', new TextEncoder().encode('hello'));
 * await cluster.kill('n2');
 * for await (const chunk of array.get('greeting')) process.stdout.write(chunk);
 * await array.close();
 * ```
 */
export class RaidArray implements AsyncDisposable {
  readonly #host: ArrayHost;
  readonly #opened: OpenedArray;
  readonly #events: ArrayEvents;
  readonly #membership: Membership;
  readonly #directory: ObjectDirectory;
  readonly #parts: StoreHost;
  readonly #readBudget: PageBudget;
  readonly #holds: StepHolds;
  readonly #reads: ObjectReads;
  readonly #whole: WholeObjects;
  readonly #locks = new KeyLocks();
  readonly #mending: ArrayMending;
  /** Objects become visible or go: not while the records of a member that is back are put in order. */
  readonly #commits = new SharedGate();
  readonly #objects: BlockObjects;
  readonly #names: ArrayNames;
  readonly #puts = new Slots(putsInFlightMax);
  /** Calls under way, and the space given back behind them: closing waits for these. */
  readonly #work = new Set<Promise<unknown>>();
  #reconciliation: Reconciliation | undefined;
  readonly #closed = new AbortController();
  #unlisten: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  /**
   * Make a new array over all nodes of the cluster that are up.
   * @throws GeometryError, ArrayExistsError, DriveInUseError, DriveUnusableError, NoSpaceError; StorageError (HF_STORAGE)
   *   when a directory cannot be made
   */
  static async create(cluster: Cluster, options: CreateOptions = {}): Promise<RaidArray> {
    const { directory } = parseCreate(options);
    return RaidArray.createOn(await clusterHost(cluster, { directory }), options);
  }

  /**
   * Open the array that is there. Works with one member's drive missing, unreadable, out of date or left out.
   * @throws NoArrayError, TooManyDownError, MaybeOldError, NewerFormatError, ForeignDriveError, DriveInUseError
   */
  static async open(cluster: Cluster, options: OpenOptions = {}): Promise<RaidArray> {
    const { directory } = parseOpen(options);
    return RaidArray.openOn(await clusterHost(cluster, { directory }), options);
  }

  /** @internal */
  static async createOn(host: ArrayHost, options: CreateOptions): Promise<RaidArray> {
    const { data, parity, unitBlocks, extentBlocks } = parseCreate(options);
    return RaidArray.#begin(host, async () =>
      RaidArray.#takingPart(host, await createDrives(host, { data, parity, unitBlocks, extentBlocks })),
    );
  }

  /** @internal */
  static async openOn(host: ArrayHost, options: OpenOptions): Promise<RaidArray> {
    const { without, replace, grow, acceptOld, directory } = parseOpen(options);
    const slots = (names: readonly string[]) => new Set(names.map((name) => memberSlot(name) ?? unknownNode(name)));
    const where = directory ?? "the nodes' storage";
    const wanted = { without: slots(without), replace: slots(replace), grow: slots(grow), acceptOld, where };
    return RaidArray.#begin(host, () =>
      withoutLost(async (lost) => RaidArray.#takingPart(host, await openDrives(host, { ...wanted, lost }))),
    );
  }

  static async #begin(host: ArrayHost, attempt: () => Promise<RaidArray>): Promise<RaidArray> {
    try {
      return await attempt();
    } catch (error) {
      await Promise.allSettled(host.members.map((member) => host.iom(member).close()));
      await host.close();
      throw error instanceof LostOnTheWayError ? error.cause : error;
    }
  }

  static async #takingPart(host: ArrayHost, opened: OpenedArray): Promise<RaidArray> {
    const array = new RaidArray(host, opened);
    await array.#takePart();
    return array;
  }

  private constructor(host: ArrayHost, opened: OpenedArray) {
    this.#host = host;
    this.#opened = opened;
    const name = (member: number) => host.name(member);
    const view = { epoch: opened.epoch, live: opened.present };
    const behind = this.#behind.bind(this);
    this.#events = new ArrayEvents({ name, membership: () => this.#membership, behind });
    const onLoss = this.#events.lost.bind(this.#events);
    this.#membership = new Membership(host, opened.members, opened.geometry.parity, view, opened.findings, onLoss);
    this.#directory = new ObjectDirectory(this.#membership);
    this.#holds = new StepHolds(host);
    this.#readBudget = new PageBudget(host.pages);
    this.#parts = {
      name,
      pages: host.pages,
      kernel: openParity(host.pages.memory),
      budget: new PageBudget(host.pages),
      membership: this.#membership,
      directory: this.#directory,
      geometry: opened.geometry,
      nextGfid: gfidSource(opened.epoch + 1),
      onBegin: (key, gfid) => this.#holds.begin(key, gfid),
      committing: (work) => this.#commits.shared(work),
    };
    this.#reads = new ObjectReads({
      ...this.#parts,
      budget: this.#readBudget,
      events: this.#events.subject,
      assertOpen: () => this.#assertOpen(),
    });
    this.#whole = new WholeObjects({ parts: this.#parts, reads: this.#reads, behind });
    const objectHost: ObjectHost = {
      name,
      members: this.#membership,
      pages: host.pages,
      budget: new PageBudget(host.pages),
      arrayId: opened.arrayId,
      data: opened.geometry.data,
      unitBlocks: opened.geometry.unitBlocks,
      watch: this.#events,
      ...newClient(),
    };
    this.#mending = new ArrayMending({
      parts: this.#parts,
      budget: this.#readBudget,
      ranges: new RangeMender(objectHost),
      locks: this.#locks,
      events: this.#events.subject,
      closed: this.#closed.signal,
      behind,
    });
    this.#objects = new BlockObjects(async () => {
      this.#assertOpen();
      return objectHost;
    });
    this.#names = new ArrayNames(this.#objects);
  }

  /** Objects that are written in ranges. Inside a service of a node: `raidObjects(context)`. */
  get objects(): BlockObjects {
    return this.#objects;
  }

  /** Names of objects that are written in ranges. Inside a service of a node: `raidNames(context)`. */
  get names(): ArrayNames {
    return this.#names;
  }

  /** What happens in the array, from now on. */
  get events$(): Observable<ArrayEvent> {
    return this.#events.subject.asObservable();
  }

  /**
   * Store an object, in place of the one of that key if there is one. Resolves when it is durable on every member that
   * is up: blocks, parity and all copies of the metadata.
   *
   * @param key 1 to 1024 bytes of UTF-8 without NUL. Names that are not UTF-8: see {@link keyFromBytes}.
   * @throws BadKeyError, GeometryError, SourceError, NoSpaceError, TooManyDownError, ArrayClosedError, the signal's reason, or what the
   *   source threw
   */
  async put(key: string, source: ByteSource, options: PutOptions = {}): Promise<StoredObject> {
    const raw = rawKey(key);
    return this.#during(() => this.#locks.run(raw, () => this.#puts.run(() => this.#whole.put(raw, source, options))));
  }

  /**
   * Keep an object by another technique, or spread it anew over the members there are now: it is stored a second time under
   * its key, with a new id, and takes the place of the first as a whole. Whoever reads it meanwhile reads on. After a crash
   * at any moment there is the one or the other. A call that fails has changed nothing.
   *
   * @throws NoObjectError, ObjectLostError, BadKeyError, GeometryError (also for the id or the name of an object that is
   *   written in ranges), DegradedError, NoSpaceError, TooManyDownError, ArrayClosedError, the signal's reason
   */
  async change(key: string, technique: Technique, options: ChangeOptions = {}): Promise<StoredObject> {
    const raw = rawKey(key);
    try {
      return await this.#during(() =>
        this.#locks.run(raw, () => this.#puts.run(() => this.#whole.change(key, technique, options))),
      );
    } catch (error) {
      if (!(error instanceof NoObjectError)) throw error;
      throw await this.#during(() => whyUnchanged(error, this.#objects, this.#names));
    }
  }

  /**
   * The bytes of an object, in order; what cannot be read where it lies is restored from the rest of its group. The
   * object as it was when the reading began, also when it is replaced or removed meanwhile.
   *
   * @throws NoObjectError, ObjectLostError, BadKeyError, ArrayClosedError, the signal's reason
   */
  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    const object = await this.#during(() => this.#reads.begin(key));
    try {
      yield* this.#reads.content(key, object, options, (read) => this.#during(read));
    } finally {
      this.#reads.end(object);
    }
  }

  /** The object of a key, undefined when there is none. */
  async stat(key: string): Promise<ObjectStat | undefined> {
    const raw = rawKey(key);
    const record = await this.#during(() => this.#directory.newest(raw));
    return record && objectStat(record, this.#membership.live);
  }

  /** Objects by key in the order of their bytes; those that are stored meanwhile may be there or not. */
  async *list(options: { readonly prefix?: string | undefined } = {}): AsyncGenerator<ObjectStat> {
    const { prefix = '' } = options;
    this.#assertOpen();
    for await (const { record } of this.#directory.list(prefix === '' ? '' : rawKey(prefix))) {
      if (!isBlockObject(record)) yield objectStat(record, this.#membership.live);
    }
  }

  /**
   * Remove an object; false when there was none. Resolves when no crash can bring it back.
   * @throws BadKeyError, TooManyDownError, ArrayClosedError
   */
  async remove(key: string): Promise<boolean> {
    const raw = rawKey(key);
    return this.#during(() => this.#locks.run(raw, () => this.#commits.shared(() => this.#whole.remove(raw))));
  }

  status(): Promise<ArrayStatus> {
    return this.#during(() => arrayStatus(this.#opened, this.#membership, this.#parts.name, this.#reconciliation));
  }

  /**
   * Hold a member's I/O manager at a step: for demonstrations and tests that kill it exactly there. Resolves when the
   * hold is in place. With `key`, only the next object stored under that key is held.
   */
  async hold(
    node: MemberName,
    step: Step,
    options: { readonly key?: string | undefined; readonly after?: number | undefined } = {},
  ): Promise<StepHold> {
    const member = memberSlot(node);
    if (member === undefined || !this.#membership.live.has(member)) unknownNode(node);
    const key = options.key === undefined ? undefined : rawKey(options.key);
    return this.#holds.hold(member!, step, { after: options.after ?? 0, key });
  }

  /**
   * Let a node in again that was lost: its thread was restarted, or its drive is back. Resolves when it takes part in the
   * array; it then catches up with what it missed, beside everything else (`resyncing`, `rebuilding` and their end are
   * events). A node whose thread is restarted comes back without this call. Nothing happens when it is up.
   *
   * @param options `replace`: make an empty drive when it has none any more, and fill it.
   * @throws UnknownNodeError, NoArrayError (no drive, without `replace`), ForeignDriveError, DriveInUseError,
   *   TooManyDownError while more are down than the array can lose
   */
  async revive(node: MemberName, options: { readonly replace?: boolean | undefined } = {}): Promise<void> {
    const member = memberSlot(node);
    if (member === undefined || !this.#membership.members.includes(member)) unknownNode(node);
    await this.#during(() =>
      this.#locks.run(`revive ${member}`, () => this.#revive(member!, options.replace ?? false)),
    );
  }

  async #revive(member: number, replace: boolean): Promise<void> {
    if (this.#membership.live.has(member)) return;
    const { geometry, extentBlocks, arrayId } = this.#opened;
    const { data, unitBlocks } = geometry;
    const { members, lossesMax } = this.#membership;
    const given: ReturnHost = {
      host: this.#host,
      membership: this.#membership,
      directory: this.#directory,
      identity: { arrayId, members, data, parity: lossesMax === 2 ? 2 : 1, unitBlocks, extentBlocks },
      closed: this.#closed.signal,
    };
    const drive = await openReturned(given, member, replace);
    await this.#commits.alone(() => letIn(given, member, drive));
    this.#events.back(member);
    this.#mending.catchUp(member);
    this.#mending.fillMissed(member, drive.isBlank);
  }

  /**
   * Fill the drive of a node with what it should hold: after a drive was replaced, or a node missed puts. Goes on beside
   * everything else, until it is done or the array is closed; can be begun again. What it missed of objects that are written
   * in ranges it catches up with by itself; the rows it has a part in are looked at after that.
   *
   * @throws UnknownNodeError when the node is down or has no part in the array, GeometryError for bad options
   */
  rebuild(node: MemberName, options: MendOptions = {}): Mending {
    this.#assertOpen();
    const member = memberSlot(node);
    if (member === undefined || !this.#membership.live.has(member)) unknownNode(node);
    return this.#mending.rebuild(member!, options);
  }

  /**
   * Give what members that are down held of objects stored whole to members that are left, where an object's span is wider
   * than its groups: then as many may be lost again. Objects that have no spare member stay degraded. Goes on beside
   * everything else, like a rebuild.
   *
   * @throws GeometryError for bad options
   */
  rehome(options: MendOptions = {}): Mending {
    this.#assertOpen();
    return this.#mending.rehome(options);
  }

  /**
   * Read every slot of the objects that are stored whole, and every row of those that are written in ranges, and hold them
   * against their checksums, versions and parity. What the rest of a group restores is written anew; what is gone is
   * reported exactly.
   *
   * @throws GeometryError for bad options
   */
  scrub(options: MendOptions = {}): Mending {
    this.#assertOpen();
    return this.#mending.scrub(options);
  }

  /** Refuse new calls, wait for those under way, and let go of the drives. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #takePart(): Promise<void> {
    const { present } = this.#opened;
    const unlisten = [
      this.#host.onDown((member, why) => this.#membership.end(member, why)),
      this.#host.onSilence((member, silent) => this.#membership.hush(member, silent)),
      this.#host.onUp((member) => this.#behind(() => this.revive(this.#host.name(member)))),
    ];
    this.#unlisten = () => {
      for (const end of unlisten) end();
    };
    try {
      const catchUp = (member: number) => this.#mending.catchUp(member);
      const entered = takePart(this.#opened, this.#membership, this.#directory, catchUp);
      this.#reconciliation = await this.#membership.whileCovered(entered);
      await this.#membership.whileCovered(this.#makeNames());
    } catch (error) {
      const lost = new Map([...this.#membership.lost].filter(([member]) => present.includes(member)));
      // No view of this attempt is recorded any more when the next one looks.
      if (lost.size > 0) await this.#membership.steady();
      this.#closed.abort(new ArrayClosedError());
      this.#unlisten();
      this.#membership.close();
      await Promise.allSettled([...lost.keys()].map((member) => this.#host.iom(member).close()));
      throw lost.size > 0 ? new LostOnTheWayError(lost, error) : error;
    }
  }

  /** With too many members down names wait, as everything that is stored does, until the array is opened again. */
  async #makeNames(): Promise<void> {
    if (this.#membership.lost.size > this.#opened.geometry.parity) return;
    await this.#objects.makeNames();
    this.#behind(() => this.#names.sweep().then(() => undefined));
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new ArrayClosedError();
  }

  async #during<T>(call: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#tracked(call());
  }

  /** Work nobody waits for. What it leaves undone the next opening puts in order. */
  #behind(work: () => Promise<void>): void {
    void this.#tracked(work()).catch(() => undefined);
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  async #close(): Promise<void> {
    this.#closed.abort(new ArrayClosedError());
    this.#reads.abandon();
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
    await settleWrites(this.#membership);
    this.#unlisten();
    this.#membership.close();
    await Promise.allSettled([...this.#membership.live].map((member) => this.#host.iom(member).close()));
    await this.#host.close();
    this.#events.subject.complete();
  }
}

function unknownNode(name: string): never {
  throw new UnknownNodeError(name);
}
