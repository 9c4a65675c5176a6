import type { Toughness } from '../kernel/iom-messages.ts';
import type { JournalId, MjEntry, Peer } from '../kernel/journal.ts';
import { raidRules } from '../kernel/raid-rules.ts';
import type { KeyLocks } from './key-locks.ts';
import { absentPeer } from './stand-ins.ts';

/** A write of a block in the place of the member that has it. */
export interface ProxyWrite {
  readonly gfid: number;
  readonly lblk: number;
  readonly group: number;
  readonly slot: number;
  /** Whose block it is. */
  readonly member: number;
  /** The update of the block that the difference was taken from. */
  readonly seq: number;
  readonly client: number;
  readonly request: number;
  readonly toughness: Toughness;
  /** A page of the caller with the difference. */
  readonly page: number;
  readonly generation: number;
}

/** How far an update got that was sent to the parity kernel: two promises, one for each answer of it. */
interface Sent {
  readonly gfid: number;
  readonly held: PromiseWithResolvers<void>;
  readonly hardened: PromiseWithResolvers<void>;
}

/** What the writes in the place of others need of their I/O manager. */
export interface ProxyHost {
  readonly member: number;
  readonly incarnation: number;
  readonly locks: KeyLocks;
  /** The update of a member of a row that is merged into its parity. */
  mergedSeq(gfid: number, group: number, slot: number): number;
  markStale(gfid: number, member: number): Promise<void>;
  /** Hand an update to the parity kernel, its delta in that page. */
  sendUpdate(from: Peer, mj: MjEntry, page: number, generation: number): void;
}

/**
 * Writes of blocks whose data IOM is not there, at the parity IOM of their group. The parity kernel sees them as updates
 * of the stand-in of that data IOM: the new parity is all there is of them, in one log, so that nothing can come apart.
 */
export class ProxyWrites {
  readonly #host: ProxyHost;
  readonly #sent = new Map<JournalId, Sent>();
  #nextEntry: JournalId;

  constructor(host: ProxyHost) {
    this.#host = host;
    this.#nextEntry = raidRules.firstEntry(host.incarnation);
  }

  /** One at a time for each block: a later one must take its difference from what the one before left. */
  write(write: ProxyWrite, mayBegin: () => boolean): Promise<'done' | 'changed' | 'claimed'> {
    const { gfid, lblk, group, slot, member, seq, client, request, page, generation, toughness } = write;
    return this.#host.locks.run(`${gfid}.${lblk}`, async () => {
      await this.#host.markStale(gfid, member);
      if (!mayBegin()) return 'claimed';
      if (this.#host.mergedSeq(gfid, group, slot) !== seq) return 'changed';
      const mj: MjEntry = {
        type: 'mj',
        mj: this.#nextEntry++,
        gfid,
        lblk,
        group,
        slot,
        newAddress: 0,
        oldAddress: 0,
        seq: seq + 1,
        checksum: 0,
        writeStart: 0,
        writeBytes: 0,
        client,
        request,
        parity: this.#host.member,
      };
      const sent: Sent = { gfid, held: Promise.withResolvers(), hardened: Promise.withResolvers() };
      for (const { promise } of [sent.held, sent.hardened]) promise.catch(() => undefined);
      this.#sent.set(mj.mj, sent);
      this.#host.sendUpdate(absentPeer(member), mj, page, generation);
      // The delta is in a page of ours, and the next write of the block sees it merged.
      await sent.held.promise;
      if (toughness === 2) await sent.hardened.promise;
      return 'done';
    });
  }

  /** Resolves when every write of the object that was begun is durable. */
  async quiet(gfid: number): Promise<void> {
    const open = [...this.#sent.values()].filter((sent) => sent.gfid === gfid);
    await Promise.all(open.map(({ hardened }) => hardened.promise));
  }

  /** What the parity kernel said of an update. */
  heard(type: 'delta_held' | 'parity_hardened', mj: JournalId): void {
    const sent = this.#sent.get(mj);
    if (sent === undefined) return;
    sent.held.resolve();
    if (type === 'delta_held') return;
    sent.hardened.resolve();
    this.#sent.delete(mj);
  }

  fail(error: Error): void {
    for (const { held, hardened } of this.#sent.values()) {
      held.reject(error);
      hardened.reject(error);
    }
    this.#sent.clear();
  }
}
