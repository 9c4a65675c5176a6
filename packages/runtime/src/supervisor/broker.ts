import { RingSpace } from '../interconnect/ring-space.ts';
import type { DriverName } from '../interconnect/types.ts';
import { makeWires, type WireEnds, wireTransfers } from '../interconnect/wires.ts';
import type { MemberSlot } from '../member.ts';
import type { Arena, Extent } from '../memory/arena.ts';
import type { PeerWires } from './boot-data.ts';
import type { MemberRecord } from './member-record.ts';

interface Pair {
  readonly slots: readonly [MemberSlot, MemberSlot];
  readonly rings: Extent | undefined;
  readonly readySides: Set<MemberSlot>;
  readonly ready: PromiseWithResolvers<void>;
}

/** Lays the wires between members and takes back their memory. It carries no traffic. */
export class Broker {
  readonly #rings: RingSpace;
  readonly #drivers: readonly DriverName[];
  readonly #pairs = new Map<string, Pair>();

  /** @param owner the tag of the cluster's block */
  constructor(arena: Arena, drivers: readonly DriverName[], owner: number) {
    this.#rings = new RingSpace(arena, { owner });
    this.#drivers = drivers;
  }

  get ringBytesUsed(): number {
    return this.#rings.usedBytes;
  }

  connected(a: MemberSlot, b: MemberSlot): boolean {
    return this.#pairs.has(pairKey(a, b));
  }

  /** Make the wires of two members that have none; the ends are theirs to be sent. */
  lay(a: MemberSlot, b: MemberSlot): { readonly a: WireEnds; readonly b: WireEnds } {
    const wires = makeWires(this.#rings, this.#drivers);
    const ready = Promise.withResolvers<void>();
    this.#pairs.set(pairKey(a, b), { slots: [a, b], rings: wires.rings, readySides: new Set(), ready });
    return wires;
  }

  /** Make the wires of two running members and send each its ends. */
  connect(a: MemberRecord, b: MemberRecord): void {
    const wires = this.lay(a.slot, b.slot);
    sendWires(a, { peer: b.slot, incarnation: b.incarnation, ends: wires.a });
    sendWires(b, { peer: a.slot, incarnation: a.incarnation, ends: wires.b });
  }

  /** `self` says that its session with `peer` is open. */
  sideReady(self: MemberSlot, peer: MemberSlot): void {
    const pair = this.#pairs.get(pairKey(self, peer));
    if (pair === undefined) return;
    pair.readySides.add(self);
    if (pair.readySides.size === 2) pair.ready.resolve();
  }

  /** Resolves when both sides of every pair laid so far have an open session. */
  async allReady(): Promise<void> {
    await Promise.all(Array.from(this.#pairs.values(), (pair) => pair.ready.promise));
  }

  /**
   * Forget the pairs of a member that ended. Their rings are used again, so the survivors must have let go of them.
   * The rings of a thread that would not end are left alone as long as it lives: it could still write.
   */
  release(slot: MemberSlot, end: 'ended' | 'stuck'): void {
    for (const [key, { slots, rings }] of this.#pairs) {
      if (!slots.includes(slot)) continue;
      this.#pairs.delete(key);
      if (rings === undefined) continue;
      if (end === 'ended') this.#rings.give(rings);
      else this.#rings.abandon(rings);
    }
  }
}

export function sendWires(to: MemberRecord, wires: PeerWires): void {
  to.control.post({ type: 'wires', ...wires }, wireTransfers(wires.ends));
}

function pairKey(a: MemberSlot, b: MemberSlot): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
