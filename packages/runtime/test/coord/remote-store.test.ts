import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/coord/embedded-store.ts';
import { RemoteStore } from '../../src/coord/remote-store.ts';
import type { StoreAnswer, StoreRequest } from '../../src/coord/store-calls.ts';
import { StoreDesk } from '../../src/coord/store-desk.ts';
import type { CoordStore } from '../../src/coord/types.ts';
import { scratchDirectory, startCluster } from '../fixtures/open-cluster.ts';
import { describeCoordStore } from './compliance.ts';
import { SteeredClock } from './steered-clock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A store and a member's way to it, over a real port, so that everything said is cloned. */
function reach(store: CoordStore): { readonly remote: RemoteStore; readonly desk: StoreDesk } {
  const { port1, port2 } = new MessageChannel();
  const remote = new RemoteStore((request) => port1.postMessage(request));
  const desk = new StoreDesk(
    () => store,
    (answer) => port2.postMessage(answer),
  );
  port1.on('message', (answer: StoreAnswer) => remote.answer(answer));
  port2.on('message', (request: StoreRequest) => void desk.receive(request));
  closers.push(async () => {
    port1.close();
    await store.close();
  });
  return { remote, desk };
}

const clock = new SteeredClock();

let last: RemoteStore;
describeCoordStore('a store in another thread', {
  open: async () => {
    last = reach(openEmbeddedStore({ clock })).remote;
    return last;
  },
  elapse: async (ms) => {
    // In time that really passes, what was sent arrives.
    await last.get('anything');
    await clock.elapse(ms);
  },
  leaseMs: 100,
});

describe('a member that ends', () => {
  it('leaves no watch open in the store', async () => {
    const store = openEmbeddedStore({ clock });
    const { remote, desk } = reach(store);
    const waiting = remote.watch({ prefix: '' }).next();
    await remote.get('until the watch is open');
    desk.close();
    expect((await waiting).done).toBe(true);
  });
});

describe('the coordination store of a cluster', () => {
  it('is one for all members, keeps what it was told, and knows nothing of the keys of the cluster itself', async () => {
    const storage = await scratchDirectory();
    const cluster = await startCluster({ nodes: 1, storage });
    await cluster.deploy(new URL('../fixtures/store-keeper.ts', import.meta.url), { on: 'n0' });
    const { StoreKeeper } = await import('../fixtures/store-keeper-definition.ts');
    const keeper = cluster.service(StoreKeeper);
    const watch = cluster.coord.watch({ prefix: 'fact' });
    expect(await keeper.put({ key: 'fact', value: 'told by n0' })).toBe(true);
    const { value: batch } = await watch.next();
    expect(batch.events).toMatchObject([{ type: 'put', entry: { key: 'fact' } }]);
    expect(text((await cluster.coord.get('fact'))?.value)).toBe('told by n0');
    expect((await cluster.coord.range({ prefix: '' })).entries.map(({ key }) => key)).toEqual(['fact']);
    expect(await keeper.put({ key: 'fact', value: 'too late' })).toBe(false);
    const waiting = watch.next();
    const { coord } = cluster;
    await cluster.close();
    expect((await waiting).done).toBe(true);
    await expect(coord.get('fact')).rejects.toMatchObject({ code: 'HF_CLOSED' });

    const next = await startCluster({ nodes: 1, storage });
    expect(text((await next.coord.get('fact'))?.value)).toBe('told by n0');
    await expect(next.coord.compareAndSet('', 0, bytes('x'))).rejects.toMatchObject({ code: 'HF_CONFIG' });
  });

  it('ends the leases of a node that died when their time is over', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(new URL('../fixtures/store-keeper.ts', import.meta.url), { on: 'n0' });
    const { StoreKeeper } = await import('../fixtures/store-keeper-definition.ts');
    await cluster.service(StoreKeeper).hold({ key: 'lock', ttlMs: 50 });
    const watch = cluster.coord.watch({ prefix: 'lock' }, { from: 1 });
    await cluster.kill('n0');
    expect((await watch.next()).value.events).toMatchObject([{ type: 'put' }]);
    expect((await watch.next()).value.events).toMatchObject([{ type: 'delete', key: 'lock' }]);
  });
});
