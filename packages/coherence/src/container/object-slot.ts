import type { ObjectEnv } from '../kernel/object-env.ts';
import type { ObjectEntry } from '../kernel/object-types.ts';
import type { View } from '../kernel/view-types.ts';
import { isPlain, type MapKey } from './key-form.ts';

/** Stands for a value whose bytes nobody has looked at. */
export const unread: unique symbol = Symbol('unread');

/** An object on one member: what the kernel knows, and the bytes its payload stands for. */
export class ObjectSlot {
  readonly key: MapKey;
  /** The user's key is the same as the key of the map. */
  readonly isPlain: boolean;
  readonly entry: ObjectEntry;
  bytes: Uint8Array | undefined = undefined;
  /** The handle by which the kernel knows these bytes. */
  handle: number;
  /** The shadow kept here for the owner. */
  shadow: { readonly handle: number; readonly bytes: Uint8Array } | undefined = undefined;
  /** The bytes decoded and frozen, if they were and could be. */
  value: unknown = unread;
  /** The constants of the object in the view looked at last: they are asked for with every event. */
  env: ObjectEnv | undefined = undefined;
  envView: View | undefined = undefined;
  /** Somebody looked at the value since eviction last did. */
  recent = true;
  /** This member is handing it over. */
  isLeaving = false;

  constructor(key: MapKey, entry: ObjectEntry) {
    this.key = key;
    this.isPlain = isPlain(key);
    this.entry = entry;
    this.handle = entry.payload;
  }
}
