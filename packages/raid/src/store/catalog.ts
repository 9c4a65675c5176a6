import type { ObjectRecord, RawKey } from './log-record.ts';

/** A place in the order of {@link Catalog.page}. */
export interface CatalogCursor {
  readonly key: RawKey;
  readonly gfid: number;
}

/** The object metadata one drive keeps. Several versions of a key may be here while one replaces another. */
export class Catalog {
  readonly #byId = new Map<number, ObjectRecord>();
  readonly #byKey = new Map<RawKey, readonly ObjectRecord[]>();
  /** Sorted by key, then id; made when asked for and thrown away by every change. */
  #sorted: readonly ObjectRecord[] | undefined;

  get size(): number {
    return this.#byId.size;
  }

  values(): Iterable<ObjectRecord> {
    return this.#byId.values();
  }

  get(gfid: number): ObjectRecord | undefined {
    return this.#byId.get(gfid);
  }

  /** All versions of a key that are here, in no order. */
  versions(key: RawKey): readonly ObjectRecord[] {
    return this.#byKey.get(key) ?? [];
  }

  put(record: ObjectRecord): void {
    this.delete(record.gfid);
    this.#byId.set(record.gfid, record);
    this.#byKey.set(record.key, [...this.versions(record.key), record]);
    this.#sorted = undefined;
  }

  delete(gfid: number): void {
    const record = this.#byId.get(gfid);
    if (record === undefined) return;
    this.#byId.delete(gfid);
    const others = this.versions(record.key).filter((version) => version.gfid !== gfid);
    if (others.length === 0) this.#byKey.delete(record.key);
    else this.#byKey.set(record.key, others);
    this.#sorted = undefined;
  }

  /** Up to `limit` records behind `after`, by key and id, of keys that start with `prefix`. */
  page(prefix: RawKey, after: CatalogCursor | undefined, limit: number): readonly ObjectRecord[] {
    this.#sorted ??= [...this.#byId.values()].sort(compareRecords);
    const sorted = this.#sorted;
    const start = after === undefined ? { key: prefix, gfid: -1 } : after;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareRecords(sorted[middle]!, start) <= 0) low = middle + 1;
      else high = middle;
    }
    const page = sorted.slice(low, low + limit);
    const outside = page.findIndex((record) => !record.key.startsWith(prefix));
    return outside < 0 ? page : page.slice(0, outside);
  }
}

/** By key in byte order, then by id. */
export function compareRecords(a: CatalogCursor, b: CatalogCursor): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.gfid - b.gfid;
}
