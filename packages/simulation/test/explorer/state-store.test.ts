import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateTooLongError } from '../../src/errors.ts';
import { StateStore } from '../../src/explorer/state-store.ts';

const stored = (store: StateStore, index: number): number[] => {
  store.locate(index);
  return [...store.page.subarray(store.start, store.end)];
};

describe('StateStore', () => {
  it('numbers states in the order they come and finds each again', () => {
    const state = fc.uint8Array({ maxLength: 6, max: 3 });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 300 }), (states) => {
        const store = new StateStore();
        const model = new Map<string, number>();
        for (const [at, bytes] of states.entries()) {
          const known = model.get(bytes.join());
          const index = store.add(bytes, bytes.length, at);
          expect(store.fresh).toBe(known === undefined);
          expect(index).toBe(known ?? model.size);
          model.set(bytes.join(), index);
          expect(stored(store, index)).toEqual([...bytes]);
        }
        expect(store.length).toBe(model.size);
      }),
    );
  });

  it('keeps hundreds of thousands of states apart, through growth and over pages', () => {
    const store = new StateStore();
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    const count = 100_000;
    const fill = (index: number) => view.setUint32(4, Math.imul(index, 0x9e3779b1));
    for (let index = 0; index < count; index++) {
      fill(index);
      if (store.add(bytes, bytes.length, index >> 1) !== index) expect.fail(`state ${index} was taken for another`);
    }
    for (let index = 0; index < count; index += 97) {
      fill(index);
      expect(store.add(bytes, bytes.length, 0)).toBe(index);
      expect(store.fresh).toBe(false);
      expect(store.predecessor(index)).toBe(index >> 1);
    }
    // 14 bytes for the state with its length, 8 for its place and predecessor, at most 23 for its slot, and unused ends of pages.
    expect(store.bytes / count).toBeLessThan(14 + 8 + 23 + 8);
  });

  it('keeps states of every length up to the longest', () => {
    const store = new StateStore();
    const lengths = [0, 1, 126, 127, 128, 129, 255, 256, 257, 20_000, 32_767];
    const states = lengths.map((length) => Uint8Array.from({ length }, (_, at) => at ^ length));
    for (const [index, state] of states.entries()) expect(store.add(state, state.length, 0)).toBe(index);
    for (const [index, state] of states.entries()) expect(stored(store, index)).toEqual([...state]);
  });

  it('refuses a state longer than it can hold', () => {
    const long = new Uint8Array(70_000);
    expect(() => new StateStore().add(long, long.length, 0)).toThrow(StateTooLongError);
  });
});
