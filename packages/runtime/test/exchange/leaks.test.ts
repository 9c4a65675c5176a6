import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createExchange } from '../../src/exchange/exchange.ts';
import { RingSpace } from '../../src/interconnect/ring-space.ts';
import { makeWires } from '../../src/interconnect/wires.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { sendText, texts, until } from './exchange-pair.ts';

/** What keeps a process alive, by kind. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function cycle(arena: Arena): Promise<void> {
  const block = ClusterBlock.create(arena);
  const rings = new RingSpace(arena);
  const wires = makeWires(rings);
  const [a, b] = [0, 1].map((self) => createExchange({ block, self, incarnation: 1 }));
  if (a === undefined || b === undefined || wires.rings === undefined) throw new Error('no room');
  a.attachWires(1, 1, wires.a);
  b.attachWires(0, 1, wires.b);
  await a.connect(1);
  const received = texts(b, 1);
  sendText(a, 1, 1, 'once');
  a.killLink(1, 'port');
  await until(() => received.length === 1);
  a.close();
  b.close();
  rings.give(wires.rings);
  arena.give(block.extent);
}

it('leaves no handle, no extent and no memory behind after 200 cycles of open and close', async () => {
  const arena = Arena.create(32 * 1024 * 1024);
  const free = arena.freeBytes;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = async (): Promise<number> => {
    // Closed ports let go of their memory over several turns.
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const before = handles();
  for (let count = 0; count < 50; count++) await cycle(arena);
  const early = await used();
  for (let count = 0; count < 150; count++) await cycle(arena);
  expect(await used()).toBeLessThan(early * 1.05);
  expect(arena.freeBytes).toBe(free);
  for (const [name, count] of Object.entries(handles())) expect(count, name).toBeLessThanOrEqual(before[name] ?? 0);
});
