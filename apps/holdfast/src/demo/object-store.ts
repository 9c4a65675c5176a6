/** What the demo needs of an array: `RaidArray` of @holdfast/raid has this shape. */
export interface ObjectStore {
  put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredObject>;
  /** Each chunk is good until the next is asked for. */
  get(key: string): AsyncIterable<Uint8Array>;
}

export interface StoredObject {
  readonly bytes: number;
  /** Some block of the object could not be written where it belongs: it is safe, but has lost its redundancy. */
  readonly degraded: boolean;
}
