import type { ByteRun, ObjectPiece, ObjectPort } from '@holdfast/nfs-state/servers';
import { NoFileError } from '../../src/errors.ts';

/** Bytes that may end anywhere and read as zeros behind their end. */
class Sparse {
  #bytes = new Uint8Array(0);

  read(offset: number, into: Uint8Array): void {
    into.fill(0);
    if (offset < this.#bytes.length) into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, offset);
  }

  cut(sizeBytes: number): void {
    this.#bytes.fill(0, sizeBytes);
  }
}

interface MemoryObject {
  readonly stable: Sparse;
  /** Writes that are not stable, oldest first. */
  unstable: { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** Objects in memory that forget what is not stable when told to: the smallest thing an {@link ObjectPort} can be. */
export class MemoryObjects implements ObjectPort {
  readonly #objects = new Map<string, MemoryObject>();
  readonly #nodes: readonly string[];
  readonly #unitBytes: number;
  #life = 1;

  constructor(nodes: readonly string[] = ['n0'], unitBytes = 65_536) {
    this.#nodes = nodes;
    this.#unitBytes = unitBytes;
  }

  /** Die and come back: what is not stable is gone. */
  restart(): void {
    this.#life++;
    for (const object of this.#objects.values()) object.unstable = [];
  }

  async create(name: string): Promise<boolean> {
    if (this.#objects.has(name)) return false;
    this.#objects.set(name, { stable: new Sparse(), unstable: [] });
    return true;
  }

  async remove(name: string): Promise<boolean> {
    return this.#objects.delete(name);
  }

  async claim(name: string): Promise<boolean> {
    return this.#objects.has(name);
  }

  async read(name: string, offset: number, into: Uint8Array): Promise<boolean> {
    const object = this.#objects.get(name);
    if (object === undefined) return false;
    object.stable.read(offset, into);
    for (const { offset: at, bytes } of object.unstable) {
      const from = Math.max(at, offset);
      const to = Math.min(at + bytes.length, offset + into.length);
      if (from < to) into.set(bytes.subarray(from - at, to - at), from - offset);
    }
    return true;
  }

  async write(name: string, runs: readonly ByteRun[], toughness: 1 | 2): Promise<string> {
    const object = this.#get(name);
    for (const { offset, bytes } of runs) object.unstable.push({ offset, bytes: bytes.slice() });
    if (toughness === 2) settle(object);
    return String(this.#life);
  }

  async sync(name: string): Promise<string> {
    settle(this.#get(name));
    return String(this.#life);
  }

  async truncate(name: string, sizeBytes: number): Promise<void> {
    const object = this.#get(name);
    settle(object);
    object.stable.cut(sizeBytes);
  }

  async locate(_name: string, offset: number, bytes: number): Promise<readonly ObjectPiece[]> {
    const pieces: ObjectPiece[] = [];
    for (let at = offset; at < offset + bytes; ) {
      const unit = Math.floor(at / this.#unitBytes);
      const end = Math.min((unit + 1) * this.#unitBytes, offset + bytes);
      pieces.push({ offset: at, bytes: end - at, node: this.#nodes[unit % this.#nodes.length]! });
      at = end;
    }
    return pieces;
  }

  #get(name: string): MemoryObject {
    const object = this.#objects.get(name);
    if (object === undefined) throw new NoFileError(name);
    return object;
  }
}

function settle(object: MemoryObject): void {
  for (const { offset, bytes } of object.unstable) object.stable.write(offset, bytes);
  object.unstable = [];
}
