import type {
  DriverName,
  InterconnectLink,
  LinkCounters,
  LinkDownReason,
  RecordReceiver,
} from '../../src/interconnect/types.ts';

/** What goes wrong on a link, as chances from 0 to 1 and as switches. */
export interface LinkFaults {
  drop: number;
  duplicate: number;
  /** The record is sent after the next one. */
  reorder: number;
  /** Everything is taken and nothing arrives, until it is switched off: then all of it does. */
  stall: boolean;
  /** Everything is taken and nothing ever arrives, while the other direction works. */
  halfOpen: boolean;
}

export const noFaults = (): LinkFaults => ({ drop: 0, duplicate: 0, reorder: 0, stall: false, halfOpen: false });

/** How often each fault struck. */
export interface FaultCounts {
  drop: number;
  duplicate: number;
  reorder: number;
  stall: number;
  halfOpen: number;
  kill: number;
}

/** A link that breaks its promises on the way out, by chance or on command. What it does on the way in is real. */
export class FaultLink implements InterconnectLink {
  readonly counts: FaultCounts = { drop: 0, duplicate: 0, reorder: 0, stall: 0, halfOpen: 0, kill: 0 };
  readonly #link: InterconnectLink;
  readonly #faults: LinkFaults;
  readonly #random: () => number;
  #held: Uint8Array[] = [];

  constructor(link: InterconnectLink, faults: LinkFaults, random: () => number) {
    this.#link = link;
    this.#faults = faults;
    this.#random = random;
  }

  get driver(): DriverName {
    return this.#link.driver;
  }

  get up(): boolean {
    return this.#link.up;
  }

  get counters(): Readonly<LinkCounters> {
    return this.#link.counters;
  }

  offer(bytes: Uint8Array, words: Int32Array, start: number, end: number): boolean {
    const { drop, duplicate, reorder, stall, halfOpen } = this.#faults;
    if (!this.#link.up || !this.#link.writable()) return this.#link.offer(bytes, words, start, end);
    if (halfOpen) return this.#count('halfOpen');
    if (stall) {
      this.#held.push(bytes.slice(start, end));
      return this.#count('stall');
    }
    if (this.#chance(drop)) return this.#count('drop');
    if (this.#chance(reorder)) {
      this.#held.push(bytes.slice(start, end));
      return this.#count('reorder');
    }
    const taken = this.#link.offer(bytes, words, start, end);
    if (taken && this.#chance(duplicate)) {
      this.#count('duplicate');
      this.#link.offer(bytes, words, start, end);
    }
    this.#release();
    return taken;
  }

  /** Switch off stalling and send what was held. */
  resume(): void {
    this.#faults.stall = false;
    this.#release();
    this.#link.publish();
  }

  kill(): void {
    this.counts.kill++;
    this.fail('killed');
  }

  writable(): boolean {
    return this.#link.writable();
  }

  publish(): void {
    this.#link.publish();
  }

  drain(recordsMax: number, receive: RecordReceiver): number {
    return this.#link.drain(recordsMax, receive);
  }

  wait(ms: number): boolean {
    return this.#link.wait(ms);
  }

  fail(reason: LinkDownReason): void {
    this.#held = [];
    this.#link.fail(reason);
  }

  renew(): void {
    this.#held = [];
    this.#link.renew();
  }

  poll(): void {
    this.#link.poll();
  }

  onPost(message: unknown): void {
    this.#link.onPost(message);
  }

  close(): void {
    this.#link.close();
  }

  #release(): void {
    if (this.#faults.stall) return;
    for (const record of this.#held.splice(0)) {
      this.#link.offer(record, new Int32Array(record.buffer), 0, record.length);
    }
  }

  #chance(of: number): boolean {
    return of > 0 && this.#random() < of;
  }

  #count(fault: keyof FaultCounts): true {
    this.counts[fault]++;
    return true;
  }
}
