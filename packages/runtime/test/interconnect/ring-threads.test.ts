import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { RingLink } from '../../src/interconnect/ring-link.ts';
import { RingSpace } from '../../src/interconnect/ring-space.ts';
import type { LinkDownReason } from '../../src/interconnect/types.ts';
import type { RingEnds } from '../../src/interconnect/wires.ts';
import { Arena } from '../../src/memory/arena.ts';
import { type ProducerSetup, patternByte, producerWords } from './ring-producer-worker.ts';

/** A real thread that produces as fast as it can, and this thread's end of the ring between them. */
class Race {
  readonly arena = Arena.create(8 * 1024 * 1024);
  readonly control = new Int32Array(new SharedArrayBuffer(64));
  readonly worker: Worker;
  readonly link: RingLink;
  readonly ends: RingEnds;
  readonly downs: LinkDownReason[] = [];
  ups = 0;
  /** Records received: all of them, and in the present life. */
  records = 0;
  #life = -1;
  #number = 0;
  failure = '';

  constructor() {
    const pair = new RingSpace(this.arena, { ringBytes: 64 * 1024 }).take();
    if (pair === undefined) throw new Error('no ring memory');
    this.ends = { out: pair.second, in: pair.first };
    this.link = new RingLink(
      this.arena,
      this.ends,
      { sendCut: () => false, receiveCut: () => false, signal: () => {}, wait: () => false, post: () => {} },
      { onDown: (reason) => this.downs.push(reason), onUp: () => this.ups++ },
    );
    const workerData: ProducerSetup = {
      memory: this.arena.memory,
      ends: { out: pair.first, in: pair.second },
      control: this.control.buffer as SharedArrayBuffer,
    };
    this.worker = new Worker(new URL('./ring-producer-worker.ts', import.meta.url), { workerData });
    this.worker.once('error', (error) => {
      this.failure = String(error);
    });
  }

  /** Drain until `done`, checking every byte; renews the link whenever it is down. */
  async run(done: () => boolean): Promise<void> {
    const endMs = performance.now() + 60_000;
    while (!done() && this.failure === '') {
      if (performance.now() > endMs) throw new Error('the producer did not get there in 60 s');
      if (!this.link.up) this.link.renew();
      this.link.poll();
      if (this.link.drain(256, (bytes, words, start, end) => this.#check(bytes, words, start, end)) === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect(this.failure).toBe('');
  }

  async stop(): Promise<void> {
    Atomics.store(this.control, producerWords.stop, 1);
    Atomics.store(this.control, producerWords.freeze, 0);
    Atomics.notify(this.control, producerWords.freeze);
    await this.worker.terminate();
  }

  #check(bytes: Uint8Array, words: Int32Array, start: number, end: number): void {
    this.records++;
    const life = words[start >> 2] as number;
    const number = words[(start >> 2) + 1] as number;
    // Within a life nothing is missing, doubled or out of order; a new life starts from the beginning.
    if (life > this.#life && number === 0) this.#life = life;
    else if (life !== this.#life || number !== this.#number + 1) {
      this.failure ||= `record ${life}/${number} came after ${this.#life}/${this.#number}`;
    }
    this.#number = number;
    for (let index = 8; index < end - start; index++) {
      if (bytes[start + index] === patternByte(life, number, index)) continue;
      this.failure ||= `byte ${index} of record ${life}/${number} is torn`;
      return;
    }
  }
}

describe('a ring between real threads', () => {
  let race: Race;
  afterEach(() => race.stop());

  it('carries every record whole and in order', async () => {
    race = new Race();
    await race.run(() => race.records >= 20_000);
    expect(race.downs).toEqual([]);
  });

  it('is replaced under a live producer again and again without a torn or stale record', async () => {
    const seed = randomInt(2 ** 31);
    let random = seed;
    race = new Race();
    for (let round = 1; round <= 100; round++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const goal = race.records + 1 + (random >>> 24);
      await race.run(() => race.records >= goal);
      race.link.fail('killed');
      await race.run(() => race.ups === round);
    }
    expect(race.failure, `seed ${seed}`).toBe('');
    expect(race.downs.length).toBe(100);
    await race.run(() => Atomics.load(race.control, producerWords.lives) === 100);
  });

  it('stays down while a producer is frozen in the middle of a record, and takes nothing of that record later', async () => {
    race = new Race();
    for (let round = 1; round <= 20; round++) {
      const goal = race.records + 50;
      await race.run(() => race.records >= goal);
      Atomics.store(race.control, producerWords.freeze, 1);
      await race.run(() => Atomics.load(race.control, producerWords.frozen) === 1);
      race.link.fail('stalled');
      let turns = 0;
      await race.run(() => ++turns > 50);
      expect(race.link.up).toBe(false);
      expect(race.ups).toBe(round - 1);
      Atomics.store(race.control, producerWords.freeze, 0);
      Atomics.notify(race.control, producerWords.freeze);
      await race.run(() => race.ups === round);
    }
  });

  it('goes down as corrupt when a record cannot be right, on both sides, and comes back', async () => {
    race = new Race();
    await race.run(() => race.records >= 1000);
    Atomics.store(race.control, producerWords.freeze, 1);
    await race.run(() => Atomics.load(race.control, producerWords.frozen) === 1);
    // Everything published is drained: a tail moved by hand shows the half-written record to the reader.
    const { in: ring } = race.ends;
    Atomics.add(race.arena.words, ring.at >> 2, 64);
    await race.run(() => race.downs.length === 1);
    expect(race.downs).toEqual(['corrupt']);
    Atomics.store(race.control, producerWords.freeze, 0);
    Atomics.notify(race.control, producerWords.freeze);
    await race.run(() => race.ups === 1);
    const goal = race.records + 100;
    await race.run(() => race.records >= goal);
  });
});
