/** A set of slots as words of 32 bits, never changed once made. */
export type SlotSet = readonly number[];

export const noSlots = (count: number): SlotSet => new Array<number>(Math.max(1, Math.ceil(count / 32))).fill(0);

export const hasSlot = (set: SlotSet, slot: number): boolean => ((set[slot >> 5]! >> (slot & 31)) & 1) === 1;

export function withSlot(set: SlotSet, slot: number): SlotSet {
  const words = set.slice();
  words[slot >> 5] = words[slot >> 5]! | (1 << (slot & 31));
  return words;
}

export function withoutSlot(set: SlotSet, slot: number): SlotSet {
  const words = set.slice();
  words[slot >> 5] = words[slot >> 5]! & ~(1 << (slot & 31));
  return words;
}
