import type { Locks } from '@holdfast/nfs-state';

export const fileBytes = 32;

type LockType = 'read' | 'write';
type Held = LockType | undefined;

/**
 * What clients were told that they hold of one file, byte by byte. A right that is given up counts as gone from when its
 * client asks for it, one that is granted from when its client hears of it: in between anything may be so.
 */
export class HeldBytes {
  readonly #held = new Map<string, Held[]>();

  /** The client asks to weaken what it holds; what it held, for when it is refused. */
  weaken(client: string, from: number, to: number, type: Held): Held[] {
    const held = this.#of(client);
    const before = [...held];
    for (let byte = from; byte < to; byte++)
      held[byte] = type === 'read' && held[byte] !== undefined ? 'read' : type && held[byte];
    return before;
  }

  restore(client: string, before: Held[]): void {
    this.#held.set(client, before);
  }

  /** @throws Error when somebody else holds a byte that cannot be shared */
  grant(client: string, from: number, to: number, type: LockType): void {
    for (const [other, theirs] of this.#held) {
      if (other === client) continue;
      for (let byte = from; byte < to; byte++) {
        const isShared = theirs[byte] === undefined || (type === 'read' && theirs[byte] === 'read');
        if (!isShared)
          throw new Error(`${client} was granted byte ${byte} (${type}), which ${other} holds (${theirs[byte]})`);
      }
    }
    this.#of(client).fill(type, from, to);
  }

  /** What a head has of a client's locks is what the client was told. */
  differs(client: string, locks: Locks | undefined): string | undefined {
    const told = this.#of(client);
    const there: Held[] = new Array<Held>(fileBytes).fill(undefined);
    for (const { start, end, type } of locks?.ranges ?? []) there.fill(type, Number(start), Number(end));
    const byte = told.findIndex((each, at) => each !== there[at]);
    return byte === -1 ? undefined : `byte ${byte}: told ${told[byte]}, there ${there[byte]}`;
  }

  #of(client: string): Held[] {
    const held = this.#held.get(client) ?? new Array<Held>(fileBytes).fill(undefined);
    this.#held.set(client, held);
    return held;
  }
}
