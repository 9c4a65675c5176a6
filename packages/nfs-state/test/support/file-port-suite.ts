import { FileStore, type ObjectPort } from '@holdfast/nfs-state';
import { expect, it } from 'vitest';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** What a test needs of the objects below: a fresh set of them, and the loss of all memory above stable storage. */
export interface ObjectsUnderTest {
  readonly objects: ObjectPort;
  /** As if everything that is not stable were lost at once; undefined when these objects cannot be made to. */
  readonly loseMemory: (() => Promise<void>) | undefined;
}

export interface SuiteOptions {
  readonly name: string;
  /** Called once for each test; it cleans up after itself. */
  readonly begin: () => Promise<ObjectsUnderTest>;
}

async function readAll(files: FileStore, file: string): Promise<string> {
  const sizeBytes = (await files.attributes(file))?.sizeBytes ?? 0;
  const into = new Uint8Array(sizeBytes + 10);
  return new TextDecoder().decode(into.subarray(0, await files.read(file, 0, into)));
}

const op = (sequence: number, owner = 'session.0') => ({ owner, sequence });

/** What holds of files whatever the objects below them. */
export function filePortSuite({ name, begin }: SuiteOptions): void {
  it(`${name}: writes, grows, and reads to the end of the file only`, async () => {
    const files = new FileStore({ objects: (await begin()).objects, epoch: 1 });
    await files.apply(op(1), 'f', { type: 'create' });
    const before = (await files.attributes('f'))!;
    const { changeBefore, attributes } = await files.write('f', [{ offset: 3, bytes: text('abc') }], 'UNSTABLE');
    expect(changeBefore).toBe(before.change);
    expect(attributes).toMatchObject({ sizeBytes: 6 });
    expect(attributes.change).toBeGreaterThan(changeBefore);
    expect(await readAll(files, 'f')).toBe('\0\0\0abc');
    await files.write('f', [{ offset: 4, bytes: text('X') }], 'FILE_SYNC');
    expect(await readAll(files, 'f')).toBe('\0\0\0aXc');
  });

  it(`${name}: keeps what was committed, with its size, over a new life of the store`, async () => {
    const { objects, loseMemory } = await begin();
    const first = new FileStore({ objects, epoch: 1 });
    await first.apply(op(1), 'f', { type: 'create' });
    const written = await first.write('f', [{ offset: 0, bytes: text('stable') }], 'UNSTABLE');
    const committed = await first.commit('f');
    expect(committed.verifier).toBe(written.verifier);
    await first.write('f', [{ offset: 6, bytes: text(' and not') }], 'UNSTABLE');
    await loseMemory?.();
    const second = new FileStore({ objects, epoch: 2 });
    expect(await second.attributes('f')).toMatchObject({ sizeBytes: 6 });
    expect(await readAll(second, 'f')).toBe('stable');
    // Nobody may take what was written under the first life for committed.
    expect((await second.commit('f')).verifier).not.toBe(written.verifier);
    const { attributes } = await second.write('f', [{ offset: 0, bytes: text('S') }], 'FILE_SYNC');
    expect(attributes.change).toBeGreaterThan(committed.attributes.change + 1);
  });

  it(`${name}: carries an operation out once, and answers its replay as before, also in a new life`, async () => {
    const { objects } = await begin();
    const first = new FileStore({ objects, epoch: 1 });
    const made = await first.apply(op(1), 'f', { type: 'create' });
    expect(await first.apply(op(1), 'f', { type: 'create' })).toEqual(made);
    expect(await first.apply(op(2), 'f', { type: 'create' })).toEqual({ status: 'exists' });
    const grown = await first.apply(op(3), 'f', { type: 'resize', sizeBytes: 10 });
    await first.write('f', [{ offset: 0, bytes: text('0123456789abc') }], 'FILE_SYNC');
    const second = new FileStore({ objects, epoch: 2 });
    expect(await second.apply(op(3), 'f', { type: 'resize', sizeBytes: 10 })).toEqual(grown);
    expect(await readAll(second, 'f')).toBe('0123456789abc');
    expect(await second.apply(op(2), 'f', { type: 'resize', sizeBytes: 0 })).toEqual({ status: 'superseded' });
    expect(await second.apply(op(1, 'other'), 'f', { type: 'resize', sizeBytes: 2 })).toMatchObject({ status: 'ok' });
    expect(await readAll(second, 'f')).toBe('01');
  });

  it(`${name}: what was cut off stays zeros when the file grows again`, async () => {
    const files = new FileStore({ objects: (await begin()).objects, epoch: 1 });
    await files.apply(op(1), 'f', { type: 'create' });
    await files.write('f', [{ offset: 0, bytes: new Uint8Array(20_000).fill(7) }], 'UNSTABLE');
    await files.apply(op(2), 'f', { type: 'resize', sizeBytes: 5000 });
    await files.apply(op(3), 'f', { type: 'layout-commit', endBytes: 20_000 });
    const into = new Uint8Array(20_000);
    expect(await files.read('f', 0, into)).toBe(20_000);
    expect(into.subarray(0, 5000).every((byte) => byte === 7)).toBe(true);
    expect(into.subarray(5000).every((byte) => byte === 0)).toBe(true);
  });

  it(`${name}: knows no file before it was created and after it was removed`, async () => {
    const files = new FileStore({ objects: (await begin()).objects, epoch: 1 });
    expect(await files.attributes('f')).toBeUndefined();
    await expect(files.read('f', 0, new Uint8Array(1))).rejects.toMatchObject({ code: 'HF_NO_FILE' });
    expect(await files.apply(op(1), 'f', { type: 'resize', sizeBytes: 1 })).toEqual({ status: 'absent' });
    await files.apply(op(2), 'f', { type: 'create' });
    expect(await files.apply(op(3), 'f', { type: 'remove' })).toEqual({ status: 'removed' });
    expect(await files.apply(op(3), 'f', { type: 'remove' })).toEqual({ status: 'removed' });
    await expect(files.commit('f')).rejects.toMatchObject({ code: 'HF_NO_FILE' });
  });

  it(`${name}: keeps the last of many writes to one block`, async () => {
    const files = new FileStore({ objects: (await begin()).objects, epoch: 1 });
    await files.apply(op(1), 'f', { type: 'create' });
    const writes = Array.from({ length: 20 }, (_, nth) =>
      files.write('f', [{ offset: nth, bytes: text(`${nth % 10}!`) }], 'UNSTABLE'),
    );
    await Promise.all(writes);
    await files.commit('f');
    expect(await readAll(files, 'f')).toBe('01234567890123456789!');
  });
}
