import { transferPartsMax } from '../limits.ts';

/** Slots that lie side by side on the drive, moved in one vectored call. */
export interface Transfer {
  /** First block. */
  readonly address: number;
  readonly parts: readonly Uint8Array[];
  /** Which of the given slots these are. */
  readonly slots: readonly number[];
}

/** Join neighbours: slot i goes to `places[i]` and its memory is `parts[i]`, `blocks[i]` blocks long. */
export function joinTransfers(
  places: readonly number[],
  blocks: readonly number[],
  parts: readonly Uint8Array[],
  partsMax = transferPartsMax,
): Transfer[] {
  const joined: { address: number; end: number; parts: Uint8Array[]; slots: number[] }[] = [];
  for (const [slot, address] of places.entries()) {
    const last = joined.at(-1);
    if (last !== undefined && last.end === address && last.parts.length < partsMax) {
      last.parts.push(parts[slot]!);
      last.slots.push(slot);
      last.end += blocks[slot]!;
    } else {
      joined.push({ address, end: address + blocks[slot]!, parts: [parts[slot]!], slots: [slot] });
    }
  }
  return joined;
}
