/**
 * The rules of shares and locks a second time, as plainly as can be and by other means: opens are a list, and locked is
 * every single byte of a small file. What the kernel does is held against it.
 */

export interface PlainOpen {
  readonly who: string;
  readonly file: string;
  access: number;
  deny: number;
  pairs: [number, number][];
}

/** Bytes a plain file has; whatever reaches to its end reaches further. */
export const plainBytes = 10;

export class PlainRules {
  readonly opens: PlainOpen[] = [];
  /** By file, byte and owner. */
  readonly #bytes = new Map<string, Map<string, 'read' | 'write'>[]>();

  open(who: string, file: string, access: number, deny: number): 'OK' | 'SHARE_DENIED' {
    for (const other of this.opens) {
      if (other.file !== file || other.who === who) continue;
      for (const mode of [1, 2]) {
        const clashes =
          ((access & mode) > 0 && (other.deny & mode) > 0) || ((deny & mode) > 0 && (other.access & mode) > 0);
        if (clashes) return 'SHARE_DENIED';
      }
    }
    const own = this.find(who, file);
    if (own === undefined) {
      this.opens.push({ who, file, access, deny, pairs: [[access, deny]] });
    } else {
      own.access |= access;
      own.deny |= deny;
      own.pairs.push([access, deny]);
    }
    return 'OK';
  }

  find(who: string, file: string): PlainOpen | undefined {
    return this.opens.find((open) => open.who === who && open.file === file);
  }

  /** Every union of opened pairs is tried. */
  downgrade(open: PlainOpen, access: number, deny: number): 'OK' | 'INVAL' {
    const unions = Array.from({ length: 2 ** open.pairs.length - 1 }, (_, chosen) => {
      const pairs = open.pairs.filter((_pair, at) => (((chosen + 1) >>> at) & 1) === 1);
      return pairs.reduce(([a, d], [b, e]) => [a | b, d | e], [0, 0]);
    });
    if (!unions.some(([a, d]) => a === access && d === deny)) return 'INVAL';
    open.access = access;
    open.deny = deny;
    open.pairs = open.pairs.filter(([a, d]) => (a & ~access) === 0 && (d & ~deny) === 0);
    return 'OK';
  }

  close(open: PlainOpen, lockers: readonly string[]): void {
    this.opens.splice(this.opens.indexOf(open), 1);
    for (const byte of this.bytesOf(open.file)) for (const locker of lockers) byte.delete(locker);
  }

  bytesOf(file: string): Map<string, 'read' | 'write'>[] {
    let bytes = this.#bytes.get(file);
    if (bytes === undefined) {
      bytes = Array.from({ length: plainBytes }, () => new Map());
      this.#bytes.set(file, bytes);
    }
    return bytes;
  }

  isDenied(locker: string, file: string, start: number, end: number, type: 'read' | 'write'): boolean {
    const wanted = this.bytesOf(file).slice(start, end);
    return wanted.some((byte) =>
      [...byte].some(([who, held]) => who !== locker && (held === 'write' || type === 'write')),
    );
  }

  lock(locker: string, file: string, start: number, end: number, type: 'read' | 'write' | undefined): void {
    for (const byte of this.bytesOf(file).slice(start, end)) {
      if (type === undefined) byte.delete(locker);
      else byte.set(locker, type);
    }
  }
}
