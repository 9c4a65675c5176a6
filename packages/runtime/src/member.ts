import { attachedMax, nodesMax } from './limits.ts';

/**
 * A member's place in the cluster: a small integer, reused across restarts (the incarnation is what changes).
 * Slots 0 to 63 are nodes, 64 is the embedding thread, 65 and up are attached workers.
 */
export type MemberSlot = number;

export const mainSlot: MemberSlot = nodesMax;
export const firstAttachedSlot: MemberSlot = nodesMax + 1;
export const memberSlots = nodesMax + 1 + attachedMax;

/** `n0` to `n63`, `main`, `a0` and up. */
export type MemberName = string;

export function memberName(slot: MemberSlot): MemberName {
  if (slot < nodesMax) return `n${slot}`;
  if (slot === mainSlot) return 'main';
  return `a${slot - firstAttachedSlot}`;
}

/** The slot of a name, or undefined when no member can have that name. */
export function memberSlot(name: MemberName): MemberSlot | undefined {
  if (name === 'main') return mainSlot;
  const match = /^([na])(0|[1-9]\d?)$/.exec(name);
  if (match === null) return undefined;
  const index = Number(match[2]);
  if (match[1] === 'n') return index < nodesMax ? index : undefined;
  return index < attachedMax ? firstAttachedSlot + index : undefined;
}
