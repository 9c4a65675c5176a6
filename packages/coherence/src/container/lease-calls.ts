import { CannotBlockError, LeaseHeldError, SetFullError } from '../errors.ts';
import type { AbsenceMode, CallId, CallResult } from '../kernel/object-types.ts';
import { Claim, Grant } from './grants.ts';
import { asyncContext } from './holder.ts';
import { keyText } from './key-form.ts';
import type { ContainerCallOptions, ObjectCalls } from './object-calls.ts';
import type { ObjectSlot } from './object-slot.ts';

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

type Granted = Grant | undefined;

/** A lease on its way to its holder: who wants it, by which call. */
interface Asked {
  readonly claim: Claim;
  readonly call: CallId;
  readonly slot: ObjectSlot;
  /** Undefined where the kernel answers later. */
  readonly result: CallResult | undefined;
}

/** The calls that end with a lease: each takes as few turns as it can, and none where what it wants is here. */
export class LeaseCalls<Key> {
  readonly #calls: ObjectCalls<Key>;

  constructor(calls: ObjectCalls<Key>) {
    this.#calls = calls;
  }

  /** A read grant, shared with one the holder has; undefined where there is no object. At once where a copy is here. */
  read(request: LeaseRequest, key: Key, options: ContainerCallOptions): Granted | Promise<Granted> {
    const { member, set } = this.#calls;
    const { holder = asyncContext } = options;
    const slot = this.#calls.slot(key);
    const held = holder.held(slot);
    // What a holder reads already it may read again, whoever waits.
    if (held?.mode === 'read') return held.grant;
    if (held !== undefined) return held.outlast(request.what).then(() => this.read(request, key, options));
    const claim = new Claim(slot, 'read');
    const { turn } = member;
    if (turn === undefined) {
      const call = this.#calls.nextCall(options);
      if (set.hit(slot, call)) {
        slot.recent = true;
        this.#remember(request, claim, options);
        return new Grant(set, claim, call);
      }
    }
    this.#remember(request, claim, options);
    if (turn === undefined) return this.#reading(request, claim, key, options);
    return turn.then(() => this.#reading(request, claim, key, options));
  }

  /** As {@link read}, for a thread that may block: it handles what arrives while it waits. */
  readNow(request: LeaseRequest, key: Key, options: ContainerCallOptions): Granted {
    const { holder = asyncContext } = options;
    const held = holder.held(this.#calls.slot(key));
    if (held?.mode === 'read') return held.grant;
    const claim = this.#claimNow(request, held, 'read', key, options);
    const asked = this.#askToRead(claim, key, options);
    return this.#readEnded(asked, asked.result ?? this.#block(asked, request, options));
  }

  /** A write grant; undefined where it tries and somebody is in the way. */
  write(request: WriteRequest, key: Key, options: ContainerCallOptions): Granted | Promise<Granted> {
    const { holder = asyncContext } = options;
    const slot = this.#calls.slot(key);
    const held = holder.held(slot);
    if (held !== undefined) return held.outlast(request.what).then(() => this.write(request, key, options));
    const claim = new Claim(slot, 'write');
    this.#remember(request, claim, options);
    const { turn } = this.#calls.member;
    if (turn === undefined) return this.#writing(request, claim, key, options, 'touch');
    return turn.then(() => this.#writing(request, claim, key, options, 'touch'));
  }

  /** As {@link write}, for a thread that may block. */
  writeNow(request: WriteRequest, key: Key, options: ContainerCallOptions): Granted {
    const { holder = asyncContext } = options;
    const claim = this.#claimNow(request, holder.held(this.#calls.slot(key)), 'write', key, options);
    for (let absence: AbsenceMode = 'touch'; ; absence = 'manual') {
      const asked = this.#askToWrite(request, claim, key, options, absence);
      const ended = this.#writeEnded(request, asked, asked.result ?? this.#block(asked, request, options));
      if (ended !== 'again') return ended;
    }
  }

  #remember({ handsOut }: LeaseRequest, claim: Claim, { holder = asyncContext }: ContainerCallOptions): void {
    if (handsOut || holder !== asyncContext) holder.remember(claim);
  }

  #reading({ what }: LeaseRequest, claim: Claim, key: Key, options: ContainerCallOptions): Granted | Promise<Granted> {
    const asked = this.#askToRead(claim, key, options);
    if (asked.result !== undefined) return this.#readEnded(asked, asked.result);
    return this.#calls.wait(asked.call, asked.slot, what, options).then(
      (result) => this.#readEnded(asked, result),
      (error: unknown) => giveUp(claim, error),
    );
  }

