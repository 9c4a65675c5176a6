import type { RaidArray } from '../../src/array/raid-array.ts';
import { bytesOf, keysOf, readAll } from './objects.ts';

/** What a key may hold: seed and length, or nothing. */
export type Content = { readonly seed: number; readonly bytes: number } | undefined;

/** A call on the array: before it is made, and after it was acknowledged. */
export interface CallNote {
  readonly verb: 'begin' | 'acked';
  readonly key: string;
  readonly content: Content;
}

/** What is known of every key from the calls that were begun and acknowledged. */
export class Oracle {
  /** The content that was acknowledged last, and those that were begun after. */
  readonly #possible = new Map<string, Content[]>();

  note({ verb, key, content }: CallNote): void {
    const before = this.#possible.get(key) ?? [undefined];
    this.#possible.set(key, verb === 'acked' ? [content] : [...before, content]);
  }

  /** A line `begin KEY SEED BYTES` or `acked KEY SEED BYTES` (BYTES -1: removed); others say nothing. */
  noteLine(line: string): void {
    const [verb, key = '', seed, bytes] = line.split(' ');
    if (verb !== 'begin' && verb !== 'acked') return;
    this.note({ verb, key, content: Number(bytes) < 0 ? undefined : { seed: Number(seed), bytes: Number(bytes) } });
  }

  /** Hold an array against what may be there: what is wrong. What is there is certain from then on. */
  async wrong(array: RaidArray): Promise<string | undefined> {
    const present = await keysOf(array);
    const stranger = present.find((key) => !this.#possible.has(key));
    if (stranger !== undefined) return `${stranger} was never stored`;
    for (const [key, possible] of this.#possible) {
      const bytes = present.includes(key) ? await readAll(array, key) : undefined;
      const found = possible.findIndex((content) => isContent(bytes, content));
      const holds = bytes === undefined ? 'nothing' : `${bytes.length} other bytes`;
      if (found === -1) return `${key} holds ${holds}; possible: ${JSON.stringify(possible)}`;
      this.#possible.set(key, [possible[found]]);
    }
    return undefined;
  }
}

function isContent(bytes: Uint8Array | undefined, content: Content): boolean {
  if (bytes === undefined || content === undefined) return bytes === content;
  return bytes.length === content.bytes && Buffer.compare(bytes, bytesOf(content.bytes, content.seed)) === 0;
}
