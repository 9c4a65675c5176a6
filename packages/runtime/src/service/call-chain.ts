import { AsyncLocalStorage } from 'node:async_hooks';
import { type Reader, readByte } from '../codec/reader.ts';
import { type Writer, writeByte } from '../codec/writer.ts';
import { callChainMax } from '../limits.ts';
import type { MemberSlot } from '../member.ts';

/**
 * The runs of serial members a call waits inside of, oldest first. A serial member that is asked to run for a call whose
 * chain holds the run it is busy with would wait for itself.
 */
export type CallChain = readonly number[];

const storage = new AsyncLocalStorage<CallChain>();
/** Looking up the storage costs every call; nobody pays before a serial member has run in this thread. */
let inUse = false;

export function currentChain(): CallChain | undefined {
  return inUse ? storage.getStore() : undefined;
}

export function runInChain<Result>(chain: CallChain, run: () => Result): Result {
  inUse = true;
  return storage.run(chain, run);
}

/** Numbers for runs of serial members, distinct over the cluster and over restarts of a slot. */
export class RunNumbers {
  readonly #base: number;
  #count: number;

  constructor(slot: MemberSlot, incarnation: number) {
    this.#base = slot * 2 ** 44;
    this.#count = (incarnation * 2 ** 28) % 2 ** 44;
  }

  next(): number {
    this.#count = (this.#count + 1) % 2 ** 44;
    return this.#base + this.#count;
  }
}

export function writeChain(to: Writer, chain: CallChain): void {
  writeByte(to, chain.length);
  to.room(chain.length * 8);
  for (const run of chain) {
    to.view.setFloat64(to.at, run, true);
    to.at += 8;
  }
}

export function readChain(from: Reader): CallChain {
  const length = readByte(from);
  let at = from.take(length * 8);
  const chain: number[] = [];
  for (let i = 0; i < Math.min(length, callChainMax); i++) {
    chain.push(from.view.getFloat64(at, true));
    at += 8;
  }
  return chain;
}
