import type { MemberName } from '@holdfast/runtime/service';
import type { MapKey } from './key-form.ts';

/** Begins with the node that is its default owner; incarnation and number make it new across restarts too. */
export function newKey(owner: MemberName, maker: MemberName, incarnation: number, number: number): string {
  return `${owner}.${maker}.${incarnation.toString(36)}.${number.toString(36)}`;
}

/** The node named by a key that {@link newKey} made. */
export function creatorOf(key: MapKey): MemberName | undefined {
  return typeof key === 'string' ? /^(n\d+)\.(n\d+|main|a\d)\.[\da-z]+\.[\da-z]+$/.exec(key)?.[1] : undefined;
}
