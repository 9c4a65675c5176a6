import { type MemberName, memberName, memberSlot, UnknownNodeError } from '@holdfast/runtime/service';
import { StoreError, UnknownOperationError } from '../errors.ts';
import { anyNode } from '../kernel/object-types.ts';
import { readable } from '../kernel/valid-copies.ts';
import { type ContainerCounters, countersOf } from './counters.ts';
import type { ContainerDefinition } from './definition.ts';
import { Eviction } from './eviction.ts';
import { ExecuteCalls } from './execute-calls.ts';
import { flushEach } from './flush-set.ts';
import { type Change, type ChangeAll, type Changed, checkKeys, Grabs } from './grabs.ts';
import { Claim, Grant } from './grants.ts';
import { asyncContext, Holder } from './holder.ts';
import { type Inspection, inspect } from './inspection.ts';
import { KeyForm, keyText, type MapKey } from './key-form.ts';
import { LeaseCalls } from './lease-calls.ts';
import { ReadLease, WriteLease } from './leases.ts';
import type { MemberCoherence } from './member-coherence.ts';
import { MomentCalls } from './moment-calls.ts';
import { newKey } from './new-key.ts';
import { type ContainerCallOptions, ObjectCalls } from './object-calls.ts';
import type { ObjectSet } from './object-set.ts';
import { type ObjectSlot, unread } from './object-slot.ts';
import { PageForm } from './page-form.ts';
import type { PageFrames } from './page-frames.ts';
import { SetHooks } from './set-hooks.ts';
import { type ObjectTrace, traceObject } from './trace-scenario.ts';
import { RecordForm, type ValueForm } from './value-form.ts';
import { type ObjectChange, Watch, WatchQuestions } from './watch.ts';

/** The argument of an operation, if it takes one, then the options of the call. */
type ExecuteArguments<Run> = Run extends (draft: never) => unknown
  ? [argument?: undefined, options?: ContainerCallOptions]
  : Run extends (draft: never, argument: infer Argument) => unknown
    ? [argument: Argument, options?: ContainerCallOptions]
    : never;

type ExecuteResult<Run> = Run extends (...given: never[]) => infer Result ? Result : never;

/**
 * A cluster-wide map of objects as one member sees it: reads are local once a copy is here, and never stale; whoever
 * writes owns the object.
 *
 * Every call that has to wait rejects with HF_TIMEOUT, the reason of its signal, HF_NODE_DOWN or HF_CLOSED, and all
 * reject keys and values that do not fit their schemas with HF_SCHEMA.
 */
export class Container<Key, Value, Operations = Record<never, never>, Missing extends undefined = undefined> {
  readonly definition: ContainerDefinition<Key, Value, Operations, Missing>;
  readonly #member: MemberCoherence;
  readonly #set: ObjectSet;
  readonly #values: ValueForm<Value>;
  readonly #calls: ObjectCalls<Key>;
  readonly #leases: LeaseCalls<Key>;
  readonly #moments: MomentCalls<Key, Value, Missing>;
  readonly #executes: ExecuteCalls<Key>;
  readonly #grabs: Grabs<Key, Value, Missing>;
  readonly #watches: WatchQuestions<MapKey>;

  constructor(
    member: MemberCoherence,
    set: ObjectSet,
    definition: ContainerDefinition<Key, Value, Operations, Missing>,
  ) {
    this.definition = definition;
    this.#member = member;
    this.#set = set;
    const keys = new KeyForm(definition.key, definition.name);
    this.#values = set.frames === undefined ? new RecordForm(definition) : pageForm(definition, set.frames);
    set.hooks ??= new SetHooks(
      set,
      member,
      definition as unknown as ContainerDefinition<unknown, unknown>,
      keys as KeyForm<unknown>,
      this.#values as ValueForm<unknown>,
      (error) => member.context.log.error(`A hook of container ${definition.name} threw: ${String(error)}`),
    );
    if (definition.budget !== undefined) set.eviction ??= new Eviction(set, member, definition.budget);
    this.#calls = new ObjectCalls(member, set, set.hooks, keys, definition);
    this.#leases = new LeaseCalls(this.#calls);
    this.#moments = new MomentCalls(this.#calls, this.#leases, this.#values);
    this.#executes = new ExecuteCalls(this.#calls);
    this.#grabs = new Grabs(this.#calls, this.#leases, this.#values);
    this.#watches = new WatchQuestions((form, seen) => this.#calls.changed(keys.read(form), seen, { timeoutMs: 0 }));
  }

