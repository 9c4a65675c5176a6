import { workerData } from 'node:worker_threads';
import { Ring, RingWriter } from '../../src/interconnect/ring.ts';
import { RingLink } from '../../src/interconnect/ring-link.ts';
import type { RingEnds } from '../../src/interconnect/wires.ts';
import { Arena } from '../../src/memory/arena.ts';

export interface ProducerSetup {
  readonly memory: WebAssembly.Memory;
  readonly ends: RingEnds;
  /** See {@link producerWords}. */
  readonly control: SharedArrayBuffer;
}

/** Words by which a test steers the producer, and sees where it is. */
export const producerWords = {
  /** Set by the test: end. */
  stop: 0,
  /** Set by the test: freeze in the middle of the next record, until it is cleared and notified. */
  freeze: 1,
  /** Set by the producer while it is frozen. */
  frozen: 2,
  /** Times the link came up again. */
  lives: 3,
} as const;

/** Byte `index` of record `number` of life `life`. */
export function patternByte(life: number, number: number, index: number): number {
  return (life * 89 + number * 31 + index * 7) & 0xff;
}

/** Stops half-way through a payload when it is told to. */
class FreezingWriter extends RingWriter {
  readonly #control: Int32Array;

  constructor(ring: Ring, control: Int32Array) {
    super(ring);
    this.#control = control;
  }

  protected override copyIn(bytes: Uint8Array, words: Int32Array, start: number, end: number, at: number): void {
    const middle = start + (((end - start) >> 4) << 3);
    super.copyIn(bytes, words, start, middle, at);
    if (Atomics.load(this.#control, producerWords.freeze) === 1) {
      Atomics.store(this.#control, producerWords.frozen, 1);
      Atomics.notify(this.#control, producerWords.frozen);
      Atomics.wait(this.#control, producerWords.freeze, 1);
      Atomics.store(this.#control, producerWords.frozen, 0);
    }
    super.copyIn(bytes, words, middle, end, at + middle - start);
  }
}

function produce(setup: ProducerSetup): void {
  const arena = Arena.open(setup.memory);
  const control = new Int32Array(setup.control);
  const state = { down: false };
  const link = new RingLink(
    arena,
    setup.ends,
    { sendCut: () => false, receiveCut: () => false, signal: () => {}, wait: () => false, post: () => {} },
    {
      onDown: () => {
        state.down = true;
      },
      onUp: () => {
        state.down = false;
        number = 0;
        life = Atomics.add(control, producerWords.lives, 1) + 1;
      },
    },
    new FreezingWriter(new Ring(arena, setup.ends.out), control),
  );
  let life = 0;
  let number = 0;
  const bytes = new Uint8Array(2048);
  const words = new Int32Array(bytes.buffer);
  while (Atomics.load(control, producerWords.stop) === 0) {
    if (state.down) link.renew();
    link.poll();
    for (let batch = 0; batch < 8; batch++) {
      const length = 16 + ((number * 40) % 2000);
      const end = (length + 7) & ~7;
      words[0] = life;
      words[1] = number;
      for (let index = 8; index < end; index++) bytes[index] = patternByte(life, number, index);
      if (!link.offer(bytes, words, 0, end)) break;
      number++;
    }
    link.publish();
  }
}

if (workerData !== null) produce(workerData as ProducerSetup);
