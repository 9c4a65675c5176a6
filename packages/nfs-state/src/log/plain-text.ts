import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { unpackedBytesMax } from '../limits.ts';

/** Plain data as text, with the 64-bit numbers of byte ranges: a bigint is written as an object of one key. */
const bigKey = '$n';

type Fields = Record<string, unknown>;

export const toText = (value: unknown): string => JSON.stringify(withoutBigints(value));

/** @throws SyntaxError where the text is none of {@link toText} */
export function fromText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes(bigKey) ? withBigints(value) : value;
}

/** The text in a tenth of its bytes: records are much alike. */
export const packed = (value: unknown): Uint8Array =>
  deflateRawSync(new TextEncoder().encode(toText(value)), { level: 1 });

/** @throws SyntaxError, RangeError or what zlib says, where the bytes are none of {@link packed} */
export const unpacked = (bytes: Uint8Array): unknown =>
  fromText(inflateRawSync(bytes, { maxOutputLength: unpackedBytesMax }).toString('utf8'));

/** A walk and a native JSON.stringify are faster than a replacer. What has no bigint in it is not copied. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return { [bigKey]: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? itemsWithout(value) : fieldsWithout(value as Fields);
}

function itemsWithout(items: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < items.length; at++) {
    const before = items[at];
    const after = withoutBigints(before);
    if (after === before) continue;
    copy ??= [...items];
    copy[at] = after;
  }
  return copy ?? items;
}

function fieldsWithout(fields: Fields): Fields {
  let copy: Fields | undefined;
  for (const key of Object.keys(fields)) {
    const before = fields[key];
    const after = withoutBigints(before);
    if (after === before) continue;
    copy ??= { ...fields };
    copy[key] = after;
  }
  return copy ?? fields;
}

function withBigints(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = withBigints(value[at]);
    return value;
  }
  const fields = value as Fields;
  if (bigKey in fields) return BigInt(String(fields[bigKey]));
  for (const key of Object.keys(fields)) {
    const before = fields[key];
    if (typeof before === 'object') fields[key] = withBigints(before);
  }
  return fields;
}