  /**
   * The value, frozen, if a valid copy is here; no message, no wait, no lease. Undefined says nothing about other
   * members.
   */
  peek(key: Key): Value | undefined {
    const slot = this.#calls.atWork(key);
    return slot === undefined ? this.#peekPacked(key) : this.#peekAt(slot);
  }

  /** The value of an object that was packed, looked at where it lies; what is looked at again goes to work again. */
  #peekPacked(key: Key): Value | undefined {
    const packed = this.#set.isOpen ? this.#calls.firstLook(key) : undefined;
    if (packed !== undefined) return this.#values.lookAt(packed.bytes, packed.start, packed.end);
    const slot = this.#calls.known(key);
    return slot && this.#peekAt(slot);
  }

  #peekAt(slot: ObjectSlot): Value | undefined {
    if (slot.entry.writer !== 0 || !readable.has(slot.entry.status) || !this.#set.isOpen) return undefined;
    slot.recent = true;
    return slot.value === unread ? this.#values.look(slot) : (slot.value as Value);
  }

  /** A read lease if a valid copy is here and nobody waits for it, else undefined. Never a message, never a wait. */
  find(key: Key, { holder = asyncContext }: Pick<ContainerCallOptions, 'holder'> = {}): ReadLease<Value> | undefined {
    const slot = this.#calls.known(key);
    if (slot === undefined) return undefined;
    const held = holder.held(slot);
    if (held !== undefined) return held.mode === 'read' ? new ReadLease(held.grant!, this.#values) : undefined;
    const call = this.#calls.nextCall({});
    if (this.#set.call(slot, { type: 'find', call })?.outcome !== 'held') return undefined;
    const claim = new Claim(slot, 'read');
    holder.remember(claim);
    return new ReadLease(new Grant(this.#set, claim, call), this.#values);
  }

  /**
   * A read lease on the object, or undefined where there is none. Fetches a copy if none is here. While it lasts,
   * writers everywhere wait.
   * @throws LeaseHeldError (HF_LEASE_HELD) while the same holder writes it, LoadError (HF_LOAD), LostError (HF_LOST)
   */
  async get(key: Key, options: ContainerCallOptions = {}): Promise<ReadLease<Value> | Missing> {
    const asked = this.#leases.read({ what: 'get', handsOut: true }, key, options);
    const grant = asked instanceof Promise ? await asked : asked;
    return grant === undefined ? (undefined as Missing) : new ReadLease(grant, this.#values);
  }

  /** The value, frozen, read under a lease that has ended when this resolves; undefined where there is no object. */
  read(key: Key, options: ContainerCallOptions = {}): Promise<Value | Missing> {
    return this.#moments.read(key, options);
  }

  /**
   * Write: `change` gets a private copy of the value and changes it, or answers a new one; undefined where there is no
   * object. It runs once no other copy is valid anywhere, and may be asynchronous: everybody else waits for it. Where it
   * throws, or its result does not fit the schema, the old value stands.
   * @returns the value as it is now, frozen; undefined if there still is none
   * @throws LeaseHeldError (HF_LEASE_HELD) while the same holder has a lease on it, LoadError (HF_LOAD),
   *   ValueTooLargeError (HF_VALUE_TOO_LARGE), and whatever `change` throws
   */
  grab(key: Key, change: Change<Value, Missing>, options?: ContainerCallOptions): Promise<Value | Missing>;
  /** The only lease on the object anywhere; its draft counts once it is committed. */
  grab(key: Key, options?: ContainerCallOptions): Promise<WriteLease<Value>>;
  grab(
    key: Key,
    change: Change<Value, Missing> | ContainerCallOptions = {},
    options: ContainerCallOptions = {},
  ): Promise<Value | Missing | WriteLease<Value>> {
    return typeof change === 'function' ? this.#grabs.change(key, change, options) : this.#grabs.lease(key, change);
  }

  /**
   * As {@link get}, for a thread that may block: it handles what arrives for it while it waits, and nothing else runs.
   * @throws CannotBlockError (HF_CANNOT_BLOCK) where nothing could arrive
   */
  getSync(key: Key, options: ContainerCallOptions = {}): ReadLease<Value> | Missing {
    const grant = this.#leases.readNow({ what: 'getSync', handsOut: true }, key, options);
    return grant === undefined ? (undefined as Missing) : new ReadLease(grant, this.#values);
  }

  /**
   * As {@link grab}, for a thread that may block. `change` must not be asynchronous.
   * @throws CannotBlockError (HF_CANNOT_BLOCK) where nothing could arrive
   */
  grabSync(
    key: Key,
    change: (draft: Value | Missing) => Changed<Value>,
    options: ContainerCallOptions = {},
  ): Value | Missing {
    return this.#grabs.changeNow(key, change, options);
  }

  /** As {@link grab}, but undefined at once where somebody else, here or elsewhere, has a lease on the object. */
  async tryGrab(key: Key, options: ContainerCallOptions = {}): Promise<WriteLease<Value> | undefined> {
    const grant = await this.#leases.write({ what: 'tryGrab', tries: true, handsOut: true }, key, options);
    return grant && new WriteLease(grant, this.#values);
  }

  /**
   * Run an operation of the definition where the object is; the object does not move. At most once, whatever dies.
   * @returns its result
   * @throws UnknownOperationError (HF_UNKNOWN_OPERATION), AbsentError (HF_ABSENT), OutcomeUnknownError
   *   (HF_OUTCOME_UNKNOWN), what the operation throws, and as {@link grab}
   */
  execute<Name extends keyof Operations & string>(
    key: Key,
    operation: Name,
    ...[argument, options = {}]: ExecuteArguments<Operations[Name]>
  ): Promise<ExecuteResult<Operations[Name]>> {
    const { name, operations } = this.definition;
    const known = operations as Readonly<Record<string, (draft: Value, argument: unknown) => unknown>>;
    const run = Object.hasOwn(known, operation) ? known[operation] : undefined;
    if (run === undefined) return Promise.reject(new UnknownOperationError(name, operation));
    // The owner has not opened the container, or could not load: here both can be done, or be seen to fail.
    const runHere = async (): Promise<unknown> => {
      let result: unknown;
      const change = (draft: Value | Missing): void => {
        result = run(draft as Value, argument);
      };
      await this.#grabs.change(key, change, options);
      return result;
    };
    const ran = this.#executes.execute(key, operation, argument, options, runHere);
    return ran as Promise<ExecuteResult<Operations[Name]>>;
  }

  /**
   * Write several objects at once: `change` gets private copies in the order of the keys, changes them or answers new
   * ones. All are grabbed first, in one order for everybody, so that calls of this kind never wait for each other in a
   * circle. Where it throws, or one value does not fit, all old values stand. The death of this node while the values
   * are handed back may let some of them count and others not.
   * @throws DuplicateKeyError (HF_DUPLICATE_KEY), and as {@link grab}
   */
  grabAll(
    keys: readonly Key[],
    change: ChangeAll<Value, Missing>,
    options: ContainerCallOptions = {},
  ): Promise<(Value | Missing)[]> {
    return this.#grabs.changeAll(keys, change, options);
  }

  /** Read leases on several objects; their messages travel together. Those of absent objects are undefined. */
  async getMany(
    keys: readonly Key[],
    options: ContainerCallOptions = {},
  ): Promise<(ReadLease<Value> | Missing)[] & Disposable> {
    checkKeys(keys);
    const asked = await Promise.allSettled(keys.map((key) => this.get(key, options)));
    const leases = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const endAll = (): void => {
      for (const lease of leases) lease?.[Symbol.dispose]();
    };
    const failed = asked.find((each) => each.status === 'rejected');
    if (failed !== undefined) {
      endAll();
      throw failed.reason;
    }
    return Object.assign(leases, { [Symbol.dispose]: endAll });
  }

  /** Fetch copies of objects that will be read soon; says nothing about whether it worked. */
  prefetch(keys: readonly Key[]): void {
    checkKeys(keys);
    for (const key of keys) this.#calls.prefetch(key);
  }

  /** Give the object a value, whether or not it has one. */
  set(key: Key, value: Value, options: ContainerCallOptions = {}): Promise<void> {
    return this.#set.hooks?.writesThrough === true
      ? this.#grabs.setThrough(key, value, options)
      : this.#moments.set(key, value, options);
  }

  /**
   * Destroy the object on all members; whether there was one.
   * @throws OutcomeUnknownError (HF_OUTCOME_UNKNOWN) where the nodes that knew whether it was done died
   */
  async remove(key: Key, options: ContainerCallOptions = {}): Promise<boolean> {
    const existed = this.#set.hooks?.writesThrough === true && (await this.#grabs.erase(key, options));
    const result = await this.#calls.whole({ type: 'remove' }, key, options);
    return existed || result.outcome === 'done';
  }

  /**
   * Give up the copy here, and ownership with it: to the node `to`, or to whoever may want it. Whether that happened; an
   * owner whose object nobody takes keeps it.
   */
  async flush(key: Key, options: ContainerCallOptions & { readonly to?: MemberName } = {}): Promise<boolean> {
    const { to } = options;
    const node = to === undefined ? anyNode : memberSlot(to);
    if (node === undefined || (to !== undefined && !this.#member.nodes.includes(node))) {
      throw new UnknownNodeError(String(to));
    }
    await this.#set.hooks?.leaving(this.#calls.slot(key));
    const result = await this.#calls.whole({ type: 'flush', to: node }, key, options);
    return result.outcome === 'done';
  }

  /**
   * {@link flush} of every object that is here now: to the node that `to` names for its key, or to whoever may want it.
   * The keys of objects that nobody took, which stay.
   */
  flushSet({
    to,
    ...options
  }: ContainerCallOptions & { readonly to?: (key: Key) => MemberName | undefined } = {}): Promise<Key[]> {
    return flushEach(this.#calls.keysHere(), (key) => {
      const heir = to?.(key);
      return this.flush(key, heir === undefined ? options : { ...options, to: heir });
    });
  }

  /**
   * Write the value through to `source.store` of the default owner; whether there was one to write.
   * @throws StoreError (HF_STORE)
   */
  async sync(key: Key, options: ContainerCallOptions = {}): Promise<boolean> {
    const was = await this.#calls.sync(key, options);
    if (was === undefined) throw new StoreError(this.definition.name, keyText(this.#calls.form(key)));
    return was;
  }

  /**
   * The object as it changes, from now on, for RxJS and for `for await`: its value now, then every later one or, of
   * several in short order, the last. A removal is told too, as a change without a value. Ends by its signal, or
   * with the member.
   */
  watch(key: Key, { signal }: { readonly signal?: AbortSignal } = {}): Watch<Value> {
    return new Watch((stop) => this.#changes(key, stop), signal);
  }

  /** Where the object is, as every member that is up knows it: its owner, and the chain of guesses that leads there. */
  inspect(key: Key): Promise<Inspection> {
    const form = this.#calls.form(key);
    return inspect(this.#member, this.#set, form, this.#set.defaultOwner(form));
  }

  /**
   * Everything that happened to an object on all members, as a scenario that `holdfast scenario` runs again step by step:
   * from its first event to now, or to the first change of view, watch or write to a device.
   * @throws NotTracedError (HF_NOT_TRACED) where the definition does not say `trace`
   */
  trace(key: Key): Promise<ObjectTrace> {
    const form = this.#calls.form(key);
    return traceObject(this.#member, this.#set, form, this.#set.defaultOwner(form));
  }

  /** What happened here: objects by state, messages by kind, and how often requests had been passed on. */
  counters(): ContainerCounters {
    return countersOf(this.#set);
  }

  /** A key that was never used, whose default owner is this node, or one of the nodes if this member is none. */
  newKey(): string {
    const { context, nodes } = this.#member;
    const number = this.#member.nextCall();
    const owner = this.#member.owns ? context.slot : nodes[number % nodes.length]!;
    return newKey(memberName(owner), context.name, context.incarnation, number);
  }

  async *#changes(key: Key, signal: AbortSignal): AsyncGenerator<ObjectChange<Value>, void, undefined> {
    const options = { signal, timeoutMs: 0 };
    const holder = new Holder();
    let existed = false;
    for (let seen = 0; ; ) {
      const grant = await this.#leases.read({ what: 'watch', handsOut: false }, key, { ...options, holder });
      if (grant !== undefined) {
        const now = this.#showAndEnd(grant);
        if (now.version > seen || !existed) yield now;
        existed = true;
        seen = Math.max(seen, now.version);
      }
      const form = this.#calls.slot(key).key;
      for (let gone = true; gone; ) {
        const { version, exists } = await this.#watches.next(form, seen, options);
        gone = !exists;
        if (exists) continue;
        if (existed) yield { version, value: undefined };
        existed = false;
        seen = version;
      }
    }
  }

  /** What a lease shows that ends at once. */
  #showAndEnd(grant: Grant): { readonly version: number; readonly value: Value } {
    using lease = new ReadLease(grant, this.#values);
    return { version: lease.version, value: this.#values.show(grant.claim.slot) };
  }
}

/** Only {@link pages} makes a definition whose set has frames, and its values are bytes. */
function pageForm<Value>(
  { value, name }: Pick<ContainerDefinition<never, Value>, 'value' | 'name'>,
  frames: PageFrames,
): ValueForm<Value> {
  return new PageForm(value, name, frames) as ValueForm<unknown> as ValueForm<Value>;
}
