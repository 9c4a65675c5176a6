import { FileStore, type ObjectPort } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { filePortSuite } from '../support/file-port-suite.ts';
import { MemoryObjects } from '../support/memory-objects.ts';

filePortSuite({
  name: 'over memory',
  begin: async () => {
    const objects = new MemoryObjects();
    return { objects, loseMemory: async () => objects.restart() };
  },
});

const op = (sequence: number) => ({ owner: 'o', sequence });

/** Objects whose truncation fails once, as when its caller dies just before it. */
function dyingAtCut(objects: MemoryObjects): ObjectPort {
  const bound = Object.fromEntries(
    (['create', 'remove', 'read', 'write', 'sync', 'locate'] as const).map((name) => [
      name,
      objects[name].bind(objects),
    ]),
  ) as unknown as ObjectPort;
  return { ...bound, truncate: () => Promise.reject(new Error('died')) };
}

describe('a file store that dies', () => {
  it('between the record of a cut and the cut leaves it to the next, before anything else is served', async () => {
    const objects = new MemoryObjects();
    const first = new FileStore({ objects: dyingAtCut(objects), epoch: 1 });
    await first.apply(op(1), 'f', { type: 'create' });
    await first.write('f', [{ offset: 0, bytes: new Uint8Array(9000).fill(1) }], 'FILE_SYNC');
    await expect(first.apply(op(2), 'f', { type: 'resize', sizeBytes: 10 })).rejects.toThrow('died');
    const second = new FileStore({ objects, epoch: 2 });
    const [, , again] = await Promise.all([
      second.write('f', [{ offset: 8000, bytes: new Uint8Array(10).fill(2) }], 'UNSTABLE'),
      second.attributes('f'),
      second.apply(op(2), 'f', { type: 'resize', sizeBytes: 10 }),
    ]);
    expect(again).toMatchObject({ status: 'ok', attributes: { sizeBytes: 10 } });
    const into = new Uint8Array(8010);
    expect(await second.read('f', 0, into)).toBe(8010);
    expect([into[9], into[10], into[7999], into[8000]]).toEqual([1, 0, 0, 2]);
  });
});

describe('bad input', () => {
  it.each([
    ['', 'no name'],
    ['a/b', 'a slash'],
    ['A', 'a capital'],
    ['x'.repeat(65), 'too long'],
  ])('refuses %j as a file: %s', async (file) => {
    const files = new FileStore({ objects: new MemoryObjects(), epoch: 1 });
    await expect(files.apply(op(1), file, { type: 'create' })).rejects.toMatchObject({ code: 'HF_BAD_FILE' });
  });

  it.each([-1, 0.5, 2 ** 44 + 1, Number.NaN])('refuses %d as a size', async (sizeBytes) => {
    const files = new FileStore({ objects: new MemoryObjects(), epoch: 1 });
    const resizing = files.apply(op(1), 'f', { type: 'resize', sizeBytes });
    await expect(resizing).rejects.toMatchObject({ code: 'HF_BAD_FILE' });
  });

  it('refuses owners and sequences that cannot be kept', async () => {
    const files = new FileStore({ objects: new MemoryObjects(), epoch: 1 });
    for (const id of [
      { owner: '', sequence: 1 },
      { owner: 'x'.repeat(41), sequence: 1 },
      { owner: 'o', sequence: 0 },
    ])
      await expect(files.apply(id, 'f', { type: 'create' })).rejects.toMatchObject({ code: 'HF_BAD_FILE' });
  });
});
