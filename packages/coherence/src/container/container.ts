import { type MemberName, type MemberSlot, memberName, memberSlot, UnknownNodeError } from '@holdfast/runtime/service';
import { KeyError, LoadError, LostError, StoreError, UnknownOperationError } from '../errors.ts';
import { type AbsenceMode, anyNode, type CallResult, type ObjectStatus } from '../kernel/object-types.ts';
import { heaviest } from './default-owners.ts';
import type { ContainerDefinition } from './definition.ts';
import { asyncContext, Claim, type LeaseHolder, runHolding } from './holder.ts';
import { KeyForm, keyText, type MapKey } from './key-form.ts';
import { Grant, ReadLease, WriteLease } from './leases.ts';
import type { MemberCoherence } from './member-coherence.ts';
import type { ObjectSet } from './object-set.ts';
import { type ObjectSlot, unread } from './object-slot.ts';
import { SetHooks } from './set-hooks.ts';
import { ValueForm } from './value-form.ts';
import type { WaitOptions } from './waiting-calls.ts';

export interface ContainerCallOptions extends WaitOptions {
  /** Whose lease it is. @default the async context of the call */
  readonly holder?: LeaseHolder | undefined;
}

/** What may be read: a valid copy, and no writer at work on it here. */
const readable: ReadonlySet<ObjectStatus> = new Set(['READ_COPY', 'READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST']);

