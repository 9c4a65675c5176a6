import type { Decoder, Encoder } from '@holdfast/kernel';
import { type Address, type JournalId, noAddress } from './journal.ts';

/** The addresses an I/O manager may use for one of its roles. */
export interface AddressPool {
  /** Ascending. */
  free: Address[];
  /** Free once the journal entry that gives them up is durable (laws L2 and L7). */
  retiring: { readonly address: Address; readonly after: JournalId }[];
}

export const poolWithout = (addresses: readonly Address[], used: ReadonlySet<Address>): AddressPool => ({
  free: addresses.filter((address) => !used.has(address)),
  retiring: [],
});

/** The lowest free address, or `wanted` if that is free; undefined when there is none. */
export function takeAddress(pool: AddressPool, wanted?: Address): Address | undefined {
  const index = wanted === undefined ? 0 : pool.free.indexOf(wanted);
  return index < 0 ? undefined : pool.free.splice(index, 1)[0];
}

export function giveAddress(pool: AddressPool, address: Address): void {
  if (address === noAddress) return;
  let at = pool.free.length;
  while (at > 0 && pool.free[at - 1]! > address) at--;
  pool.free.splice(at, 0, address);
}

/** Give an address up once the entry `after` is durable. */
export function retireAddress(pool: AddressPool, address: Address, after: JournalId): void {
  if (address !== noAddress) pool.retiring.push({ address, after });
}

/** The entry `id` is durable: what waited for it is free. */
export function retired(pool: AddressPool, id: JournalId): void {
  // An entry gives up one address, and entries become durable in their order: mostly it is the first.
  const index = pool.retiring.findIndex(({ after }) => after === id);
  if (index < 0) return;
  giveAddress(pool, pool.retiring[index]!.address);
  pool.retiring.splice(index, 1);
}

export function encodePool(pool: AddressPool, into: Encoder): void {
  into.list(pool.free, (address, to) => to.uint(address));
  into.list(pool.retiring, ({ address, after }, to) => {
    to.uint(address);
    to.uint(after);
  });
}

export const decodePool = (from: Decoder): AddressPool => ({
  free: from.list((each) => each.uint()),
  retiring: from.list((each) => ({ address: each.uint(), after: each.uint() })),
});
