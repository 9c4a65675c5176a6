import { parentPort, workerData } from 'node:worker_threads';
import { mainSlot } from '@holdfast/runtime';
import { Arena, ClusterBlock, createExchange } from '@holdfast/runtime/internals';
import { meter, meterPort, type PairOrder, receiverSlot } from './pair.ts';

const order = workerData as PairOrder;
const words = new Int32Array(order.meter);
const block = ClusterBlock.open(Arena.open(order.memory), order.block);
const exchange = createExchange({ block, self: receiverSlot, incarnation: 1 });
exchange.attachWires(mainSlot, 1, order.wires);

let lastMs = performance.now();
let expected = 1;
const count = (word: number, by = 1) => Atomics.add(words, word, by);

exchange.consume(meterPort, (_from, bytes, start) => {
  const now = performance.now();
  if (Atomics.exchange(words, meter.restart, 0) === 1) Atomics.store(words, meter.gapMicroseconds, 0);
  else if ((now - lastMs) * 1000 > (words[meter.gapMicroseconds] as number)) {
    Atomics.store(words, meter.gapMicroseconds, (now - lastMs) * 1000);
  }
  lastMs = now;
  const number = new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0, true);
  count(meter.frames);
  if (number === expected - 1) count(meter.duplicated);
  else if (number < expected) count(meter.reordered);
  else {
    if (number > expected) count(meter.lost, number - expected);
    expected = number + 1;
  }
});

parentPort?.on('message', () => {
  exchange.close();
  parentPort?.close();
});
