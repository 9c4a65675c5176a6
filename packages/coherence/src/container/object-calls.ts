import { mainSlot, memberName, memberSlot } from '@holdfast/runtime/service';
import { KeyError, LoadError, LostError, OutcomeUnknownError } from '../errors.ts';
import type { AbsenceMode, CallId, CallResult, NodeId } from '../kernel/object-types.ts';
import type { ContainerDefinition, DefaultOwner } from './definition.ts';
import { asyncContext, type LeaseHolder } from './holder.ts';
import { type KeyForm, keyText, type MapKey } from './key-form.ts';
import type { MemberCoherence } from './member-coherence.ts';
import { creatorOf } from './new-key.ts';
import type { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { PackedValue } from './packed-objects.ts';
import type { SetHooks } from './set-hooks.ts';
import type { WaitOptions } from './waiting-calls.ts';
import type { Changed } from './watch.ts';

export interface ContainerCallOptions extends WaitOptions {
  /** Whose lease it is. @default the async context of the call */
  readonly holder?: LeaseHolder | undefined;
}

/** The calls of a container on the kernel that end without a lease, and what those with one share with them. */
export class ObjectCalls<Key> {
  readonly member: MemberCoherence;
  readonly set: ObjectSet;
  readonly hooks: SetHooks;
  readonly name: string;
  readonly #keys: KeyForm<Key>;
  readonly #rule: DefaultOwner<Key>;

  constructor(
    member: MemberCoherence,
    set: ObjectSet,
    hooks: SetHooks,
    keys: KeyForm<Key>,
    { name, defaultOwner }: Pick<ContainerDefinition<Key, never>, 'name' | 'defaultOwner'>,
  ) {
    this.member = member;
    this.set = set;
    this.hooks = hooks;
    this.#keys = keys;
    this.name = name;
    this.#rule = defaultOwner;
  }

  /** The object as this member knows it. What says no more than a missing entry is dropped between two events. */
  slot(key: Key): ObjectSlot {
    const known = this.set.slots.slot(key as MapKey);
    return known?.isPlain === true ? known : this.set.slotOf(this.form(key));
  }

  /** As {@link slot}, if there is an entry here. */
  known(key: Key): ObjectSlot | undefined {
    const known = this.set.slots.slot(key as MapKey);
    if (known?.isPlain === true) return known;
    const form = this.#keys.parse(key);
    return form === key ? known : this.set.slots.slot(form);
  }

  /** As {@link known}, and a packed object stays packed. */
  atWork(key: Key): ObjectSlot | undefined {
    const known = this.set.slots.atWork(key as MapKey);
    if (known?.isPlain === true) return known;
    const form = this.#keys.parse(key);
    return form === key ? known : this.set.slots.atWork(form);
  }

  /** The value of a packed object where it lies, the first time that somebody looks at it. */
  firstLook(key: Key): PackedValue | undefined {
    return this.set.slots.firstLook(this.#keys.parse(key));
  }

  /** Keys of all objects that this member has an entry of. */
  keysHere(): Key[] {
    return this.set.slots.keys().map((form) => this.#keys.read(form));
  }

  /** The name of the object among members; which node its definition wants for it is known from then on. */
  form(key: Key): MapKey {
    const form = this.#keys.parse(key);
    const rule = this.#rule;
    if (rule === 'hash' || this.set.homes.homeOf(form) !== undefined) return form;
    let name: string | undefined;
    if (rule === 'creator') name = creatorOf(form);
    else name = typeof rule === 'function' ? rule(key, this.member.nodes.map(memberName)) : rule.fixed;
    const node = name === undefined ? undefined : memberSlot(name);
    if (node !== undefined && node < mainSlot) {
      this.set.homes.learnHome(form, node);
      return form;
    }
    throw new KeyError(
      `The key ${keyText(form)} of ${this.name} has no default owner${name === undefined ? '' : ` named ${name}`}.`,
      rule === 'creator' ? 'Make the keys of this container by newKey().' : 'Name a node of the cluster.',
    );
  }

  /**
   * A call on the object as a whole, for which every lease here must have ended.
   * @throws OutcomeUnknownError where whoever knew whether it was removed died
   */
  async whole(
    event: { readonly type: 'flush'; readonly to: NodeId } | { readonly type: 'remove' },
    key: Key,
    options: ContainerCallOptions,
  ): Promise<CallResult> {
    const { turn } = this.member;
    if (turn !== undefined) await turn;
    const own = (options.holder ?? asyncContext).held(this.slot(key));
    if (own !== undefined) await own.outlast(event.type);
    const call = this.nextCall(options);
    const slot = this.slot(key);
    const result = this.set.call(slot, { ...event, call }) ?? (await this.wait(call, slot, event.type, options));
    if (result.outcome === 'unknown') throw new OutcomeUnknownError(this.name, keyText(slot.key), event.type);
    return result;
  }

  /** Bring a copy here; nobody waits for it. */
  prefetch(key: Key): void {
    const call = this.nextCall({});
    const absence = this.hooks.creates ? 'touch' : 'no-touch';
    this.set.call(this.slot(key), { type: 'prefetch', call, kind: 'read', absence });
  }

  /** Wait until the object has a later version than `seen`, or is removed. */
  async changed(key: Key, seen: number, options: WaitOptions): Promise<Changed> {
    for (;;) {
      const call = this.nextCall(options);
      const slot = this.slot(key);
      const result =
        this.set.call(slot, { type: 'watch', call, seen }) ?? (await this.wait(call, slot, 'watch', options));
      if (result.outcome === 'changed') return result;
    }
  }

  /** Write through to the device: whether there was a value; undefined when the device could not. */
  async sync(key: Key, options: ContainerCallOptions): Promise<boolean | undefined> {
    for (;;) {
      const call = this.nextCall(options);
      const slot = this.slot(key);
      const result = this.set.call(slot, { type: 'sync', call }) ?? (await this.wait(call, slot, 'sync', options));
      if (result.outcome === 'failed') return undefined;
      if (result.outcome !== 'interrupted') return result.outcome === 'done';
    }
  }

  /** What a get does about an object that does not exist. */
  get touch(): AbsenceMode {
    return this.hooks.creates ? 'touch' : 'no-touch';
  }

  nextCall({ signal }: WaitOptions): CallId {
    this.member.checkOpen();
    this.member.calls.checkRoom();
    signal?.throwIfAborted();
    return this.member.nextCall();
  }

  wait(call: CallId, slot: ObjectSlot, what: string, options: WaitOptions): Promise<CallResult> {
    return this.member.calls.wait(call, slot, what, options);
  }

  /** @throws LoadError, LostError for what these outcomes say. */
  refuse(slot: ObjectSlot, { outcome }: CallResult): void {
    const key = keyText(slot.key);
    if (outcome === 'failed') throw new LoadError(this.name, key, this.hooks.failure(slot));
    if (outcome === 'lost') throw new LostError(this.name, key);
  }
}
