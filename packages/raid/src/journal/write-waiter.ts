import type { ProxyResult } from '../kernel/proxy-messages.ts';

/** Told how a write ended, once. Neither may throw. */
export interface WriteWaiter {
  readonly done: (result: ProxyResult) => void;
  readonly failed: (error: unknown) => void;
}

/** The same, with something to be done first. */
export const afterDoing = (first: () => void, { done, failed }: WriteWaiter): WriteWaiter => ({
  done(result) {
    first();
    done(result);
  },
  failed(error) {
    first();
    failed(error);
  },
});
