import type { FileId } from '../file-port.ts';
import { conflicting, without, withRange } from '../kernel/lock-ranges.ts';
import { endOfFile, type LockedRange } from '../kernel/state-types.ts';
import type { ClientDesk, HeldLayout, LockWanted } from './client-desk.ts';

interface Locks {
  readonly client: string;
  readonly owner: string;
  ranges: readonly LockedRange[];
}

/**
 * The state of clients in the memory of one server: it ends with that server, and every client then begins anew. A lease
 * lasts as long as the client listens.
 */
export class MemoryDesk implements ClientDesk {
  readonly #leases = new Map<string, number>();
  readonly #layouts = new Map<FileId, Map<string, number>>();
  readonly #locks = new Map<FileId, Locks[]>();
  /** Leases and layouts of this desk have higher numbers, those of every desk before have lower ones. */
  readonly floor: number;
  #last: number;

  /** @param epoch higher than that of every desk before. */
  constructor(epoch: number) {
    this.floor = epoch * 2 ** 32;
    this.#last = this.floor;
  }

  async begin(client: string): Promise<number> {
    const lease = ++this.#last;
    this.#leases.set(client, lease);
    return lease;
  }

  isCurrent(client: string, lease: number): boolean {
    return this.#leases.get(client) === lease;
  }

  async end(client: string): Promise<readonly { readonly file: FileId; readonly layout: number }[]> {
    this.#leases.delete(client);
    for (const [file, locks] of this.#locks)
      this.#setLocks(
        file,
        locks.filter((each) => each.client !== client),
      );
    const held: { file: FileId; layout: number }[] = [];
    for (const [file, clients] of this.#layouts) {
      const layout = clients.get(client);
      if (layout === undefined) continue;
      held.push({ file, layout });
      this.#drop(client, file);
    }
    return held;
  }

  async grantLayout(client: string, file: FileId): Promise<number> {
    const clients = this.#layouts.get(file) ?? new Map<string, number>();
    const layout = ++this.#last;
    this.#layouts.set(file, clients.set(client, layout));
    return layout;
  }

  holdsLayout(client: string, file: FileId): boolean {
    return this.#layouts.get(file)?.has(client) ?? false;
  }

  async returnLayout(client: string, file: FileId, layout: number): Promise<boolean> {
    if (this.#layouts.get(file)?.get(client) !== layout) return false;
    this.#drop(client, file);
    return true;
  }

  layoutsOf(file: FileId): readonly HeldLayout[] {
    return [...(this.#layouts.get(file) ?? [])].map(([client, layout]) => ({ client, layout }));
  }

  async lock({ client, owner, file, type, offset, bytes }: LockWanted): Promise<boolean> {
    const range = { ...rangeOf(offset, bytes), type };
    const locks = this.#locks.get(file) ?? [];
    const isMine = (each: Locks): boolean => each.client === client && each.owner === owner;
    if (locks.some((each) => !isMine(each) && conflicting(each.ranges, range) !== undefined)) return false;
    const mine = locks.find(isMine);
    if (mine === undefined) this.#locks.set(file, [...locks, { client, owner, ranges: [range] }]);
    else mine.ranges = withRange(mine.ranges, range, type);
    return true;
  }

  async unlock({ client, owner, file, offset, bytes }: LockWanted): Promise<void> {
    const locks = this.#locks.get(file) ?? [];
    for (const each of locks) {
      if (each.client === client && each.owner === owner) each.ranges = without(each.ranges, rangeOf(offset, bytes));
    }
    this.#setLocks(
      file,
      locks.filter(({ ranges }) => ranges.length > 0),
    );
  }

  #setLocks(file: FileId, locks: Locks[]): void {
    if (locks.length === 0) this.#locks.delete(file);
    else this.#locks.set(file, locks);
  }

  #drop(client: string, file: FileId): void {
    const clients = this.#layouts.get(file);
    clients?.delete(client);
    if (clients?.size === 0) this.#layouts.delete(file);
  }
}

const rangeOf = (offset: number, bytes: number): { start: bigint; end: bigint } => ({
  start: BigInt(offset),
  end: bytes === 0 ? endOfFile : BigInt(offset + bytes),
});