  #askToRead(claim: Claim, key: Key, options: ContainerCallOptions): Asked {
    return endingOnThrow(claim, () => {
      const call = this.#calls.nextCall(options);
      const slot = this.#calls.slot(key);
      slot.recent = true;
      claim.slot = slot;
      const result = this.#calls.set.call(slot, { type: 'get', call, absence: this.#calls.touch });
      return { claim, call, slot, result };
    });
  }

  #readEnded({ claim, call, slot }: Asked, result: CallResult): Granted {
    if (result.outcome === 'held') return new Grant(this.#calls.set, claim, call);
    claim.end();
    this.#calls.refuse(slot, result);
    return undefined;
  }

  #writing(
    request: WriteRequest,
    claim: Claim,
    key: Key,
    options: ContainerCallOptions,
    absence: AbsenceMode,
  ): Granted | Promise<Granted> {
    const asked = this.#askToWrite(request, claim, key, options, absence);
    const go = (result: CallResult): Granted | Promise<Granted> => {
      const ended = this.#writeEnded(request, asked, result);
      return ended === 'again' ? this.#writing(request, claim, key, options, 'manual') : ended;
    };
    if (asked.result !== undefined) return go(asked.result);
    return this.#calls
      .wait(asked.call, asked.slot, request.what, options)
      .then(go, (error: unknown) => giveUp(claim, error));
  }

  #askToWrite(
    { tries }: WriteRequest,
    claim: Claim,
    key: Key,
    options: ContainerCallOptions,
    absence: AbsenceMode,
  ): Asked {
    return endingOnThrow(claim, () => {
      const call = this.#calls.nextCall(options);
      const slot = this.#calls.slot(key);
      claim.slot = slot;
      const result = this.#calls.set.call(slot, { type: 'grab', call, absence, try: tries });
      return { claim, call, slot, result };
    });
  }

  /** A first touch that finds nothing to begin with leaves the right to create here: asked again, it is had at once. */
  #writeEnded({ what }: WriteRequest, { claim, call, slot }: Asked, result: CallResult): Granted | 'again' {
    const { outcome } = result;
    if (outcome === 'held' || outcome === 'absent-held') return this.#granted(new Grant(this.#calls.set, claim, call));
    if (outcome === 'busy') {
      claim.end();
      return undefined;
    }
    // Whoever gives a value need not know that there was one.
    if (outcome !== 'lost' || what !== 'set') endingOnThrow(claim, () => this.#calls.refuse(slot, result));
    return 'again';
  }

  /** @throws SetFullError where the object is new and there is no room for it. */
  #granted(grant: Grant): Grant {
    const { set, member, name } = this.#calls;
    if (grant.claim.slot.bytes !== undefined || set.eviction?.isStuck !== true) return grant;
    grant.use().end();
    throw new SetFullError(name, member.context.name);
  }

  /** Nobody else runs on a thread that blocks, so a lease of its own would never end. */
  #claimNow(
    request: LeaseRequest,
    held: Claim | undefined,
    mode: 'read' | 'write',
    key: Key,
    options: ContainerCallOptions,
  ): Claim {
    if (this.#calls.member.context.exchange.delivering) throw new CannotBlockError(request.what);
    if (held !== undefined) throw new LeaseHeldError(request.what, keyText(held.slot.key), held.mode);
    const claim = new Claim(this.#calls.slot(key), mode);
    this.#remember(request, claim, options);
    return claim;
  }

  #block({ claim, call, slot }: Asked, { what }: LeaseRequest, options: ContainerCallOptions): CallResult {
    const { calls, context } = this.#calls.member;
    return endingOnThrow(claim, () => calls.block(call, slot, what, options, context.exchange));
  }
}

function endingOnThrow<Result>(claim: Claim, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    return giveUp(claim, error);
  }
}

function giveUp(claim: Claim, error: unknown): never {
  claim.end();
  throw error;
}
