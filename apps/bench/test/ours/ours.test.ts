import { expect, test } from 'vitest';
import { framesOurs } from '../../src/ours/frames-ours.ts';
import { meter, meteredFrameBytes, meterPort, openPair, receiverSlot } from '../../src/ours/pair.ts';
import { rpcOurs } from '../../src/ours/rpc-ours.ts';
import { stallingLinks } from '../../src/ours/stalling-link.ts';

const budget = { warmUpMs: 1, measureMs: 20, quick: true };

test.each(['compiled', 'general'] as const)('calls a service by the %s codec', async (codec) => {
  const ours = rpcOurs({ name: 'ours', path: 'main to node', outstanding: 4, codec });
  expect((await ours.round(budget)).value).toBeGreaterThan(0);
});

test('calls from a node, one at a time, a node that blocks', async () => {
  const ours = rpcOurs({ name: 'ours', path: 'node to node', outstanding: 1, loop: 'blocking' });
  expect((await ours.round(budget)).details?.p99).toBeGreaterThan(0);
});

test('sends frames through a session', async () => {
  expect((await framesOurs.round(budget)).value).toBeGreaterThan(0);
});

test('the meter of a pair counts every numbered frame, also across a link that falls silent', async () => {
  const { makeLink, faults } = stallingLinks();
  const pair = await openPair(makeLink);
  try {
    const numbers = 5000;
    for (let number = 1; number <= numbers; ) {
      const space = pair.exchange.begin(receiverSlot, 2, meterPort, meteredFrameBytes);
      if (space !== undefined) {
        space.view.setUint32(space.start, number++, true);
        pair.exchange.commit(meteredFrameBytes);
      }
      if (number === numbers / 2) faults.stall('ring');
      if (space === undefined || number % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => pair.meter[meter.frames]).toBe(numbers);
    expect([...pair.meter.subarray(meter.lost, meter.reordered + 1)]).toEqual([0, 0, 0]);
  } finally {
    await pair.close();
  }
});
