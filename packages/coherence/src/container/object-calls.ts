import { mainSlot, memberName, memberSlot } from '@holdfast/runtime/service';
import {
  AbsentError,
  CannotBlockError,
  KeyError,
  LeaseHeldError,
  LoadError,
  LostError,
  OutcomeUnknownError,
  SetFullError,
} from '../errors.ts';
import type { AbsenceMode, CallId, CallResult, NodeId } from '../kernel/object-types.ts';
import type { ContainerDefinition, DefaultOwner } from './definition.ts';
import { asyncContext, Claim, type LeaseHolder } from './holder.ts';
import { type KeyForm, keyText, type MapKey } from './key-form.ts';
import { Grant } from './leases.ts';
import type { MemberCoherence } from './member-coherence.ts';
import { creatorOf } from './new-key.ts';
import type { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import { type OperationCall, packOperation, unpackOutcome } from './operation-form.ts';
import type { SetHooks } from './set-hooks.ts';
import type { WaitOptions } from './waiting-calls.ts';
import type { Changed } from './watch.ts';

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

/** What a call waits for: the kernel's answer, the end of a lease of its own context, or a turn of the event loop. */
type Wait =
  | { readonly type: 'answer'; readonly call: CallId; readonly slot: ObjectSlot; readonly what: string }
  | { readonly type: 'own'; readonly claim: Claim; readonly what: string }
  | { readonly type: 'turn'; readonly turn: Promise<void> };

/** A call as steps between its waits, so that the same call can wait by promises or by blocking its thread. */
type Steps<Result> = Generator<Wait, Result, CallResult | undefined>;

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
    return this.known(key) ?? this.set.slotOf(this.form(key));
  }

  /** As {@link slot}, if there is an entry here. */
  known(key: Key): ObjectSlot | undefined {
    const known = this.set.slots.slot(key as MapKey);
    if (known?.isPlain === true) return known;
    return this.set.slots.slot(this.#keys.parse(key));
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
      `The key ${keyText(form)} of ${this.#name} has no default owner${name === undefined ? '' : ` named ${name}`}.`,
      rule === 'creator' ? 'Make the keys of this container by newKey().' : 'Name a node of the cluster.',
    );
  }

  /** A read grant, shared with one the holder has; undefined where there is no object. At once where a copy is here. */
  read(request: LeaseRequest, key: Key, options: ContainerCallOptions): Grant | undefined | Promise<Grant | undefined> {
    const here = this.#hit(request, key, options);
    if (here !== undefined) return here;
    const steps = this.#reading(request, key, options);
    const first = steps.next();
    return first.done === true ? first.value : this.#awaiting(steps, first, options);
  }

  /** A grant at once: what {@link #reading} comes to where a copy is here, nobody waits, and the holder has no lease. */
  #hit({ handsOut }: LeaseRequest, key: Key, options: ContainerCallOptions): Grant | undefined {
    const slot = this.known(key);
    const { holder = asyncContext } = options;
    if (slot === undefined || holder.held(slot) !== undefined || this.member.turn !== undefined) return undefined;
    const call = this.nextCall(options);
    if (!this.set.hit(slot, call)) return undefined;
    slot.recent = true;
    const claim = new Claim(slot, 'read');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    return new Grant(this.set, claim, call);
  }

  /** As {@link read}, for a thread that may block: it handles what arrives while it waits. */
  readNow(request: LeaseRequest, key: Key, options: ContainerCallOptions): Grant | undefined {
    return this.#blocking(this.#reading(request, key, options), request.what, options);
  }

  /** A write grant; undefined where it tries and somebody is in the way. */
  write(
    request: WriteRequest,
    key: Key,
    options: ContainerCallOptions,
  ): Grant | undefined | Promise<Grant | undefined> {
    const steps = this.#writing(request, key, options);
    const first = steps.next();
    return first.done === true ? first.value : this.#awaiting(steps, first, options);
  }

  /** As {@link write}, for a thread that may block. */
  writeNow(request: WriteRequest, key: Key, options: ContainerCallOptions): Grant | undefined {
    return this.#blocking(this.#writing(request, key, options), request.what, options);
  }

  *#reading({ what, handsOut }: LeaseRequest, key: Key, options: ContainerCallOptions): Steps<Grant | undefined> {
    const { holder = asyncContext } = options;
    const held = holder.held(this.slot(key));
    // What a holder reads already it may read again, whoever waits.
    if (held?.mode === 'read') return held.grant;
    if (held !== undefined) yield { type: 'own', claim: held, what };
    const claim = new Claim(this.slot(key), 'read');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    try {
      const { turn } = this.member;
      if (turn !== undefined) yield { type: 'turn', turn };
      const call = this.nextCall(options);
      const slot = this.slot(key);
      slot.recent = true;
      claim.slot = slot;
      const result =
        this.set.call(slot, { type: 'get', call, absence: this.touch }) ??
        (yield { type: 'answer', call, slot, what })!;
      if (result.outcome === 'held') return new Grant(this.set, claim, call);
      this.refuse(slot, result);
      return undefined;
    } finally {
      if (claim.grant === undefined) claim.end();
    }
  }

  *#writing(
    { what, tries, handsOut }: WriteRequest,
    key: Key,
    options: ContainerCallOptions,
  ): Steps<Grant | undefined> {
    const { holder = asyncContext } = options;
    const own = holder.held(this.slot(key));
    if (own !== undefined) yield { type: 'own', claim: own, what };
    const claim = new Claim(this.slot(key), 'write');
    if (handsOut || holder !== asyncContext) holder.remember(claim);
    try {
      const { turn } = this.member;
      if (turn !== undefined) yield { type: 'turn', turn };
      // A first touch that finds nothing to begin with leaves the right to create here: the second call has it at once.
      for (let absence: AbsenceMode = 'touch'; ; absence = 'manual') {
        const call = this.nextCall(options);
        const slot = this.slot(key);
        claim.slot = slot;
        const event = { type: 'grab', call, absence, try: tries } as const;
        const result = this.set.call(slot, event) ?? (yield { type: 'answer', call, slot, what })!;
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

  async #awaiting<Result>(
    steps: Steps<Result>,
    first: IteratorYieldResult<Wait>,
    options: WaitOptions,
  ): Promise<Result> {
    for (let step: IteratorResult<Wait, Result> = first; ; ) {
      if (step.done === true) return step.value;
      const { value } = step;
      try {
        if (value.type === 'answer') {
          step = steps.next(await this.wait(value.call, value.slot, value.what, options));
        } else {
          await (value.type === 'own' ? value.claim.outlast(value.what) : value.turn);
          step = steps.next(undefined);
        }
      } catch (error) {
        step = steps.throw(error);
      }
    }
  }

  #blocking<Result>(steps: Steps<Result>, what: string, options: WaitOptions): Result {
    const { exchange } = this.member.context;
    if (exchange.delivering) throw new CannotBlockError(what);
    for (let step = steps.next(); ; ) {
      if (step.done === true) return step.value;
      const { value } = step;
      try {
        // It handles what arrives while it waits: what others want is not held up by it.
        if (value.type === 'turn') {
          step = steps.next(undefined);
          continue;
        }
        // Nobody else runs on this thread meanwhile, so its own lease would never end.
        if (value.type === 'own') throw new LeaseHeldError(what, keyText(value.claim.slot.key), value.claim.mode);
        const name = `${what} of ${keyText(value.slot.key)}`;
        step = steps.next(this.member.calls.block(value.call, value.slot, name, options, exchange));
      } catch (error) {
        step = steps.throw(error);
      }
    }
  }

  /** @throws SetFullError where the object is new and there is no room for it. */
  #granted(grant: Grant): Grant {
    if (grant.claim.slot.bytes !== undefined || this.set.eviction?.isStuck !== true) return grant;
    grant.use().end();
    throw new SetFullError(this.#name, this.member.context.name);
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
    if (result.outcome === 'unknown') throw new OutcomeUnknownError(this.#name, keyText(slot.key), event.type);
    return result;
  }

  /**
   * Run an operation on the owner: what came of it; undefined where the owner could not, and did not, run it.
   * @throws what the operation threw, AbsentError, LostError, OutcomeUnknownError
   */
  async execute(
    operation: OperationCall,
    key: Key,
    options: ContainerCallOptions,
  ): Promise<{ result: unknown } | undefined> {
    const { turn } = this.member;
    if (turn !== undefined) await turn;
    const own = (options.holder ?? asyncContext).held(this.slot(key));
    if (own !== undefined) await own.outlast('execute');
    const bytes = packOperation(operation);
    const call = this.nextCall(options);
    const slot = this.slot(key);
    const event = {
      type: 'execute',
      call,
      operation: this.set.operations.asked(call, bytes),
      absence: this.hooks.creates ? 'touch' : 'no-touch',
      again: false,
    } as const;
    const result = this.set.call(slot, event) ?? (await this.wait(call, slot, 'execute', options));
    if (result.outcome === 'executed') return { result: unpackOutcome(this.set.takeOutcome(call)) };
    if (result.outcome === 'failed') return undefined;
    this.refuse(slot, result);
    if (result.outcome === 'absent') throw new AbsentError(this.#name, keyText(slot.key));
    throw new OutcomeUnknownError(this.#name, keyText(slot.key), operation.name);
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
    return this.member.calls.wait(call, slot, `${what} of ${keyText(slot.key)}`, options);
  }

  /** @throws LoadError, LostError for what these outcomes say. */
  refuse(slot: ObjectSlot, { outcome }: CallResult): void {
    const key = keyText(slot.key);
    if (outcome === 'failed') throw new LoadError(this.#name, key, this.hooks.failure(slot));
    if (outcome === 'lost') throw new LostError(this.#name, key);
  }
}
