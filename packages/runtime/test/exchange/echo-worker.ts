import { parentPort, workerData } from 'node:worker_threads';
import { createExchange } from '../../src/exchange/exchange.ts';
import { type LinkFactory, standardLinks } from '../../src/exchange/standard-links.ts';
import { Ring, RingWriter } from '../../src/interconnect/ring.ts';
import { RingLink } from '../../src/interconnect/ring-link.ts';
import type { DriverName } from '../../src/interconnect/types.ts';
import type { WireEnds } from '../../src/interconnect/wires.ts';
import { Arena, type Extent } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';

export interface EchoSetup {
  readonly memory: WebAssembly.Memory;
  readonly block: Extent;
  readonly wires: WireEnds;
  readonly loop: 'event' | 'blocking';
  /** See {@link echoWords}. */
  readonly control: SharedArrayBuffer;
}

/** Words by which a test steers the thread, and sees what it saw. */
export const echoWords = {
  /** Frames received in order so far. */
  received: 0,
  /** Frames received that were not the next one. */
  wrong: 1,
  /** Set by the test: kill this driver's link (1 ring, 2 port) at the next frame. */
  kill: 2,
  /** Set by the test: freeze in the middle of the next record written to the ring, until it is cleared and notified. */
  freeze: 3,
  /** Set while it is frozen. */
  frozen: 4,
  /** Set by the test: block the event loop for so many milliseconds at the next frame. */
  block: 5,
} as const;

/** Main's slot, and the ports of numbered frames there and back. */
export const echoPeer = 0;
export const countPort = 1;
export const echoPort = 2;

class FreezingWriter extends RingWriter {
  readonly #control: Int32Array;

  constructor(ring: Ring, control: Int32Array) {
    super(ring);
    this.#control = control;
  }

  protected override copyIn(bytes: Uint8Array, words: Int32Array, start: number, end: number, at: number): void {
    const middle = start + (((end - start) >> 4) << 3);
    super.copyIn(bytes, words, start, middle, at);
    if (Atomics.load(this.#control, echoWords.freeze) === 1) {
      Atomics.store(this.#control, echoWords.frozen, 1);
      Atomics.wait(this.#control, echoWords.freeze, 1);
      Atomics.store(this.#control, echoWords.frozen, 0);
    }
    super.copyIn(bytes, words, middle, end, at + middle - start);
  }
}

async function echo(setup: EchoSetup): Promise<void> {
  const control = new Int32Array(setup.control);
  const makeLink: LinkFactory = (driver, wires, arena, maker, around, owner) =>
    driver === 'ring' && wires.ring !== undefined
      ? new RingLink(arena, wires.ring, around, owner, new FreezingWriter(new Ring(arena, wires.ring.out), control))
      : standardLinks(driver, wires, arena, maker, around, owner);
  const block = ClusterBlock.open(Arena.open(setup.memory), setup.block);
  const exchange = createExchange({ block, self: 1, incarnation: 1, loop: setup.loop }, makeLink);
  // Frames that found no room wait here; the test never has more than a window of them under way.
  const waiting: number[] = [];
  const answer = (): void => {
    for (let number = waiting[0]; number !== undefined; number = waiting[0]) {
      const space = exchange.begin(echoPeer, 2, echoPort, 8);
      if (space === undefined) return;
      space.view.setUint32(space.start, number);
      exchange.commit(8);
      waiting.shift();
    }
  };
  exchange.listen({ onWritable: answer });
  exchange.consume(countPort, (_from, bytes, start) => {
    const number = new DataView(bytes.buffer).getUint32(bytes.byteOffset + start);
    const kill = Atomics.exchange(control, echoWords.kill, 0);
    if (kill !== 0) exchange.killLink(echoPeer, (['ring', 'port'] as const)[kill - 1] as DriverName);
    const blockMs = Atomics.exchange(control, echoWords.block, 0);
    if (blockMs !== 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
    if (number !== Atomics.load(control, echoWords.received)) Atomics.add(control, echoWords.wrong, 1);
    Atomics.add(control, echoWords.received, 1);
    if (number % 64 === 0) {
      waiting.push(number);
      answer();
    }
  });
  exchange.attachWires(echoPeer, 1, setup.wires);
  await exchange.connect(echoPeer);
  parentPort?.postMessage('ready');
}

if (workerData !== null) await echo(workerData as EchoSetup);