/** A change of a private copy: whatever it answers but undefined is the new value. */
export type Change<Value, Missing extends undefined> = (
  draft: Value | Missing,
) => Changed<Value> | Promise<Changed<Value>>;
// biome-ignore lint/suspicious/noConfusingVoidType: a change in place answers nothing.
type Changed<Value> = Value | undefined | void;

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
  readonly #slots: Map<MapKey, ObjectSlot>;
  readonly #keys: KeyForm<Key>;
  readonly #values: ValueForm<Value>;
  readonly #hooks: SetHooks;

  constructor(
    member: MemberCoherence,
    set: ObjectSet,
    definition: ContainerDefinition<Key, Value, Operations, Missing>,
  ) {
    this.definition = definition;
    this.#member = member;
    this.#set = set;
    this.#slots = set.slots;
    this.#keys = new KeyForm(definition.key, definition.name);
    this.#values = new ValueForm(definition);
    this.#hooks = new SetHooks(
      set,
      definition as unknown as ContainerDefinition<unknown, unknown>,
      this.#keys as KeyForm<unknown>,
      this.#values as ValueForm<unknown>,
      (error) => member.context.log.error(`A hook of container ${definition.name} threw: ${String(error)}`),
    );
    set.hooks = this.#hooks;
  }

  /**
   * The value, frozen, if a valid copy is here; no message, no wait, no lease. Undefined says nothing about other
   * members.
   */
  peek(key: Key): Value | undefined {
    const slot = this.#slots.get(key as MapKey) ?? this.#slots.get(this.#keys.parse(key));
    if (slot === undefined || slot.entry.writer !== 0 || !readable.has(slot.entry.status)) return undefined;
    return slot.value === unread ? this.#values.look(slot) : (slot.value as Value);
  }

  /** A read lease if a valid copy is here and nobody waits for it, else undefined. Never a message, never a wait. */
  find(key: Key, { holder = asyncContext }: Pick<ContainerCallOptions, 'holder'> = {}): ReadLease<Value> | undefined {
    const slot = this.#slots.get(this.#keys.parse(key));
    if (slot === undefined) return undefined;
    const held = holder.held(slot);
    if (held !== undefined) return held.mode === 'read' ? new ReadLease(held.grant!, this.#values) : undefined;
    const call = this.#member.nextCall();
    const result = this.#set.call(slot, { type: 'find', call });
    if (result?.outcome !== 'held') return undefined;
    const claim = new Claim(slot, 'read');
    holder.remember(claim);
    return new ReadLease(new Grant(this.#set, claim, call), this.#values);
  }

  /**
   * A read lease on the object, or undefined where there is none. Fetches a copy if none is here.
   * @throws LeaseHeldError (HF_LEASE_HELD) while the same holder writes it, LoadError (HF_LOAD)
   */
  async get(key: Key, options: ContainerCallOptions = {}): Promise<ReadLease<Value> | Missing> {
    const { holder = asyncContext } = options;
    const held = holder.held(this.#slotOf(key));
    // What a holder reads already it may read again, whoever waits.
    if (held?.mode === 'read') return new ReadLease(held.grant!, this.#values);
    if (held !== undefined) await held.outlast('get');
    const slot = this.#slotOf(key);
    const claim = new Claim(slot, 'read');
    holder.remember(claim);
    const call = this.#nextCall(options);
    try {
      const event = { type: 'get', call, absence: this.#touch } as const;
      const result = this.#set.call(slot, event) ?? (await this.#wait(call, slot, 'get', options));
      if (result.outcome === 'held') return new ReadLease(new Grant(this.#set, claim, call), this.#values);
      this.#refuse(slot, result);
      return undefined as Missing;
    } finally {
      if (claim.grant === undefined) claim.end();
    }
  }

  /** The value, frozen, read under a lease that has ended when this resolves; undefined where there is no object. */
  async read(key: Key, options: ContainerCallOptions = {}): Promise<Value | Missing> {
    const held = (options.holder ?? asyncContext).held(this.#slotOf(key));
    if (held?.mode === 'read') return this.#values.look(held.slot);
    if (held !== undefined) await held.outlast('read');
    const slot = this.#slotOf(key);
    const call = this.#nextCall(options);
    const event = { type: 'get', call, absence: this.#touch } as const;
    const result = this.#set.call(slot, event) ?? (await this.#wait(call, slot, 'read', options));
    this.#refuse(slot, result);
    if (result.outcome !== 'held') return undefined as Missing;
    const value = this.#values.look(slot);
    this.#set.put(slot, call, undefined);
    return value;
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
    return typeof change === 'function' ? this.#change(key, change, options) : this.#lease(key, change);
  }

  /** As {@link grab}, but undefined at once where somebody else, here or elsewhere, has a lease on the object. */
  async tryGrab(key: Key, options: ContainerCallOptions = {}): Promise<WriteLease<Value> | undefined> {
    const grant = await this.#grab({ what: 'tryGrab', tries: true, handsOut: true }, key, options);
    return grant && new WriteLease(grant, this.#values);
  }

  /**
   * Run an operation of the definition on the object.
   * @returns its result
   * @throws UnknownOperationError (HF_UNKNOWN_OPERATION), and as {@link grab}
   */
  async execute<Name extends keyof Operations & string>(
    key: Key,
    operation: Name,
    ...[argument, options]: ExecuteArguments<Operations[Name]>
  ): Promise<ExecuteResult<Operations[Name]>> {
    const run = this.definition.operations[operation] as ((draft: Value, argument: unknown) => unknown) | undefined;
    if (run === undefined) throw new UnknownOperationError(this.definition.name, operation);
    let result: unknown;
    const change = (draft: Value | Missing): void => {
      result = run(draft as Value, argument);
    };
    await this.#change(key, change, options ?? {});
    return result as ExecuteResult<Operations[Name]>;
  }

  /** Give the object a value, whether or not it has one. */
  async set(key: Key, value: Value, options: ContainerCallOptions = {}): Promise<void> {
    const bytes = this.#values.encode(value);
    const grant = await this.#grab({ what: 'set', tries: false, handsOut: false }, key, options);
    grant!.use().end(bytes);
  }

  /** Destroy the object on all members; whether there was one. */
  async remove(key: Key, options: ContainerCallOptions = {}): Promise<boolean> {
    const result = await this.#whole('remove', key, options);
    return result.outcome === 'done';
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
    const result = await this.#whole('flush', key, options, node);
    return result.outcome === 'done';
  }

  /**
   * Write the value through to `source.store` of the default owner; whether there was one to write.
   * @throws StoreError (HF_STORE)
   */
  async sync(key: Key, options: ContainerCallOptions = {}): Promise<boolean> {
    const slot = this.#slotOf(key);
    const call = this.#nextCall(options);
    const result = this.#set.call(slot, { type: 'sync', call }) ?? (await this.#wait(call, slot, 'sync', options));
    if (result.outcome === 'failed') throw new StoreError(this.definition.name, keyText(slot.key));
    return result.outcome === 'done';
  }

  get #touch(): AbsenceMode {
    return this.#hooks.creates ? 'touch' : 'no-touch';
  }

  #slotOf(key: Key): ObjectSlot {
    const form = this.#keys.parse(key);
    return this.#slots.get(form) ?? this.#set.slotOf(form, this.#defaultOwner(key, form));
  }

  #defaultOwner(key: Key, form: MapKey): MemberSlot {
    const { defaultOwner } = this.definition;
    const { nodes } = this.#member;
    if (defaultOwner === 'hash') return heaviest(form, nodes);
    const name =
      typeof defaultOwner === 'function' ? defaultOwner(key, nodes.map(memberName)) : ownerNamed(defaultOwner, form);
    const node = name === undefined ? undefined : memberSlot(name);
    if (node !== undefined && nodes.includes(node)) return node;
    throw new KeyError(
      `The key ${keyText(form)} of ${this.definition.name} has no default owner${name === undefined ? '' : `: there is no node ${name}`}.`,
      defaultOwner === 'creator' ? 'Make keys of this container by newKey().' : 'Name a node of the cluster.',
    );
  }

  #nextCall({ signal }: WaitOptions): number {
    this.#member.checkOpen();
    this.#member.calls.checkRoom();
    signal?.throwIfAborted();
    return this.#member.nextCall();
  }

  #wait(call: number, slot: ObjectSlot, what: string, options: WaitOptions): Promise<CallResult> {
    return this.#member.calls.wait(call, slot, `${what} of ${keyText(slot.key)}`, options);
  }

  async #lease(key: Key, options: ContainerCallOptions): Promise<WriteLease<Value>> {
    const grant = await this.#grab({ what: 'grab', tries: false, handsOut: true }, key, options);
    return new WriteLease(grant!, this.#values);
  }

  async #change(key: Key, change: Change<Value, Missing>, options: ContainerCallOptions): Promise<Value | Missing> {
    const grant = (await this.#grab({ what: 'grab', tries: false, handsOut: false }, key, options))!.use();
    const { slot } = grant.claim;
    let bytes: Uint8Array | undefined;
    try {
      const draft = slot.bytes === undefined ? (undefined as Missing) : this.#values.draft(slot.bytes);
      const changed = await runHolding(grant.claim, () => change(draft));
      const value = changed === undefined ? draft : changed;
      if (value !== undefined) bytes = this.#values.encode(value);
    } finally {
      grant.end(bytes);
    }
    return bytes === undefined ? (undefined as Missing) : this.#values.lookAt(slot, bytes);
  }

  /** An exclusive grant; undefined where `tries` and somebody is in the way. */
  async #grab(
    { what, tries, handsOut }: { readonly what: string; readonly tries: boolean; readonly handsOut: boolean },
    key: Key,
    options: ContainerCallOptions,
  ): Promise<Grant | undefined> {
    const { holder = asyncContext } = options;
    const own = holder.held(this.#slotOf(key));
    if (own !== undefined) await own.outlast(what);
    const claim = new Claim(this.#slotOf(key), 'write');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    try {
      // A first touch that finds nothing to begin with leaves the right to create here: the second call has it at once.
      for (let absence: AbsenceMode = 'touch'; ; absence = 'manual') {
        const call = this.#nextCall(options);
        const event = { type: 'grab', call, absence, try: tries } as const;
        // What says no more than a missing entry is dropped at any time.
        const slot = this.#slotOf(key);
        claim.slot = slot;
        const result = this.#set.call(slot, event) ?? (await this.#wait(call, slot, what, options));
        const { outcome } = result;
        if (outcome === 'held' || outcome === 'absent-held') return new Grant(this.#set, claim, call);
        if (outcome === 'busy') return undefined;
        // Whoever gives a value need not know that there was one.
        if (outcome !== 'lost' || what !== 'set') this.#refuse(slot, result);
      }
    } finally {
      if (claim.grant === undefined) claim.end();
    }
  }

  /** A call on the object as a whole, for which every lease here must have ended. */
  async #whole(type: 'flush' | 'remove', key: Key, options: ContainerCallOptions, to = anyNode): Promise<CallResult> {
    const own = (options.holder ?? asyncContext).held(this.#slotOf(key));
    if (own !== undefined) await own.outlast(type);
    const slot = this.#slotOf(key);
    const call = this.#nextCall(options);
    const event = type === 'flush' ? ({ type, call, to } as const) : ({ type, call } as const);
    return this.#set.call(slot, event) ?? (await this.#wait(call, slot, type, options));
  }

  /** @throws LoadError, LostError for what these outcomes say. */
  #refuse(slot: ObjectSlot, { outcome }: CallResult): void {
    const key = keyText(slot.key);
    if (outcome === 'failed') throw new LoadError(this.definition.name, key, this.#hooks.failure(slot));
    if (outcome === 'lost') throw new LostError(this.definition.name, key);
  }
}

function ownerNamed(rule: 'creator' | { readonly fixed: MemberName }, key: MapKey): MemberName | undefined {
  if (rule !== 'creator') return rule.fixed;
  return typeof key === 'string' ? /^(n\d+)\./.exec(key)?.[1] : undefined;
}
