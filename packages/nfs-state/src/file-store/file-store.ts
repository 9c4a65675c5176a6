import type { ByteRun } from '../byte-run.ts';
import { BadFileError, FileDamagedError, NoFileError } from '../errors.ts';
import type {
  FileAttributes,
  FileId,
  FileOperation,
  FileOutcome,
  FilePort,
  FileWritten,
  OpId,
  Verifier,
  WriteStability,
} from '../file-port.ts';
import { attributesKeptMax, changeEpochsMax, ownerBytesMax } from '../limits.ts';
import { attributesObject, checkRange, contentObject } from '../objects/file-objects.ts';
import { FileTurns } from '../objects/file-turns.ts';
import { blockBytes, type ObjectPort } from '../objects/object-port.ts';
import { type AttributeBlock, answerOf, decodeAttributes, encodeAttributes, remember } from './attribute-block.ts';

/** A file whose attributes are in memory. */
interface KnownFile {
  block: AttributeBlock;
  /** The attributes are newer than those on stable storage: something unstable was written. */
  unsaved: boolean;
  /** Calls that work with it: it stays known. */
  users: number;
}

export interface FileStoreOptions {
  readonly objects: ObjectPort;
  /**
   * Higher than that of every file store that served these objects before, below 2^21: the epoch of the cluster's view,
   * say. One store at a time serves a file.
   */
  readonly epoch: number;
  /** A store of before may still be about to write: it is kept from doing so, file by file. @default false */
  readonly claims?: boolean;
  /** Milliseconds since 1970. Default: the clock of the machine. */
  readonly now?: () => number;
}

/**
 * Files over the objects of an array: the content of a file is one object, its attributes are a block in another, which
 * also remembers what the last operation of each owner came to.
 *
 * @example
 * ```ts
 * const files = new FileStore({ objects, epoch: cluster.epoch });
 * await files.apply({ owner: 'session-1.0', sequence: 1 }, 'report', { type: 'create' });
 * await files.write('report', [{ offset: 0, bytes }], 'UNSTABLE');
 * await files.commit('report');
 * ```
 */
export class FileStore implements FilePort {
  readonly #objects: ObjectPort;
  readonly #epoch: number;
  readonly #now: () => number;
  readonly #claims: boolean;
  readonly #turns = new FileTurns();
  /** In the order of their last use. */
  readonly #known = new Map<FileId, KnownFile>();
  readonly #loading = new Map<FileId, Promise<KnownFile | undefined>>();

  constructor({ objects, epoch, claims = false, now = Date.now }: FileStoreOptions) {
    if (!Number.isInteger(epoch) || epoch < 0 || epoch >= changeEpochsMax) {
      throw new BadFileError(`${epoch} cannot be the epoch of a file store.`, `Use 0 to ${changeEpochsMax - 1}.`);
    }
    this.#objects = objects;
    this.#epoch = epoch;
    this.#now = now;
    this.#claims = claims;
  }

