import type { BlockObject } from '../../src/object/block-object.ts';
import { bytesOf } from './objects.ts';

const blockBytes = 4096;

/** The seed of a write of zeros that gives space back. */
export const trimSeed = -1;

/** What a write puts there. */
export const bytesOfWrite = ({ length, seed }: Pick<NotedWrite, 'length' | 'seed'>): Uint8Array =>
  seed === trimSeed ? new Uint8Array(length) : bytesOf(length, seed);

/** A write of an object, as it was asked for. */
export interface NotedWrite {
  readonly offset: number;
  readonly length: number;
  readonly seed: number;
  readonly toughness: number;
}

/** What blocks of an object may hold, by the writes that were begun and answered. */
export class BlockOracle {
  /** By block: the contents it may have, the surest first. */
  readonly #possible = new Map<number, Uint8Array[]>();

  /** A write was begun: each block it touches may have it from now on, or not. */
  begin(write: NotedWrite): void {
    this.#each(write, (contents, block) => [...contents, ...contents.map((content) => applied(content, write, block))]);
  }

  /** It was answered at a toughness that survives whatever happens: each block has it. */
  acked(write: NotedWrite): void {
    this.#each(write, (contents, block) => unique(contents.map((content) => applied(content, write, block))));
  }

  /** What is wrong with the object; undefined when every block holds what it may hold. Each block is then known. */
  wrong(object: BlockObject): Promise<string | undefined> {
    return this.wrongBlocks((block) => object.read(block * blockBytes, blockBytes));
  }

  /** The same for whatever reads a block. */
  async wrongBlocks(read: (block: number) => Promise<Uint8Array>): Promise<string | undefined> {
    const blocks = [...this.#possible.keys()].sort((a, b) => a - b);
    const contents = await Promise.all(blocks.map(read));
    for (const [index, block] of blocks.entries()) {
      const found = contents[index]!;
      const known = this.#possible.get(block)!;
      if (!known.some((content) => Buffer.compare(content, found) === 0)) return describe(block, found, known);
      this.#possible.set(block, [found]);
    }
    return undefined;
  }

  #each(write: NotedWrite, change: (contents: Uint8Array[], block: number) => Uint8Array[]): void {
    const first = Math.floor(write.offset / blockBytes);
    const last = Math.floor((write.offset + write.length - 1) / blockBytes);
    for (let block = first; block <= last; block++) {
      const before = this.#possible.get(block) ?? [new Uint8Array(blockBytes)];
      this.#possible.set(block, change(before, block));
    }
  }
}

function describe(block: number, found: Uint8Array, known: readonly Uint8Array[]): string {
  const at = found.findIndex((byte, index) => byte !== known.at(-1)?.[index]);
  return `block ${block} holds none of the ${known.length} contents it may have; it differs from the last at byte ${at}`;
}

/** A block with its part of a write. */
function applied(content: Uint8Array, write: NotedWrite, block: number): Uint8Array {
  const { offset, length } = write;
  const after = content.slice();
  const start = block * blockBytes;
  const bytes = bytesOfWrite(write);
  const from = Math.max(0, offset - start);
  const to = Math.min(blockBytes, offset + length - start);
  after.set(bytes.subarray(start + from - offset, start + to - offset), from);
  return after;
}

const unique = (contents: readonly Uint8Array[]): Uint8Array[] =>
  contents.filter((content, index) => contents.findIndex((other) => Buffer.compare(other, content) === 0) === index);
