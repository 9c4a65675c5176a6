import { expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/coord/embedded-store.ts';
import { StorageError } from '../../src/errors.ts';
import { epochsLeftMin, epochsReserved, nodesMax } from '../../src/limits.ts';
import { Ledger } from '../../src/supervisor/ledger.ts';

/** A store that refuses to write while its disk is full. */
function openStore() {
  const store = openEmbeddedStore();
  const disk = { full: false };
  const { transact } = store;
  store.transact = async (request) => {
    if (disk.full) throw new StorageError('The disk is full.', { hint: 'Free some space.' });
    return transact.call(store, request);
  };
  return { store, disk };
}

it('epochs rise by one, and go on above all of them after an end in the middle', async () => {
  const { store } = openStore();
  let last = 0;
  for (let life = 0; life < 3; life += 1) {
    const ledger = new Ledger(store);
    const first = await ledger.nextEpoch();
    expect(first).toBeGreaterThan(last);
    last = first;
    for (let turn = 0; turn < 2 * epochsReserved; turn += 1) {
      const next = await ledger.nextEpoch();
      expect(next).toBe(last + 1);
      last = next;
    }
  }
  await store.close();
});

it('while the disk is full every member can still die, no node can start, and no epoch is given twice', async () => {
  const { store, disk } = openStore();
  const ledger = new Ledger(store);
  let last = 0;
  for (let turn = 0; turn < epochsReserved - epochsLeftMin; turn += 1) last = await ledger.nextEpoch();
  disk.full = true;
  await expect(ledger.nextIncarnations([0])).rejects.toMatchObject({ code: 'HF_STORAGE' });
  for (let death = 0; death < nodesMax; death += 1) expect(await ledger.nextEpoch()).toBe(++last);
  let given = 0;
  const untilEmpty = async () => {
    for (;;) {
      expect(await ledger.nextEpoch()).toBe(++last);
      given += 1;
    }
  };
  await expect(untilEmpty()).rejects.toMatchObject({ code: 'HF_STORAGE' });
  expect(given).toBeLessThan(epochsReserved);
  disk.full = false;
  const next = await ledger.nextEpoch();
  expect(next).toBe(last + 1);
  expect(await new Ledger(store).nextEpoch()).toBeGreaterThan(next);
  await store.close();
});
