import { TimeoutError } from '../errors.ts';

/** Whether `work` settled within `ms`. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const settled = () => resolve(true);
  void work.then(settled, settled);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** The value of `work`, or TimeoutError after `ms`. `details` is asked only then. */
export async function withTimeout<Value>(
  work: Promise<Value>,
  ms: number,
  what: string,
  details: () => { readonly node?: string; readonly hint?: string } = () => ({}),
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimeoutError(what, ms, details())), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
