import { type BlockObject, type BlockObjects, ClaimedError } from '@holdfast/raid/objects';
import type { ClusterStore } from '@holdfast/runtime/service';
import type { ByteRun } from '../byte-run.ts';
import { NoFileError } from '../errors.ts';
import type { Verifier } from '../file-port.ts';
import { objectsOpenMax } from '../limits.ts';
import type { ObjectPiece, ObjectPort } from './object-port.ts';

export interface ArrayObjectsOptions {
  /** `array.objects` on the main thread, `raidObjects(context)` in a service of a node. */
  readonly objects: BlockObjects;
  /** Where the names of objects are kept: the cluster's coordination store. */
  readonly names: Pick<ClusterStore, 'get' | 'compareAndSet'>;
}

/**
 * Objects of a cluster's array by name. Toughness is the array's, and so is the verifier: it changes when a member is lost.
 * Content is kept with parity, attributes as two copies: they are written a block at a time.
 */
export class ArrayObjects implements ObjectPort {
  readonly #objects: BlockObjects;
  readonly #names: ArrayObjectsOptions['names'];
  /** In the order of their last use. A name is never given to another object. */
  readonly #open = new Map<string, Promise<BlockObject | undefined>>();

  constructor({ objects, names }: ArrayObjectsOptions) {
    this.#objects = objects;
    this.#names = names;
  }

  async create(name: string): Promise<boolean> {
    if ((await this.#names.get(nameKey(name))) !== undefined) return false;
    const technique = name.endsWith('/attributes') ? 'mirror' : 'parity';
    const gfid = await this.#objects.create({ technique });
    // Whoever was faster has named another object; this one stays without blocks.
    const { succeeded } = await this.#names.compareAndSet(nameKey(name), 0, new TextEncoder().encode(gfid));
    this.#open.delete(name);
    return succeeded;
  }

  /** The object first: a name that leads nowhere can be removed again, an object without a name never. */
  async remove(name: string): Promise<boolean> {
    this.#open.delete(name);
    const entry = await this.#names.get(nameKey(name));
    if (entry === undefined) return false;
    await this.#objects.remove(new TextDecoder().decode(entry.value));
    return (await this.#names.compareAndSet(nameKey(name), entry.modRevision, undefined)).succeeded;
  }

  async claim(name: string): Promise<boolean> {
    const object = await this.#find(name);
    await object?.claim();
    return object !== undefined;
  }

  async read(name: string, offset: number, into: Uint8Array): Promise<boolean> {
    const object = await this.#find(name);
    if (object === undefined) return false;
    into.set(await object.read(offset, into.length));
    return true;
  }

  async write(name: string, runs: readonly ByteRun[], toughness: 1 | 2): Promise<Verifier> {
    const object = await this.#get(name);
    try {
      return (await object.writev(runs, { toughness })).verifier;
    } catch (error) {
      throw await this.#unlessRemoved(name, error);
    }
  }

  async sync(name: string): Promise<Verifier> {
    const object = await this.#get(name);
    return (await object.sync()).verifier;
  }

  async truncate(name: string, sizeBytes: number): Promise<void> {
    const object = await this.#get(name);
    try {
      await object.truncate(sizeBytes);
    } catch (error) {
      throw await this.#unlessRemoved(name, error);
    }
  }

  async locate(name: string, offset: number, bytes: number): Promise<readonly ObjectPiece[]> {
    const object = await this.#get(name);
    return object
      .locate(offset, bytes)
      .map((piece) => ({ offset: piece.offset, bytes: piece.length, node: piece.node }));
  }

  async #get(name: string): Promise<BlockObject> {
    const object = await this.#find(name);
    if (object === undefined) throw new NoFileError(name);
    return object;
  }

  /** What is removed is claimed by whoever removed it: a server that had it open finds that it is no more. */
  async #unlessRemoved(name: string, error: unknown): Promise<unknown> {
    if (!(error instanceof ClaimedError) || (await this.#names.get(nameKey(name))) !== undefined) return error;
    this.#open.delete(name);
    return new NoFileError(name);
  }

  async #find(name: string): Promise<BlockObject | undefined> {
    const known = this.#open.get(name);
    const opening = known ?? this.#openByName(name);
    this.#open.delete(name);
    this.#open.set(name, opening);
    if (this.#open.size > objectsOpenMax) this.#open.delete(this.#open.keys().next().value!);
    const object = await opening.catch((error: unknown) => {
      this.#open.delete(name);
      throw error;
    });
    if (object === undefined) this.#open.delete(name);
    return object;
  }

  async #openByName(name: string): Promise<BlockObject | undefined> {
    const entry = await this.#names.get(nameKey(name));
    return entry && this.#objects.open(new TextDecoder().decode(entry.value));
  }
}

const nameKey = (name: string): string => `nfs-objects/${name}`;
