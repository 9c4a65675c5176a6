import { type MemberSlot, memberName, memberSlot } from '@holdfast/runtime/service';
import { KeyError, LoadError, LostError, SetFullError } from '../errors.ts';
import type { AbsenceMode, CallId, CallResult, NodeId } from '../kernel/object-types.ts';
import { heaviest } from './default-owners.ts';
import type { ContainerDefinition, DefaultOwner } from './definition.ts';
import { asyncContext, Claim, type LeaseHolder } from './holder.ts';
import { type KeyForm, keyText, type MapKey } from './key-form.ts';
import { Grant } from './leases.ts';
import type { MemberCoherence } from './member-coherence.ts';
import { creatorOf } from './new-key.ts';
import type { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { SetHooks } from './set-hooks.ts';
import type { WaitOptions } from './waiting-calls.ts';

export interface ContainerCallOptions extends WaitOptions {
  /** Whose lease it is. @default the async context of the call */
  readonly holder?: LeaseHolder | undefined;
}

/** How a lease is asked for. */
export interface LeaseRequest {
  readonly what: string;
  /** The lease goes to the caller; otherwise it ends inside the call, or is a callback's. */
  readonly handsOut: boolean;
}

export interface WriteRequest extends LeaseRequest {
  /** Answer nothing instead of waiting for another holder. */
  readonly tries: boolean;
}

/** The calls of a container on the kernel: finds the object, waits, minds whose lease it is. */
export class ObjectCalls<Key> {
  readonly member: MemberCoherence;
  readonly set: ObjectSet;
  readonly hooks: SetHooks;
  readonly #name: string;
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
    this.#name = name;
    this.#rule = defaultOwner;
  }

  /** The object as this member knows it. What says no more than a missing entry is dropped between two events. */
  slot(key: Key): ObjectSlot {
    const known = this.known(key);
    if (known !== undefined) return known;
    const { form, defaultOwner } = this.place(key);
    return this.set.slotOf(form, defaultOwner);
  }

  /** The name of the object among members, and where it is looked for first. */
  place(key: Key): { readonly form: MapKey; readonly defaultOwner: MemberSlot } {
    const form = this.#keys.parse(key);
    return { form, defaultOwner: this.#defaultOwner(key, form) };
  }

  /** As {@link slot}, if there is an entry here. */
  known(key: Key): ObjectSlot | undefined {
    const known = this.set.slots.get(key as MapKey);
    if (known?.isPlain === true) return known;
    return this.set.slots.get(this.#keys.parse(key));
  }

  #defaultOwner(key: Key, form: MapKey): MemberSlot {
    const rule = this.#rule;
    const { nodes } = this.member;
    if (rule === 'hash') return heaviest(form, nodes);
    let name: string | undefined;
    if (rule === 'creator') name = creatorOf(form);
    else name = typeof rule === 'function' ? rule(key, nodes.map(memberName)) : rule.fixed;
    const node = name === undefined ? undefined : memberSlot(name);
    if (node !== undefined && nodes.includes(node)) return node;
    throw new KeyError(
      `The key ${keyText(form)} of ${this.#name} has no default owner${name === undefined ? '' : ` named ${name}`}.`,
      rule === 'creator' ? 'Make the keys of this container by newKey().' : 'Name a node of the cluster.',
    );
  }

  /** A read grant, shared with one the holder has; undefined where there is no object. At once where a copy is here. */
  read(
    { what, handsOut }: LeaseRequest,
    key: Key,
    options: ContainerCallOptions,
  ): Grant | undefined | Promise<Grant | undefined> {
    const { holder = asyncContext } = options;
    const slot = this.slot(key);
    const held = holder.held(slot);
    // What a holder reads already it may read again, whoever waits.
    if (held?.mode === 'read') return held.grant;
    if (held !== undefined) return held.outlast(what).then(() => this.read({ what, handsOut }, key, options));
    const call = this.nextCall(options);
    slot.recent = true;
    const claim = new Claim(slot, 'read');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    const result = this.set.call(slot, { type: 'get', call, absence: this.touch });
    if (result === undefined) return this.#readLater(claim, call, what, options);
    return this.#readGrant(claim, call, result);
  }

  async #readLater(claim: Claim, call: CallId, what: string, options: WaitOptions): Promise<Grant | undefined> {
    try {
      return this.#readGrant(claim, call, await this.wait(call, claim.slot, what, options));
    } finally {
      if (claim.grant === undefined) claim.end();
    }
  }

  #readGrant(claim: Claim, call: CallId, result: CallResult): Grant | undefined {
    if (result.outcome === 'held') return new Grant(this.set, claim, call);
    claim.end();
    this.refuse(claim.slot, result);
    return undefined;
  }

  /** A write grant; undefined where it tries and somebody is in the way. */
  async write(
    { what, tries, handsOut }: WriteRequest,
    key: Key,
    options: ContainerCallOptions,
  ): Promise<Grant | undefined> {
    const { holder = asyncContext } = options;
    const own = holder.held(this.slot(key));
    if (own !== undefined) await own.outlast(what);
    const claim = new Claim(this.slot(key), 'write');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    try {
      // A first touch that finds nothing to begin with leaves the right to create here: the second call has it at once.
      for (let absence: AbsenceMode = 'touch'; ; absence = 'manual') {
        const call = this.nextCall(options);
        const slot = this.slot(key);
        claim.slot = slot;
        const event = { type: 'grab', call, absence, try: tries } as const;
        const result = this.set.call(slot, event) ?? (await this.wait(call, slot, what, options));
        const { outcome } = result;
        if (outcome === 'held' || outcome === 'absent-held') return this.#granted(new Grant(this.set, claim, call));
        if (outcome === 'busy') return undefined;
        // Whoever gives a value need not know that there was one.
        if (outcome !== 'lost' || what !== 'set') this.refuse(slot, result);
      }
    } finally {
      if (claim.grant === undefined) claim.end();
    }
  }

  /** @throws SetFullError where the object is new and there is no room for it. */
  #granted(grant: Grant): Grant {
    if (grant.claim.slot.bytes !== undefined || this.set.eviction?.isStuck !== true) return grant;
    grant.use().end();
    throw new SetFullError(this.#name, this.member.context.name);
  }

  /** A call on the object as a whole, for which every lease here must have ended. */
  async whole(
    event: { readonly type: 'flush'; readonly to: NodeId } | { readonly type: 'remove' },
    key: Key,
    options: ContainerCallOptions,
  ): Promise<CallResult> {
    const own = (options.holder ?? asyncContext).held(this.slot(key));
    if (own !== undefined) await own.outlast(event.type);
    const call = this.nextCall(options);
    const slot = this.slot(key);
    return this.set.call(slot, { ...event, call }) ?? (await this.wait(call, slot, event.type, options));
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
    return this.member.calls.wait(call, slot, `${what} of ${keyText(slot.key)}`, options);
  }

  /** @throws LoadError, LostError for what these outcomes say. */
  refuse(slot: ObjectSlot, { outcome }: CallResult): void {
    const key = keyText(slot.key);
    if (outcome === 'failed') throw new LoadError(this.#name, key, this.hooks.failure(slot));
    if (outcome === 'lost') throw new LostError(this.#name, key);
  }
}
