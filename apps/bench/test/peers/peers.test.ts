import { expect, test } from 'vitest';
import { answer } from '../../src/load/load.ts';
import { bareRing } from '../../src/peers/bare-ring.ts';
import { copyMemory, copyTypedArray } from '../../src/peers/memcpy.ts';
import { openPeer, type PeerName } from '../../src/peers/modules.ts';
import { portFrames } from '../../src/peers/port-frames.ts';
import { rpcPeers } from '../../src/peers/rpc-peers.ts';

const budget = { warmUpMs: 1, measureMs: 10, quick: true };

test.each(Object.keys(openPeer) as PeerName[])('%s answers what everybody answers', async (name) => {
  const caller = await openPeer[name]();
  try {
    const request = { id: 7, key: 'key', by: 2 };
    expect(await caller.call(request)).toEqual(answer(request));
  } finally {
    await caller.close();
  }
});

test('a peer can be called from a worker, too', async () => {
  const [contender] = rpcPeers(['comlink'], 'node to node', 4);
  expect((await contender?.round(budget))?.value).toBeGreaterThan(0);
});

test.each([bareRing, ...portFrames])('$name carries frames', async (contender) => {
  const { value, cpuNs } = await contender.round(budget);
  expect(value).toBeGreaterThan(0);
  expect(cpuNs).toBeGreaterThan(0);
});

test.each([copyTypedArray, copyMemory])('$name copies', ({ open }) => {
  const copy = open(1 << 17);
  expect(() => copy(1 << 16, 0, 1 << 16)).not.toThrow();
});
