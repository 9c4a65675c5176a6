import { AbsentError, OutcomeUnknownError } from '../errors.ts';
import type { CallResult } from '../kernel/object-types.ts';
import { asyncContext } from './holder.ts';
import { keyText } from './key-form.ts';
import type { ContainerCallOptions, ObjectCalls } from './object-calls.ts';
import { Operation } from './operation-form.ts';
import { settle } from './settling.ts';

/** The calls that run an operation where the object is. */
export class ExecuteCalls<Key> {
  readonly #calls: ObjectCalls<Key>;

  constructor(calls: ObjectCalls<Key>) {
    this.#calls = calls;
  }

  /**
   * What an operation answered that the owner ran or, where the owner could not and did not, what `otherwise` comes to.
   * @throws what the operation threw, AbsentError, LostError, OutcomeUnknownError
   */
  execute(
    key: Key,
    name: string,
    argument: unknown,
    options: ContainerCallOptions,
    otherwise: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      const held = (options.holder ?? asyncContext).held(this.#calls.slot(key));
      const begin = (): Promise<unknown> => this.#execute(key, Operation.of(name, argument), options, otherwise);
      if (this.#calls.member.turn === undefined && held === undefined) return begin();
      return this.#inTurn(key, options).then(begin);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What is due first: another turn, and the end of a lease of the same holder. */
  async #inTurn(key: Key, { holder = asyncContext }: ContainerCallOptions): Promise<void> {
    await this.#calls.member.turn;
    await holder.held(this.#calls.slot(key))?.outlast('execute');
  }

  #execute(
    key: Key,
    operation: Operation,
    options: ContainerCallOptions,
    otherwise: () => Promise<unknown>,
  ): Promise<unknown> {
    const { set, hooks, member } = this.#calls;
    const call = this.#calls.nextCall(options);
    const slot = this.#calls.slot(key);
    const end = (result: CallResult): unknown => {
      if (result.outcome === 'executed') return set.takeOutcome(call).take();
      if (result.outcome === 'failed') return otherwise();
      this.#calls.refuse(slot, result);
      if (result.outcome === 'absent') throw new AbsentError(this.#calls.name, keyText(slot.key));
      throw new OutcomeUnknownError(this.#calls.name, keyText(slot.key), operation.name);
    };
    const result = set.call(slot, {
      type: 'execute',
      call,
      operation: set.operations.asked(call, operation),
      absence: hooks.creates ? 'touch' : 'no-touch',
      again: false,
    });
    if (result !== undefined) return Promise.resolve(end(result));
    return new Promise((resolve, reject) => {
      const answer = (answered: CallResult): void => set.afterStep(() => settle(resolve, reject, () => end(answered)));
      member.calls.expect(call, slot, 'execute', options, answer, reject);
    });
  }
}
