import type { ByteRun, ObjectPiece, ObjectPort } from '@holdfast/nfs-state/servers';
import { defineService, type MemberContext, rpc, type ServiceProxy } from '@holdfast/runtime/service';
import { z } from 'zod';

const count = z.int().min(0);
const bytes = z.instanceof(Uint8Array);

/** Objects that survive: those of a thread that nobody kills. */
export const StableObjects = defineService('test-stable-objects', {
  create: rpc({ in: z.string(), out: z.boolean() }),
  remove: rpc({ in: z.string(), out: z.boolean() }),
  read: rpc({ in: z.object({ name: z.string(), offset: count, bytes: count }), out: bytes.optional() }),
  write: rpc({ in: z.object({ name: z.string(), offset: count, bytes }), out: z.void() }),
  truncate: rpc({ in: z.object({ name: z.string(), sizeBytes: count }), out: z.void() }),
});

interface Unstable {
  readonly name: string;
  readonly run: ByteRun;
}

/** Objects whose unstable writes are in the memory of this thread alone, and die with it. */
export class VolatileObjects implements ObjectPort {
  readonly #stable: ServiceProxy<typeof StableObjects.members>;
  readonly #life: string;
  #unstable: Unstable[] = [];
  #syncing: Promise<void> = Promise.resolve();

  constructor({ service, name, incarnation }: MemberContext) {
    this.#stable = service(StableObjects, { node: 'n0' });
    this.#life = `${name}.${incarnation}`;
  }

  create(name: string): Promise<boolean> {
    return this.#stable.create(name);
  }

  remove(name: string): Promise<boolean> {
    this.#unstable = this.#unstable.filter((each) => each.name !== name);
    return this.#stable.remove(name);
  }

  async claim(): Promise<boolean> {
    return true;
  }

  async read(name: string, offset: number, into: Uint8Array): Promise<boolean> {
    const found = await this.#stable.read({ name, offset, bytes: into.length });
    if (found === undefined) return false;
    into.set(found);
    for (const { name: of, run } of this.#unstable) {
      const from = Math.max(run.offset, offset);
      const to = Math.min(run.offset + run.bytes.length, offset + into.length);
      if (of === name && from < to) into.set(run.bytes.subarray(from - run.offset, to - run.offset), from - offset);
    }
    return true;
  }

  async write(name: string, runs: readonly ByteRun[], toughness: 1 | 2): Promise<string> {
    for (const { offset, bytes: written } of runs) {
      this.#unstable.push({ name, run: { offset, bytes: Uint8Array.from(written) } });
    }
    if (toughness === 2) await this.sync(name);
    return this.#life;
  }

  async sync(name: string): Promise<string> {
    this.#syncing = this.#syncing.then(() => this.#settle(name));
    await this.#syncing;
    return this.#life;
  }

  async truncate(name: string, sizeBytes: number): Promise<void> {
    await this.sync(name);
    await this.#stable.truncate({ name, sizeBytes });
  }

  async locate(_name: string, offset: number, length: number): Promise<readonly ObjectPiece[]> {
    const unitBytes = 16_384;
    return Array.from({ length: Math.ceil(length / unitBytes) }, (_, unit) => ({
      offset: offset + unit * unitBytes,
      bytes: unitBytes,
      node: `n${1 + (unit % 3)}`,
    }));
  }

  async #settle(name: string): Promise<void> {
    const settled = this.#unstable.filter((each) => each.name === name);
    await Promise.all(
      settled.map(({ run }) => this.#stable.write({ name, offset: run.offset, bytes: Uint8Array.from(run.bytes) })),
    );
    this.#unstable = this.#unstable.filter((each) => !settled.includes(each));
  }
}
