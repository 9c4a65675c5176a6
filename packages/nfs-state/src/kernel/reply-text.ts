import type { Reply } from './state-types.ts';

/** A reply as it is kept in a slot. Numbers of 64 bits are written with an `n`. */
export const replyText = (reply: Reply): string =>
  JSON.stringify(reply, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

const isLong = (name: string, value: unknown): value is string =>
  (name === 'offset' || name === 'length') && typeof value === 'string';

/** The inverse of {@link replyText}: for what this package wrote itself. */
export const readReply = (text: string): Reply =>
  JSON.parse(text, (name, value: unknown) => (isLong(name, value) ? BigInt(value.slice(0, -1)) : value)) as Reply;
