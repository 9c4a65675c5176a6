import { meshMembersMax } from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import type { PeerWires } from './boot-data.ts';
import { sendWires } from './broker.ts';
import type { MemberRecord } from './member-record.ts';
import type { SupervisorParts } from './parts.ts';

/** Decides which pairs are wired when: all of a small cluster at once, a pair of a large one when it first talks. */
export class Wiring {
  readonly #parts: SupervisorParts;
  /** Who asked for wires to a member that is not up. */
  readonly #wanted = new Map<MemberSlot, Set<MemberRecord>>();

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** The wires of a new cluster, by member. `incarnations` holds everybody. */
  layMesh(incarnations: ReadonlyMap<MemberSlot, number>): ReadonlyMap<MemberSlot, readonly PeerWires[]> {
    const members = [...incarnations];
    const wires = new Map<MemberSlot, PeerWires[]>(members.map(([slot]) => [slot, []]));
    if (!this.#complete) return wires;
    for (const [index, [first, firstIncarnation]] of members.entries()) {
      for (const [second, secondIncarnation] of members.slice(index + 1)) {
        const laid = this.#parts.broker.lay(first, second);
        wires.get(first)?.push({ peer: second, incarnation: secondIncarnation, ends: laid.a });
        wires.get(second)?.push({ peer: first, incarnation: firstIncarnation, ends: laid.b });
      }
    }
    return wires;
  }

  /** A member that joins a running cluster is up: wire it with whom it should talk, or who asked for it. */
  joined(record: MemberRecord): void {
    const wanted = this.#wanted.get(record.slot) ?? [];
    this.#wanted.delete(record.slot);
    const peers = this.#complete ? this.#parts.roster.up() : [...wanted];
    for (const peer of peers) if (peer !== record) this.want(peer, record.slot);
  }

  /** `record` has something to say to `slot`. Is it not up, the wires follow when it is. */
  want(record: MemberRecord, slot: MemberSlot): void {
    const { roster, broker } = this.#parts;
    const peer = roster.get(slot);
    if (record.phase !== 'up' || !roster.current(record)) return;
    if (peer?.phase === 'up') {
      if (!broker.connected(record.slot, slot)) broker.connect(record, peer);
      return;
    }
    const waiting = this.#wanted.get(slot) ?? new Set();
    this.#wanted.set(slot, waiting.add(record));
  }

  get #complete(): boolean {
    return this.#parts.config.nodes + 1 <= meshMembersMax;
  }
}

/** Send a member its ends of several wires. */
export function sendAll(to: MemberRecord, wires: readonly PeerWires[]): void {
  for (const toPeer of wires) sendWires(to, toPeer);
}
