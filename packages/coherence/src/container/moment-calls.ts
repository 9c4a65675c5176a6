import { SetFullError } from '../errors.ts';
import type { AbsenceMode, CallId, CallResult } from '../kernel/object-types.ts';
import { asyncContext } from './holder.ts';
import type { LeaseCalls } from './lease-calls.ts';
import type { ContainerCallOptions, ObjectCalls } from './object-calls.ts';
import type { ObjectSlot } from './object-slot.ts';
import { settle } from './settling.ts';
import type { ValueForm } from './value-form.ts';

/**
 * The calls that need an object for a moment only: to read its value, or to give it one. Their lease ends in the step
 * that granted it, before anything else that arrived is looked at: nobody waits for a promise of this member to run, and
 * nobody can hold it up, so it is not remembered either.
 */
export class MomentCalls<Key, Value, Missing extends undefined> {
  readonly #calls: ObjectCalls<Key>;
  readonly #leases: LeaseCalls<Key>;
  readonly #values: ValueForm<Value>;

  constructor(calls: ObjectCalls<Key>, leases: LeaseCalls<Key>, values: ValueForm<Value>) {
    this.#calls = calls;
    this.#leases = leases;
    this.#values = values;
  }

  read(key: Key, options: ContainerCallOptions): Promise<Value | Missing> {
    try {
      const { member, set } = this.#calls;
      const slot = this.#calls.slot(key);
      if (member.turn !== undefined || (options.holder ?? asyncContext).held(slot) !== undefined) {
        return this.#readInTurn(key, options);
      }
      const call = this.#calls.nextCall(options);
      slot.recent = true;
      if (set.shows(slot)) return Promise.resolve(this.#values.show(slot));
      const result = set.call(slot, { type: 'get', call, absence: this.#calls.touch });
      if (result !== undefined) return Promise.resolve(this.#endRead(slot, call, result));
      return new Promise((resolve, reject) => {
        const answer = (granted: CallResult): void =>
          set.afterStep(() => settle(resolve, reject, () => this.#endRead(slot, call, granted)));
        member.calls.expect(call, slot, 'read', options, answer, reject);
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** After what is due first: another turn, or the end of a lease of the same holder. */
  async #readInTurn(key: Key, options: ContainerCallOptions): Promise<Value | Missing> {
    const grant = await this.#leases.read({ what: 'read', handsOut: false }, key, options);
    if (grant === undefined) return undefined as Missing;
    grant.use();
    try {
      return this.#values.show(grant.claim.slot);
    } finally {
      void grant.end();
    }
  }

  #endRead(slot: ObjectSlot, call: CallId, result: CallResult): Value | Missing {
    if (result.outcome !== 'held') {
      this.#calls.refuse(slot, result);
      return undefined as Missing;
    }
    try {
      return this.#values.show(slot);
    } finally {
      this.#calls.set.put(slot, call, undefined);
    }
  }

  /** Give the object a value, which is not stored through. */
  set(key: Key, value: Value, options: ContainerCallOptions): Promise<void> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = this.#values.encode(value);
      const { member } = this.#calls;
      const held = (options.holder ?? asyncContext).held(this.#calls.slot(key));
      if (member.turn === undefined && held === undefined) return this.#write(key, bytes, options, 'touch');
      return this.#setInTurn(key, bytes, options);
    } catch (error) {
      if (bytes !== undefined) this.#values.dropEncoded(bytes);
      return Promise.reject(error);
    }
  }

  async #setInTurn(key: Key, bytes: Uint8Array, options: ContainerCallOptions): Promise<void> {
    try {
      const grant = await this.#leases.write({ what: 'set', tries: false, handsOut: false }, key, options);
      await grant!.use().end(bytes);
    } catch (error) {
      this.#values.dropEncoded(bytes);
      throw error;
    }
  }

  /** Whoever gives a value need not know that there was one, nor that a first touch found nothing to begin with. */
  #write(key: Key, bytes: Uint8Array, options: ContainerCallOptions, absence: AbsenceMode): Promise<void> {
    const { member, set } = this.#calls;
    const call = this.#calls.nextCall(options);
    const slot = this.#calls.slot(key);
    const end = (granted: CallResult): Promise<void> | undefined => {
      const { outcome } = granted;
      if (outcome === 'held' || outcome === 'absent-held') return this.#endWrite(slot, call, bytes);
      if (outcome !== 'lost') this.#calls.refuse(slot, granted);
      return this.#write(key, bytes, options, 'manual');
    };
    const result = set.call(slot, { type: 'grab', call, absence, try: false });
    if (result !== undefined) return end(result) ?? nothing;
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown): void => {
        this.#values.dropEncoded(bytes);
        reject(reason);
      };
      const answer = (granted: CallResult): void => set.afterStep(() => settle(resolve, giveUp, () => end(granted)));
      member.calls.expect(call, slot, 'set', options, answer, giveUp);
    });
  }

  /**
   * A promise where the value is to be saved elsewhere first.
   * @throws SetFullError where the object is new and there is no room for it
   */
  #endWrite(slot: ObjectSlot, call: CallId, bytes: Uint8Array): Promise<void> | undefined {
    const { set, member, name } = this.#calls;
    const isFull = slot.bytes === undefined && set.eviction?.isStuck === true;
    const answer = set.put(slot, call, isFull ? undefined : bytes);
    this.#calls.hooks.written(slot);
    if (isFull) throw new SetFullError(name, member.context.name);
    return answer === undefined && set.savesWrites ? set.saved(slot, call).then(() => undefined) : undefined;
  }
}

const nothing = Promise.resolve();
