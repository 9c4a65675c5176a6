import { EffectBuffer } from '@holdfast/kernel';
import { expect, test } from 'vitest';
import type { IomMessage, StorageRequest } from '../../src/kernel/iom-messages.ts';
import type { MjEntry, PjEntry } from '../../src/kernel/journal.ts';
import { parityIom } from '../../src/kernel/parity-iom.ts';
import { hasGap, type ParityEvent, versionsWith } from '../../src/kernel/parity-state.ts';
import { raidRules } from '../../src/kernel/raid-rules.ts';

const [anna, ben] = [100, 101];

const mjOf = (mj: number, slot: number): MjEntry => ({
  type: 'mj',
  mj,
  gfid: 1,
  lblk: slot,
  group: 0,
  slot,
  newAddress: 2,
  oldAddress: 1,
  seq: 1,
  checksum: 7,
  writeStart: 0,
  writeBytes: 4096,
  client: 1,
  request: 1,
  parity: 2,
});

const lost: PjEntry = {
  type: 'pj',
  pj: 1,
  newAddress: 33,
  oldAddress: 32,
  checksum: 9,
  from: anna,
  mj: mjOf(1, 0),
};

/** A parity IOM in its second life that lost the block of an update of Anna's. */
function restarted() {
  const env = { incarnation: 1, addresses: [32, 33, 34, 35], peers: [anna, ben], rules: raidRules };
  const state = parityIom.initial(env);
  const out = new EffectBuffer<IomMessage, never, StorageRequest>();
  const step = (event: ParityEvent) => parityIom.step(state, event, env, out);
  const blocks = [{ gfid: 1, group: 0, address: 32, vv: [] }];
  step({ type: 'recovered', blocks, entries: [lost] });
  step({ type: 'verified', id: 1, good: false });
  for (const peer of env.peers) {
    step({ type: 'peer', peer, up: true });
    step({ type: 'message', from: peer, message: { type: 'resolve' } });
  }
  return { state, step };
}

test('an abort of a lost update leaves alone what was begun after the restart', () => {
  const { state, step } = restarted();
  step({ type: 'message', from: ben, message: { type: 'ios_updatepn', mj: mjOf(1, 1), delta: 5 } });
  step({ type: 'message', from: anna, message: { type: 'abort', mj: 1 } });
  expect(state.updates.map(({ stage, entry }) => [stage, entry.from])).toEqual([['merging', ben]]);
});

test('an update that is sent again takes the block of the one that was lost', () => {
  const { state, step } = restarted();
  step({ type: 'message', from: anna, message: { type: 'ios_updatepn', mj: mjOf(1, 0), delta: 5 } });
  const [update] = state.updates;
  expect(state.updates).toHaveLength(1);
  expect(update).toMatchObject({ stage: 'merging', entry: { newAddress: 33, oldAddress: 32 } });
});

test('an update that is merged already is answered and not merged again', () => {
  const { state, step } = restarted();
  state.blocks.set({ gfid: 1, group: 0, address: 32, vv: [0, 1] });
  step({ type: 'message', from: ben, message: { type: 'ios_updatepn', mj: mjOf(1, 1), delta: 5 } });
  expect(state.updates.map(({ stage }) => stage)).toEqual(['aside']);
  expect(state.requested).toEqual([]);
});

test('an update whose forerunner is not merged leaves a parity that says so, and so do those behind it', () => {
  const { state, step } = restarted();
  state.blocks.set({ gfid: 1, group: 0, address: 32, vv: [1, 2] });
  step({ type: 'message', from: ben, message: { type: 'ios_updatepn', mj: { ...mjOf(1, 1), seq: 4 }, delta: 5 } });
  const [update] = state.updates.filter(({ stage }) => stage === 'merging');
  expect(update!.entry.gap).toBe(true);
  const vv = versionsWith([1, 2], update!.entry);
  expect(hasGap(vv)).toBe(true);
  expect(hasGap(versionsWith(vv, { ...lost, mj: { ...mjOf(2, 0), seq: 2 } }))).toBe(true);
  expect(hasGap(versionsWith([1, 2], { ...lost, mj: { ...mjOf(2, 1), seq: 3 } }))).toBe(false);
});
