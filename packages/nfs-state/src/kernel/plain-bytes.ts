/** What a value is spelled with at most besides its own characters: what it is, and how long. */
const overheadBytes = 4;
const characterBytes = 3;
const numberBytes = 9;
/** 64 bits and one more, as hexadecimal digits. */
const bigintBytes = 20;

const textBytes = (text: string): number => overheadBytes + characterBytes * text.length;

/**
 * Bytes that plain data takes in a batch, at most, without encoding it: names of fields count each time, and nothing is
 * made smaller.
 */
export function plainBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value);
    case 'number':
      return numberBytes + overheadBytes;
    case 'bigint':
      return bigintBytes;
    case 'object':
      return value === null ? overheadBytes : partsBytes(value);
    default:
      return overheadBytes;
  }
}

function partsBytes(value: object): number {
  let bytes = overheadBytes;
  if (Array.isArray(value)) {
    for (const each of value) bytes += plainBytes(each);
    return bytes;
  }
  for (const name in value) bytes += 1 + name.length + plainBytes((value as Record<string, unknown>)[name]);
  return bytes;
}
