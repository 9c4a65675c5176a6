import type { Arena } from '../memory/arena.ts';
import { Ring, RingReader, RingWriter } from './ring.ts';
import type {
  InterconnectLink,
  LinkCounters,
  LinkDownReason,
  LinkOwner,
  LinkSurroundings,
  RecordReceiver,
} from './types.ts';
import type { RingEnds } from './wires.ts';

/**
 * A link over two rings in shared memory, one each way.
 *
 * Going down means that a new generation is wanted on both rings. Each end stops at the first look it takes at that
 * word; a writer says so by writing the generation it goes on in, and only then does the reader move there, from
 * wherever the writer stopped. Hence a writer that was frozen in the middle of a record holds up the renewal, but can
 * never write into memory that somebody else uses.
 */
export class RingLink implements InterconnectLink {
  readonly driver = 'ring';
  readonly counters: LinkCounters = newCounters();
  readonly #around: LinkSurroundings;
  readonly #owner: LinkOwner;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  #up: boolean;
  #renewing = false;
  #closed = false;

  constructor(arena: Arena, ends: RingEnds, around: LinkSurroundings, owner: LinkOwner, writer?: RingWriter) {
    this.#around = around;
    this.#owner = owner;
    this.#writer = writer ?? new RingWriter(new Ring(arena, ends.out));
    this.#reader = new RingReader(new Ring(arena, ends.in));
    this.#up = this.#writer.current && this.#reader.current;
  }

  get up(): boolean {
    return this.#up;
  }

  offer(bytes: Uint8Array, words: Int32Array, start: number, end: number): boolean {
    if (!this.#up || this.#around.sendCut() || !this.#writer.write(bytes, words, start, end)) {
      this.counters.refused++;
      return false;
    }
    this.counters.recordsSent++;
    this.counters.bytesSent += end - start;
    return true;
  }

  writable(): boolean {
    return this.#up && !this.#around.sendCut() && this.#writer.writable();
  }

  publish(): void {
    if (!this.#up || !this.#writer.pending) return;
    this.#writer.publish();
    this.#around.signal();
  }

  drain(recordsMax: number, receive: RecordReceiver): number {
    this.#notice();
    if (!this.#up || this.#around.receiveCut()) return 0;
    const reader = this.#reader;
    const { bytes, words } = reader.ring;
    let records = 0;
    try {
      while (records < recordsMax && this.#up) {
        const found = reader.next();
        if (found === 'empty') break;
        if (found === 'corrupt') {
          this.fail('corrupt');
          break;
        }
        records++;
        this.counters.bytesReceived += reader.end - reader.start;
        receive(bytes, words, reader.start, reader.end);
      }
    } finally {
      this.counters.recordsReceived += records;
      if (records > 0 && this.#up && reader.release()) this.#around.signal();
    }
    return records;
  }

  wait(ms: number): boolean {
    return this.#around.wait(ms);
  }

  fail(reason: LinkDownReason): void {
    if (!this.#up) return;
    // Where the other end was first, its generation stands: replacing it again would take the link down twice.
    for (const end of [this.#writer, this.#reader]) if (end.current) end.ring.replace();
    this.#around.signal();
    this.#down(reason);
  }

  renew(): void {
    if (this.#up || this.#closed) return;
    this.#renewing = true;
    this.poll();
  }

  poll(): void {
    this.#notice();
    if (this.#renewing) {
      const moved = this.#writer.follow();
      if (this.#reader.follow() || moved) this.#around.signal();
      if (!this.#writer.current || !this.#reader.current) return;
      this.#renewing = false;
      this.#up = true;
      this.#owner.onUp();
    }
  }

  onPost(): void {
    // Rings need no hand-over: both ends look at the same words.
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#up) return;
    this.publish();
    if (this.#reader.current) this.#reader.ring.replace();
    this.#around.signal();
    this.#down('closed');
  }

  /** See whether the other end took the link down. */
  #notice(): void {
    if (!this.#up) return;
    // A peer that closed in order left its last records to be read; one that failed the link replaced both rings.
    const over = !this.#reader.current || (!this.#writer.current && !this.#reader.readable);
    if (over) this.#down('peer');
  }

  #down(reason: LinkDownReason): void {
    this.#up = false;
    this.counters.downs++;
    this.#owner.onDown(reason);
  }
}

export function newCounters(): LinkCounters {
  return { recordsSent: 0, bytesSent: 0, recordsReceived: 0, bytesReceived: 0, refused: 0, downs: 0 };
}
