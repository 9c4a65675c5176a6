import type { ProxyEntry } from '../kernel/proxy-messages.ts';
import { clientsPerBlockMax, dataSlotsMax } from '../limits.ts';

/*
 * The entries of a proxy and of a member that returns, on disk: numbers of 64 bits, one behind the other. The object they
 * are about is in the header of the record.
 */

/** The number that begins each such record. */
export const resyncTypes = {
  proxied: 15,
  marked: 16,
  unmarked: 17,
  encoded: 18,
  restored: 19,
  stale: 20,
  fresh: 21,
} as const;

type ResyncType = keyof typeof resyncTypes;

export const isResyncEntry = (entry: { readonly type: string }): entry is ProxyEntry => entry.type in resyncTypes;

export function resyncNumbers(entry: ProxyEntry): readonly number[] {
  switch (entry.type) {
    case 'proxied':
      return [...placeOf(entry), entry.address, entry.checksum, entry.client, entry.request];
    case 'marked':
      return [...placeOf(entry), entry.client, entry.request];
    case 'unmarked':
      return [entry.id, entry.lblk, entry.seq];
    case 'encoded':
      return [entry.id, entry.group, entry.address, entry.checksum, ...entry.vv];
    case 'restored': {
      const applied = entry.applied.flatMap(({ client, request }) => [client, request]);
      return [...placeOf(entry), entry.address, entry.checksum, ...applied];
    }
    case 'stale':
    case 'fresh':
      return [entry.id, entry.group, entry.parity];
  }
}

const placeOf = ({ id, lblk, group, slot, seq }: Extract<ProxyEntry, { type: 'marked' | 'proxied' | 'restored' }>) => [
  id,
  lblk,
  group,
  slot,
  seq,
];

/** How many numbers each has. */
const counts: { readonly [Type in ResyncType]: readonly [least: number, most: number] } = {
  proxied: [9, 9],
  marked: [7, 7],
  unmarked: [3, 3],
  encoded: [4, 4 + dataSlotsMax],
  restored: [7, 7 + 2 * clientsPerBlockMax],
  stale: [3, 3],
  fresh: [3, 3],
};

const typeByNumber: ReadonlyMap<number, ResyncType> = new Map(
  Object.entries(resyncTypes).map(([type, number]) => [number, type as ResyncType]),
);

/** Undefined when the numbers are no such entry. */
export function resyncEntry(recordType: number, gfid: number, numbers: readonly number[]): ProxyEntry | undefined {
  const type = typeByNumber.get(recordType);
  if (type === undefined) return undefined;
  const [least, most] = counts[type];
  if (numbers.length < least || numbers.length > most || !numbers.every(Number.isSafeInteger)) return undefined;
  const at = (index: number) => numbers[index] ?? 0;
  const block = { gfid, id: at(0), lblk: at(1), group: at(2), slot: at(3), seq: at(4) };
  if (type === 'proxied' || type === 'marked' || type === 'restored') if (block.slot >= dataSlotsMax) return undefined;
  switch (type) {
    case 'proxied':
      return { type, ...block, address: at(5), checksum: at(6), client: at(7), request: at(8) };
    case 'marked':
      return { type, ...block, client: at(5), request: at(6) };
    case 'unmarked':
      return { type, gfid, id: at(0), lblk: at(1), seq: at(2) };
    case 'encoded':
      return { type, gfid, id: at(0), group: at(1), address: at(2), checksum: at(3), vv: numbers.slice(4) };
    case 'restored': {
      if (numbers.length % 2 === 0) return undefined;
      const applied = Array.from({ length: (numbers.length - 7) / 2 }, (_, index) => ({
        client: at(7 + 2 * index),
        request: at(8 + 2 * index),
      }));
      return { type, ...block, address: at(5), checksum: at(6), applied };
    }
    case 'stale':
    case 'fresh':
      return { type, gfid, id: at(0), group: at(1), parity: at(2) };
  }
}
