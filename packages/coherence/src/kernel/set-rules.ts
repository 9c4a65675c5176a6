import type { ObjectKey } from './set-types.ts';

/** The decisions that make the set kernel right, by name; the seeded bugs each replace one. */
export interface SetRules {
  /** The order in which several objects are taken. */
  order(keys: readonly ObjectKey[]): readonly ObjectKey[];
  /** Which of the objects already taken are let go when one cannot be had. */
  lettingGo(taken: readonly ObjectKey[]): readonly ObjectKey[];
  /** Whether an object that nobody took ends the wait for it. */
  countsKept(): boolean;
}

export const setRules: SetRules = {
  order: (keys) => [...keys].sort((a, b) => a - b),
  lettingGo: (taken) => taken,
  countsKept: () => true,
};
