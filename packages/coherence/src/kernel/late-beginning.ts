import type { View } from './view-types.ts';

/** How a member begins a set that others began: in which view, and the views it goes through next. */
export interface Beginning {
  /** Undefined for a member that takes part only since a later view than the set. */
  readonly founding: View | undefined;
  readonly later: readonly View[];
}

/**
 * A member begins a set with the first message about it, and must then be as if it had been there since the set began:
 * others count on it since then, and may have asked it in a view that it knows to be over.
 * @param founded the epoch in which the set began on the members that were there.
 * @param views those this member was told of since it takes part, oldest first.
 */
export function beginningOf(founded: number, views: readonly View[]): Beginning {
  const first = views.findIndex(({ epoch }) => epoch === founded);
  return first === -1
    ? { founding: undefined, later: views.slice(-1) }
    : { founding: views[first], later: views.slice(first + 1) };
}