  async apply(id: OpId, file: FileId, operation: FileOperation): Promise<FileOutcome> {
    checkOp(id, operation);
    return this.#during(file, 'alone', async (known) => {
      if (operation.type === 'remove') return this.#remove(file);
      const before = known && answerOf(known.block, id);
      if (before !== undefined) return before;
      if (operation.type === 'create') {
        return known === undefined ? this.#create(id, file) : { status: 'exists' };
      }
      return known === undefined ? { status: 'absent' } : this.#change(id, file, known, operation);
    });
  }

  async attributes(file: FileId): Promise<FileAttributes | undefined> {
    return this.#during(file, 'shared', async (known) => known?.block.attributes);
  }

  async read(file: FileId, offset: number, into: Uint8Array): Promise<number> {
    checkRange(offset, into.length);
    return this.#during(file, 'shared', async (known) => {
      const { sizeBytes } = there(file, known).block.attributes;
      const bytes = Math.max(0, Math.min(into.length, sizeBytes - offset));
      if (bytes > 0 && !(await this.#objects.read(contentObject(file), offset, into.subarray(0, bytes)))) {
        throw new NoFileError(file);
      }
      return bytes;
    });
  }

  async write(file: FileId, runs: readonly ByteRun[], stability: WriteStability): Promise<FileWritten> {
    for (const { offset, bytes } of runs) checkRange(offset, bytes.length);
    return this.#during(file, 'shared', async (found) => {
      const known = there(file, found);
      const verifier = await this.#objects.write(contentObject(file), runs, stability === 'FILE_SYNC' ? 2 : 1);
      const { sizeBytes, change: changeBefore } = known.block.attributes;
      const end = runs.reduce((highest, run) => Math.max(highest, run.offset + run.bytes.length), sizeBytes);
      const attributes = this.#changed(known.block.attributes, end);
      known.block = { ...known.block, attributes };
      known.unsaved = true;
      if (stability === 'FILE_SYNC') await this.#save(file, known);
      return { verifier: this.#verifier(verifier), changeBefore, attributes };
    });
  }

  async commit(file: FileId): Promise<FileWritten> {
    return this.#during(file, 'shared', async (found) => {
      const known = there(file, found);
      const verifier = await this.#objects.sync(contentObject(file));
      const { attributes } = known.block;
      // Content first: a size on stable storage whose content is not there would be read as zeros.
      if (known.unsaved) await this.#save(file, known);
      return { verifier: this.#verifier(verifier), changeBefore: attributes.change, attributes };
    });
  }

  async #create(id: OpId, file: FileId): Promise<FileOutcome> {
    // An earlier attempt may have made either. The file is there once its attributes are.
    await this.#objects.create(contentObject(file));
    await this.#objects.create(attributesObject(file));
    const attributes = { sizeBytes: 0, change: this.#epoch * 2 ** 32 + 1, modifiedMs: this.#now() };
    const op = { id, changeBefore: 0, attributes };
    const known = { block: { attributes, cutAtBytes: undefined, ops: [op] }, unsaved: true, users: 0 };
    await this.#save(file, known);
    this.#keep(file, known);
    return { status: 'ok', changeBefore: 0, attributes };
  }

  async #change(
    id: OpId,
    file: FileId,
    known: KnownFile,
    operation: Extract<FileOperation, { type: 'resize' | 'layout-commit' }>,
  ): Promise<FileOutcome> {
    const { sizeBytes, change: changeBefore } = known.block.attributes;
    const wanted = operation.type === 'resize' ? operation.sizeBytes : Math.max(sizeBytes, operation.endBytes);
    const attributes = this.#changed(known.block.attributes, wanted);
    const ops = remember(known.block.ops, { id, changeBefore, attributes });
    const cutAtBytes = wanted < sizeBytes ? wanted : undefined;
    known.block = { attributes, cutAtBytes, ops };
    known.unsaved = true;
    await this.#save(file, known);
    await this.#cutOff(file, known);
    return { status: 'ok', changeBefore, attributes };
  }

  async #remove(file: FileId): Promise<FileOutcome> {
    this.#known.delete(file);
    await this.#objects.remove(attributesObject(file));
    await this.#objects.remove(contentObject(file));
    return { status: 'removed' };
  }

  /** Finish a cut that is on record: whoever dies in between leaves it to the next who reads the attributes. */
  async #cutOff(file: FileId, known: KnownFile): Promise<void> {
    const { cutAtBytes } = known.block;
    if (cutAtBytes === undefined) return;
    await this.#objects.truncate(contentObject(file), cutAtBytes);
    known.block = { ...known.block, cutAtBytes: undefined };
    known.unsaved = true;
    await this.#save(file, known);
  }

  #changed({ change }: FileAttributes, sizeBytes: number): FileAttributes {
    return { sizeBytes, change: Math.max(change + 1, this.#epoch * 2 ** 32 + 1), modifiedMs: this.#now() };
  }

  #verifier(ofArray: Verifier): Verifier {
    return `${this.#epoch}.${ofArray}`;
  }

  async #save(file: FileId, known: KnownFile): Promise<void> {
    const { block } = known;
    const name = attributesObject(file);
    const write = () => this.#objects.write(name, [{ offset: 0, bytes: encodeAttributes(block) }], 2);
    try {
      await write();
    } catch (error) {
      // By a store of before, which claimed it from one that stood still.
      if ((error as { code?: unknown }).code !== 'HF_CLAIMED') throw error;
      await this.#objects.claim(name);
      await write();
    }
    if (known.block === block) known.unsaved = false;
  }

  /** In its turn, with the attributes of the file in memory, undefined when there is no such file. */
  async #during<Value>(
    file: FileId,
    how: 'shared' | 'alone',
    work: (known: KnownFile | undefined) => Promise<Value>,
  ): Promise<Value> {
    return this.#turns.run(file, how, async () => {
      const known = this.#known.get(file) ?? (await this.#load(file));
      if (known === undefined) return work(undefined);
      known.users++;
      this.#keep(file, known);
      try {
        return await work(known);
      } finally {
        known.users--;
      }
    });
  }

  /** Once for all calls that find the file unknown: what is done here must not be done again under a later write. */
  async #load(file: FileId): Promise<KnownFile | undefined> {
    const underWay = this.#loading.get(file);
    if (underWay !== undefined) return underWay;
    const loading = this.#read(file);
    this.#loading.set(file, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(file);
    }
  }

  async #read(file: FileId): Promise<KnownFile | undefined> {
    const bytes = new Uint8Array(blockBytes);
    if (this.#claims) await this.#objects.claim(attributesObject(file));
    if (!(await this.#objects.read(attributesObject(file), 0, bytes))) return undefined;
    const block = decodeAttributes(bytes);
    if (typeof block === 'string') throw new FileDamagedError(file, block);
    if (block === undefined) return undefined;
    const known = { block, unsaved: false, users: 0 };
    await this.#cutOff(file, known);
    this.#known.set(file, known);
    return known;
  }

  /** Used last. Of those nobody works with the one not used longest may have to go. */
  #keep(file: FileId, known: KnownFile): void {
    this.#known.delete(file);
    this.#known.set(file, known);
    if (this.#known.size <= attributesKeptMax) return;
    for (const [name, { unsaved, users }] of this.#known) {
      if (unsaved || users > 0 || name === file) continue;
      this.#known.delete(name);
      return;
    }
  }
}

function there(file: FileId, known: KnownFile | undefined): KnownFile {
  if (known === undefined) throw new NoFileError(file);
  return known;
}

/** @throws BadFileError */
function checkOp({ owner, sequence }: OpId, operation: FileOperation): void {
  if (!/^[!-~]+$/.test(owner) || owner.length > ownerBytesMax || !Number.isSafeInteger(sequence) || sequence < 1) {
    throw new BadFileError(
      `${JSON.stringify(owner)} ${sequence} cannot be the id of an operation.`,
      `Use an owner of 1 to ${ownerBytesMax} visible characters of ASCII, and a number from 1.`,
    );
  }
  if (operation.type === 'resize') checkRange(operation.sizeBytes, 0);
  if (operation.type === 'layout-commit') checkRange(operation.endBytes, 0);
}
