import type { ObjectStore, StoredObject } from '../../src/demo/object-store.ts';

/** Keeps objects in memory: for tests of what surrounds a store. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Buffer>();
  degraded = false;
  /** Called with each chunk as it arrives; may throw or wait. */
  onChunk: (key: string) => Promise<void> | void = () => {};

  async put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredObject> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) {
      await this.onChunk(key);
      chunks.push(chunk);
    }
    const whole = Buffer.concat(chunks);
    this.objects.set(key, whole);
    return { bytes: whole.length, degraded: this.degraded };
  }

  async *get(key: string): AsyncGenerator<Uint8Array, void, undefined> {
    const whole = this.objects.get(key);
    if (whole === undefined) throw new Error(`${key} is not here`);
    yield whole;
  }
}
