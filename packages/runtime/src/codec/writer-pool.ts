import { Writer } from './writer.ts';

const writersKeptMax = 8;
const idle: Writer[] = [];

/**
 * Encode with a writer nobody else uses meanwhile, and use what it wrote before it is handed on. Encoding may run code of
 * a user's (getters, toJSON) that encodes by itself, so one writer for all would not do.
 */
export function withWriter<Result>(encode: (to: Writer) => void, use: (written: Uint8Array) => Result): Result {
  const writer = idle.pop() ?? new Writer();
  writer.reset();
  try {
    encode(writer);
    return use(writer.written());
  } finally {
    if (idle.length < writersKeptMax) idle.push(writer);
  }
}
