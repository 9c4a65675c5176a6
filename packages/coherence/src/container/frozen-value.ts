/**
 * Freeze a value all the way down; whether that was possible. Bytes, dates, maps and sets can be changed whatever is
 * done to them, so a value that holds one is made anew for everybody who looks at it.
 */
export function freezeDeep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return true;
  if (ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  let isFirm = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  for (const inner of Object.values(value)) isFirm = freezeDeep(inner) && isFirm;
  Object.freeze(value);
  return isFirm;
}
