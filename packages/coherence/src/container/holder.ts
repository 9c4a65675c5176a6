import { AsyncLocalStorage } from 'node:async_hooks';
import { leasesPerContextMax } from '../limits.ts';
import type { Claim } from './grants.ts';
import type { ObjectSlot } from './object-slot.ts';

/** Who holds leases: remembers them, and finds the one on an object. */
export interface LeaseHolder {
  held(slot: ObjectSlot): Claim | undefined;
  remember(claim: Claim): void;
}

/** A holder made by hand: it stands for itself, whatever async context it is used in. */
export class Holder implements LeaseHolder {
  #claims: Claim[] = [];

  held(slot: ObjectSlot): Claim | undefined {
    return this.#claims.find((claim) => claim.slot === slot && claim.held);
  }

  remember(claim: Claim): void {
    claim.certain = true;
    this.#claims = this.#claims.filter(({ over }) => !over);
    this.#claims.push(claim);
  }
}

/** The claims made in an async context and in those it was started from, newest first. */
interface ClaimChain {
  readonly claim: Claim;
  readonly outer: ClaimChain | undefined;
  readonly length: number;
  /** The run to completion in which the claim was made. */
  readonly run: number;
}

const contexts = new AsyncLocalStorage<ClaimChain | undefined>();
const done = Promise.resolve();
let run = 0;
let runWillEnd = false;

/**
 * The holder a call without one has: its async context. What is started under a lease counts as its holder's.
 *
 * A lease that is handed out can only be remembered in the context of the code that asked for it, from the call on. What
 * that code's caller starts next, before it is back at its event loop, is in the same context without being under the
 * lease. So a claim is not found in the run it was made in, and is certain only where the lease is a callback's.
 */
export const asyncContext: LeaseHolder = {
  held(slot) {
    for (let chain = contexts.getStore(); chain !== undefined; chain = chain.outer) {
      if (chain.claim.slot !== slot || !chain.claim.held) continue;
      if (chain.claim.certain || chain.run !== run || !runWillEnd) return chain.claim;
    }
    return undefined;
  },

  remember(claim) {
    if (!runWillEnd) {
      runWillEnd = true;
      // Several times cheaper than queueMicrotask, which makes an async resource.
      void done.then(endRun);
    }
    contexts.enterWith(chained(claim, contexts.getStore()));
  },
};

/** Run a callback that holds a lease: what it starts is under that lease beyond doubt. */
export function runHolding<Result>(claims: readonly Claim[], callback: () => Result): Result {
  let chain = contexts.getStore();
  for (const claim of claims) {
    claim.certain = true;
    chain = chained(claim, chain);
  }
  return contexts.run(chain, callback);
}

function endRun(): void {
  run += 1;
  runWillEnd = false;
}

/** Claims that are over are forgotten on the way. */
function chained(claim: Claim, known: ClaimChain | undefined): ClaimChain {
  let outer = known;
  while (outer?.claim.over === true) outer = outer.outer;
  if (outer !== undefined && outer.length >= 2 * leasesPerContextMax) outer = compact(outer);
  return { claim, outer, length: (outer?.length ?? 0) + 1, run };
}

/**
 * Without the claims that are over; the oldest are forgotten when there are still too many. Looked at once the chain has
 * twice as many as it may keep, so that a call that takes thousands of leases does not look at them all for each.
 */
function compact(chain: ClaimChain): ClaimChain | undefined {
  const live: ClaimChain[] = [];
  for (let at: ClaimChain | undefined = chain; at !== undefined; at = at.outer) if (!at.claim.over) live.push(at);
  let kept: ClaimChain | undefined;
  for (const each of live.slice(0, leasesPerContextMax - 1).reverse()) {
    kept = { claim: each.claim, outer: kept, length: (kept?.length ?? 0) + 1, run: each.run };
  }
  return kept;
}
