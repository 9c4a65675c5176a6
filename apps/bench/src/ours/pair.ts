import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mainSlot } from '@holdfast/runtime';
import {
  Arena,
  ClusterBlock,
  createExchange,
  type Extent,
  type LinkFactory,
  type MemberExchange,
  makeWires,
  RingSpace,
  standardLinks,
  type WireEnds,
  wireTransfers,
} from '@holdfast/runtime/internals';
import { sibling } from '../peers/sibling.ts';

export const receiverSlot = 0;
export const meterPort = 100;
/** A metered frame is its number: 1, 2, 3, ... */
export const meteredFrameBytes = 8;

/** Words of the meter, written by the receiver: what arrived, and what was wrong with it. */
export const meter = {
  frames: 0,
  lost: 1,
  duplicated: 2,
  reordered: 3,
  gapMicroseconds: 4,
  restart: 5,
  words: 6,
} as const;

export interface PairOrder {
  readonly memory: WebAssembly.Memory;
  readonly block: Extent;
  readonly wires: WireEnds;
  readonly meter: SharedArrayBuffer;
}

/** This thread and a worker, with a session over a ring and a port between them and nothing else around it. */
export interface Pair {
  readonly exchange: MemberExchange;
  readonly meter: Int32Array;
  close(): Promise<void>;
}

export async function openPair(makeLink: LinkFactory = standardLinks): Promise<Pair> {
  const arena = Arena.process();
  const block = ClusterBlock.create(arena);
  const wires = makeWires(new RingSpace(arena));
  const shared = new SharedArrayBuffer(4 * meter.words);
  const order: PairOrder = { memory: arena.memory, block: block.extent, wires: wires.b, meter: shared };
  const worker = new Worker(sibling('pair-worker', import.meta), {
    workerData: order,
    transferList: wireTransfers(wires.b),
  });
  const exchange = createExchange({ block, self: mainSlot, incarnation: 1 }, makeLink);
  exchange.attachWires(receiverSlot, 1, wires.a);
  await exchange.connect(receiverSlot);
  return {
    exchange,
    meter: new Int32Array(shared),
    close: async () => {
      exchange.close();
      const ended = once(worker, 'exit');
      worker.postMessage('close');
      await ended;
      if (wires.rings !== undefined) arena.give(wires.rings);
      arena.give(block.extent);
    },
  };
}
