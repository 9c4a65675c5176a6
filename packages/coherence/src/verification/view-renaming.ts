import type { Renumbering } from '@holdfast/simulation';
import { type Image, incarnationsFrom, versionFields } from './renaming.ts';

const fields: ReadonlySet<string> = new Set([...versionFields, 'current', 'next', 'acquired']);

/** Whatever is named like a version is one, wherever it is. */
function numbersIn(value: unknown, into: number[]): void {
  if (value instanceof Map) {
    for (const item of value.values()) numbersIn(item, into);
  } else if (Array.isArray(value)) {
    for (const item of value) numbersIn(item, into);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      if (typeof item !== 'number') numbersIn(item, into);
      else if (item > 0 && fields.has(name)) into.push(item);
      else if (item > 0 && name === 'incarnation') into.push(incarnationsFrom + item);
    }
  }
}

function renumbered(value: unknown, image: Image): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, renumbered(item, image)]));
  if (Array.isArray(value)) return value.map((item) => renumbered(item, image));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (typeof item !== 'number') return [name, renumbered(item, image)];
      if (item > 0 && fields.has(name)) return [name, image(item)];
      if (item > 0 && name === 'incarnation') return [name, image(incarnationsFrom + item)];
      return [name, item];
    }),
  );
}

/** Versions and the values they name are ranked; incarnations among themselves. */
export const viewVersionRanks: Renumbering = {
  familySpan: incarnationsFrom,
  numbers(value) {
    const found: number[] = [];
    numbersIn(value, found);
    return found;
  },
  renumbered: (value, _place, image) => renumbered(value, image),
};
